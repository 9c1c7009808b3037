/* emit_hash.c: the two hashes of a model: FNV-1a, 64 bits, over a canonical text, one fact a line.
 *
 *   PARAMS  names and shapes of the parameters: what files of weights are checked against. The same for float and
 *           double and for any bounds of the axes, so weights trained at batch 50 load into a batch-1 build.
 *   LAYOUT  everything that places of bytes depend on: ABI, real, bounds, dims and consts with their effective values,
 *           fields, entries, state, sizes. Stored with states and checked by M_check. */
#include <string.h>

#include "emit/interface.h"
#include "rnn/rnn.h"

static uint64_t fnv1a(const Text *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text->n; i++)
        hash = (hash ^ (unsigned char)text->at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void add_var(Text *text, const char *what, const Var *var)
{
    text_printf(text, "%s %s %s %lld", what, var->path, emit_is_token(var) ? "token" : "real",
                (long long)(emit_is_token(var) ? var->type.vocab.value : 0));
    text_printf(text, " axes %u", (unsigned)var->axes);
    for (int i = 0; i < var->axis_order.n; i++)
        text_printf(text, " %d", var->axis_order.at[i]);
    text_printf(text, " shape %d", var->type.shape.rank);
    for (int i = 0; i < var->type.shape.rank; i++)
        text_printf(text, " %lld", (long long)var->type.shape.dim[i].value);
    text_add(text, "\n");
}

static void add_params(const Model *model, Text *text)
{
    for (int i = 0; i < model->params.n; i++)
        add_var(text, "param", model->params.at[i]);
}

uint64_t emit_params_hash(const Emit *emit)
{
    Text text = text_new(emit->arena);
    text_add(&text, "rnn params 1\n");
    const Model *model = emit->program->model;
    add_params(model, &text);
    for (int i = 0; i < model->partitions.n; i++)
        text_printf(&text, "partition %s %lld %lld %s\n", model->partitions.at[i].name,
                    (long long)model->partitions.at[i].words.value, (long long)model->partitions.at[i].classes.value,
                    model->partitions.at[i].file != NULL ? model->partitions.at[i].file : "even");
    return fnv1a(&text);
}

static void add_numbers(Text *text, const Model *model)
{
    for (int i = 0; i < model->axes.n; i++)
        text_printf(text, "axis %s %lld %lld %d\n", model->axes.at[i].name, (long long)model->axes.at[i].low,
                    (long long)model->axes.at[i].high, model->axes.at[i].carry);
    for (int i = 0; i < model->dims.n; i++)
        text_printf(text, "dim %s %lld\n", model->dims.at[i].name, (long long)model->dims.at[i].integer);
    for (int i = 0; i < model->consts.n; i++) {
        text_printf(text, "const %s ", model->consts.at[i].name);
        text_add_double(text, model->consts.at[i].number);
        text_add(text, "\n");
    }
}

static void add_fields(Emit *emit, Text *text)
{
    static const char *const role[] = {"input", "target", "output", "metric", "control", "entry"};
    const FieldList fields = emit_fields(emit);
    for (int i = 0; i < fields.n; i++) {
        add_var(text, role[fields.at[i].role], fields.at[i].var);
        text_printf(text, "means %d\n", fields.at[i].means);
    }
    const Model *model = emit->program->model;
    for (int i = 0; i < model->entries.n; i++)
        text_printf(text, "entry %s %d axis %d\n", model->entries.at[i]->name, (int)model->entries.at[i]->kind,
                    model->entries.at[i]->axis);
}

static void add_layout(Emit *emit, Text *text)
{
    const Program *program = emit->program;
    const ProgramSizes *size = &program->sizes;
    for (int i = 0; i < program->state.n; i++) {
        const StateSlot *slot = &program->state.at[i];
        text_printf(text, "state %s %d %lld %d %lld\n", slot->var->path != NULL ? slot->var->path : slot->var->name,
                    slot->back, (long long)slot->width, slot->token, (long long)slot->at);
    }
    text_printf(text, "position %lld\nsizes %lld %lld %lld %lld %lld %lld %lld %lld\n", (long long)program->position_at,
                (long long)size->params, (long long)size->packed, (long long)size->state_reals,
                (long long)size->state_ints, (long long)size->work_reals, (long long)size->work_ints,
                (long long)size->tape_reals, (long long)size->tape_ints);
}

uint64_t emit_layout_hash(Emit *emit)
{
    Text text = text_new(emit->arena);
    text_printf(&text, "rnn layout 1\nabi %d\nreal %s\nmodel %s\n", RNN_RUNTIME_ABI, emit->real,
                emit->program->model->name);
    add_numbers(&text, emit->program->model);
    add_params(emit->program->model, &text);
    add_fields(emit, &text);
    add_layout(emit, &text);
    return fnv1a(&text);
}

uint32_t emit_mark(const Emit *emit, int which)
{
    const uint64_t mixed = (emit->layout_hash ^ (emit->layout_hash >> 32)) + (uint64_t)which * 2654435761U;
    return (uint32_t)(mixed & 0x7fffffffU) | 1U; /* never 0, and fits an int32_t */
}
