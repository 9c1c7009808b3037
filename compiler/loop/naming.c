/* naming.c: what buffers and functions of the emitted C are called: after the value they hold (graph/naming.h), or the
 * value that is made of it. */
#include <string.h>

#include "graph/naming.h"
#include "loop/schedule.h"

const char *value_name(Arena *arena, const Node *node)
{
    const char *name = node_called(arena, node);
    return name ? name : "t";
}

const char *group_name(Arena *arena, const Pass *pass, const Group *group)
{
    const Node *result = group->result[0];
    if (group->slots > 1)
        return "gates";
    if (result->name)
        return result->name;
    for (int i = 0; i < pass->users[result->id].n; i++)
        if (pass->users[result->id].at[i]->name)
            return arena_printf(arena, "%s_sum", pass->users[result->id].at[i]->name);
    return value_name(arena, result);
}

/* A field of ours, or what may be a macro. */
static bool is_frame_field(const char *name)
{
    static const char *const fields[] = {"p",     "w",    "wb", "c",    "up",    "grad", "dloss", "rows",
                                         "steps", "from", "to", "held", "valid", "key",  "train"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(name, fields[i]) == 0)
            return true;
    return strlen(name) > 2 && name[strcspn(name, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

static int buffers_named(const Program *program, const char *name)
{
    int same = 0;
    for (int i = 0; i < program->buffers.n; i++)
        same += strcmp(program->buffers.at[i]->name, name) == 0;
    return same;
}

/* Buffers are fields of a struct: their names must differ. The first two are "length" and "position". */
void name_buffers(Program *program)
{
    for (int i = 0; i < program->buffers.n; i++) {
        Buffer *buffer = program->buffers.at[i];
        buffer->field = buffer->name;
        if (i < 2 || (buffers_named(program, buffer->name) == 1 && !is_frame_field(buffer->name)))
            continue;
        buffer->field = arena_printf(program->arena, "%s_%d", buffer->name, buffer->id);
        if (buffers_named(program, buffer->field) > 0) /* names of the language end in no '_' */
            buffer->field = arena_printf(program->arena, "%s_", buffer->field);
    }
}
