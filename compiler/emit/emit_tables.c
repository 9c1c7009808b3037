/* emit_tables.c: constant tables and what is read straight from them: parameters by index and name, their initial
 * values, the check of the layout hash, the train block, metric readers, and the function that notes a fault. */
#include <string.h>

#include "emit/interface.h"

static int64_t param_rows(const Var *param)
{
    return param->type.shape.rank == 2 ? param->type.shape.dim[0].value : 1;
}

static int64_t param_cols(const Var *param)
{
    const Shape *shape = &param->type.shape;
    return shape->rank == 0 ? 1 : shape->dim[shape->rank - 1].value;
}

static void param_info(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    const char *m = emit->m, *M = emit->M;
    if (model->params.n == 0) {
        text_printf(out,
                    "const rnn_param_info %s_param_info[1] = {{\"\", 0, 0, 0, {1, 1}, 0}}; /* no parameters */\n\n", m);
        return;
    }
    text_printf(out,
                "/* name, offset, count, rank, dims, flags */\nconst rnn_param_info %s_param_info[%s_P_COUNT] = {\n", m,
                M);
    for (int i = 0; i < model->params.n; i++) {
        const Var *param = model->params.at[i];
        const Shape *shape = &param->type.shape;
        text_add(out, "    {");
        lay_string(out, param->path, 95);
        text_printf(out, ", %lld, %lld, %d, {%lld, %lld}, %s}%s\n", (long long)emit->program->param_at[i],
                    (long long)shape_count(*shape), shape->rank, (long long)(shape->rank > 0 ? shape->dim[0].value : 1),
                    (long long)(shape->rank > 1 ? shape->dim[1].value : 1), param->frozen ? "RNN_PARAM_FROZEN" : "0",
                    i + 1 < model->params.n ? "," : "};");
    }
    text_add(out, "\n");
}

static void param_index(Emit *emit, Text *out)
{
    const char *m = emit->m, *M = emit->M;
    text_printf(out, "int32_t %s_param_index(const char *name)\n{\n", m);
    if (emit->program->model->params.n == 0)
        text_add(out, "    (void)name;\n    return -1;\n}\n\n");
    else
        text_printf(out,
                    "    int32_t found = -1;\n"
                    "    for (int32_t i = 0; name != NULL && found < 0 && i < %s_P_COUNT; i++)\n"
                    "        if (strcmp(name, %s_param_info[i].name) == 0)\n"
                    "            found = i;\n"
                    "    return found;\n}\n\n",
                    M, m);
}

typedef struct Initialiser {
    const char *function;
    int args;    /* how many of init_arg */
    bool random; /* takes seed and index */
} Initialiser;
static const Initialiser initialisers[] = {[INIT_ZEROS] = {"zeros", 0, false},
                                           [INIT_ONES] = {"ones", 0, false},
                                           [INIT_CONSTANT] = {"constant", 1, false},
                                           [INIT_UNIFORM] = {"uniform", 2, true},
                                           [INIT_NORMAL] = {"normal", 1, true},
                                           [INIT_GLOROT] = {"glorot", 0, true},
                                           [INIT_HE] = {"he", 0, true},
                                           [INIT_ORTHOGONAL] = {"orthogonal", 1, true},
                                           [INIT_IDENTITY] = {"identity", 1, false}};

static void params_init(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    const char *m = emit->m;
    bool random = false;
    for (int i = 0; i < model->params.n; i++)
        random = random || initialisers[model->params.at[i]->init_kind].random;
    text_printf(out, "rnn_status %s_params_init(%s_params *p, uint64_t seed)\n{\n", m, m);
    if (!random)
        text_add(out, "    (void)seed; /* no initialiser is random */\n");
    text_add(out, "    if (p == NULL)\n        return RNN_ARG;\n    memset(p, 0, sizeof *p);\n");
    for (int i = 0; i < model->params.n; i++) {
        const Var *param = model->params.at[i];
        const Initialiser *init = &initialisers[param->init_kind];
        if (param->init_kind == INIT_ZEROS)
            continue;
        text_printf(out, "    rnn_init_%s(p->v + %lld, %lld, %lld", init->function,
                    (long long)emit->program->param_at[i], (long long)param_rows(param), (long long)param_cols(param));
        for (int k = 0; k < init->args; k++)
            text_printf(out, ", %s", lay_double(emit->arena, param->init_arg[k]));
        if (init->random)
            text_printf(out, ", seed, %s_P_%s", emit->M, emit_param_name(emit, param));
        text_printf(out, "); /* ");
        lay_comment_text(out, param->path);
        text_add(out, " */\n");
    }
    text_add(out, "    return RNN_OK;\n}\n\n");
}

static void train(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    if (model->train.n == 0)
        return;
    text_printf(out, "const rnn_advice %s_train[%s_TRAIN_COUNT] = {\n", emit->m, emit->M);
    for (int i = 0; i < model->train.n; i++) {
        const TrainAdvice *advice = &model->train.at[i];
        text_add(out, "    {");
        lay_string(out, advice->key, 23);
        text_add(out, ", ");
        lay_string(out, advice->text != NULL ? advice->text : "", 23);
        text_printf(out, ", %s}%s\n", lay_double(emit->arena, advice->text != NULL ? 0 : advice->number),
                    i + 1 < model->train.n ? "," : "};");
    }
    text_add(out, "\n");
}

/* Both the checks and the loops note faults. Copied by hand: the name may be longer than its place. */
void emit_fail(Emit *emit, Text *out)
{
    text_printf(
        out,
        "/* Notes what is wrong with what; axis, step and row are -1 where they do not apply. */\n"
        "static rnn_status %s_fail(rnn_fault *fault, rnn_status code, const char *what, int32_t axis, int32_t step,\n"
        "    int32_t row)\n"
        "{\n"
        "    size_t n = 0;\n"
        "    for (; n + 1 < sizeof fault->what && what[n] != '\\0'; n++)\n"
        "        fault->what[n] = what[n];\n"
        "    fault->what[n] = '\\0';\n"
        "    fault->code = code;\n"
        "    fault->axis = axis;\n"
        "    fault->step = step;\n"
        "    fault->row = row;\n"
        "    return code;\n"
        "}\n\n",
        emit->m);
}

void emit_tables(Emit *emit, Text *out)
{
    param_info(emit, out);
    param_index(emit, out);
    params_init(emit, out);
    train(emit, out);
    text_printf(out,
                "rnn_status %s_check(uint64_t layout_hash)\n{\n"
                "    return layout_hash == %s_LAYOUT_HASH ? RNN_OK : RNN_VERSION;\n}\n\n",
                emit->m, emit->M);
    emit_metrics(emit, out);
    emit_fail(emit, out);
}
