/* emit_interface.c: the header, tables, checks and entry points of models made by hand, with stubs for their loops:
 * compiled by gcc and clang under the whole list of warnings, the headers as C++ too, and one of them run with right and
 * wrong arguments (emit/misuse.c). */
#include <stdarg.h>
#include <stdlib.h>

#include "emit/by_hand.h"
#include "unit.h"

static const char flags[] = "-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -pedantic -Wdouble-promotion "
                            "-Wfloat-conversion -Wcast-qual -Wcast-align -Wundef -Wvla -Wswitch-default -Werror";
static const char *work;

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool run(const char *format, ...)
{
    char command[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    const bool good = system(command) == 0;
    if (!good)
        fprintf(stderr, "failed: %s\n", command);
    return good;
}

static bool has(const char *compiler)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null", compiler);
    return system(command) == 0;
}

static void write_file(const char *name, const Text *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", work, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    fwrite(text_z(text), 1, text->n, file);
    fclose(file);
}

/* What a stub does beside returning RNN_OK: eval and forward leave a loss and add to the first mean. */
static const char *stub_work(PointKind kind)
{
    return kind == POINT_EVAL || kind == POINT_FORWARD ? "    r->loss = 7;\n    r->ppl.sum += 1;\n" : "";
}

static void stubs(Emit *emit, Text *out, bool rich)
{
    text_printf(out,
                "static void %s_do_pack(const %s_params *p, %s_packed *w, int part, int parts)\n{\n"
                "    w->w[part] = p->v[parts - 1];\n}\n",
                emit->m, emit->m, emit->m);
    const PointList points = emit_points(emit);
    for (int i = 0; i < points.n; i++) {
        Point point = points.at[i];
        Text arguments = text_new(hand_arena);
        emit_arguments(emit, &arguments, &point);
        point.name = arena_printf(hand_arena, "do_%s", point.name);
        emit_signature(emit, out, "static ", &point, false);
        text_add(out, "\n{\n");
        char *list = arena_copy(hand_arena, text_z(&arguments), arguments.n);
        for (char *at = strtok(list, "(), \n"); at != NULL; at = strtok(NULL, "(), \n"))
            text_printf(out, "    (void)%s;\n", at);
        text_printf(out, "%s    return RNN_OK;\n}\n", rich ? stub_work(point.kind) : "");
    }
}

static void emit_both(Program *program, bool is_double, bool standalone, bool rich)
{
    const char *name = program->model->name;
    const EmitOptions options = {.header_name = arena_printf(hand_arena, "%s.h", name),
                                 .source_name = "by */ hand.rnn",
                                 .command_line = "rnnc by_hand.rnn",
                                 .is_double = is_double,
                                 .standalone = standalone};
    Emit emit = emit_open(hand_arena, program, NULL, &options);
    Text c = text_new(hand_arena), header = text_new(hand_arena);
    emit_header_file(&emit, &header);
    emit_prologue(&emit, &c);
    emit_tables(&emit, &c);
    stubs(&emit, &c, rich);
    emit_entries(&emit, &c);
    emit_model_table(&emit, &c);
    write_file(options.header_name, &header);
    write_file(arena_printf(hand_arena, "%s.c", name), &c);
    for (const char *line = text_z(&c); !standalone && *line; line = strchr(line, '\n') + 1)
        CHECK(strcspn(line, "\n") <= EMIT_COLUMNS);
    for (const char *line = text_z(&header); !standalone && *line; line = strchr(line, '\n') + 1)
        CHECK(strcspn(line, "\n") <= EMIT_COLUMNS);
}

static void compile(const char *name, bool standalone)
{
    static const char *const compilers[] = {"gcc", "clang"}, *const standards[] = {"c99", "c11", "c17"};
    const char *include = standalone ? "" : "-Iruntime/include";
    for (int i = 0; i < 2; i++)
        for (int k = 0; has(compilers[i]) && k < 3; k++)
            CHECK(run("%s -std=%s -O%d -c %s -Wstrict-prototypes -Wmissing-prototypes %s %s -o %s/x.o %s/%s.c",
                      compilers[i], standards[k], k, k == 0 ? "" : "-DRNN_WITH_MODEL", flags, include, work, work,
                      name));
    static const char *const cpp[] = {"g++", "clang++"}, *const cpp_standards[] = {"c++98", "c++11", "c++17"};
    for (int i = 0; i < 2; i++)
        for (int k = 0; has(cpp[i]) && k < 3; k++)
            CHECK(run(
                "printf '#include \"%s.h\"\\nint main() { return 0; }\\n' | %s -x c++ -std=%s %s -DRNN_WITH_MODEL %s "
                "-I%s -fsyntax-only -",
                name, cpp[i], cpp_standards[k], flags, include, work));
}

static void misuse(const char *real)
{
    CHECK(run("${CC:-cc} -std=c99 -g -Wall -Wextra -Werror -DRNN_WITH_MODEL -Dreal=%s -fsanitize=address,undefined "
              "-fno-sanitize-recover=all -Iruntime/include -I%s -o %s/misuse tests/unit/emit/misuse.c %s/rich.c -lm && "
              "%s/misuse",
              real, work, work, work, work));
}

/* Defined symbols begin with the prefix; nothing is writable. */
static void symbols(const char *name)
{
    CHECK(run("${CC:-cc} -std=c99 -O1 -c -Iruntime/include -o %s/x.o %s/%s.c", work, work, name));
    CHECK(run("! nm %s/x.o | grep -E ' [BbDdCS] '", work));
    CHECK(run("! nm -g --defined-only %s/x.o | grep -v ' %s_'", work, name));
}

int main(void)
{
    work = getenv("WORK") != NULL ? getenv("WORK") : "/tmp";
    char directory[1024];
    snprintf(directory, sizeof directory, "%s/emit_interface.d", work);
    CHECK(run("mkdir -p %s", directory));
    work = directory;
    hand_arena = arena_new();
    for (int is_double = 0; is_double < 2; is_double++) {
        emit_both(hand_rich(), is_double, false, true);
        compile("rich", false);
        misuse(is_double ? "double" : "float");
    }
    symbols("rich");
    emit_both(hand_least(), false, false, false);
    compile("least", false);
    emit_both(hand_bad_names(), false, true, false);
    compile("RNN", true);
    arena_free(hand_arena);
    return unit_result();
}
