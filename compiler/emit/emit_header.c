/* emit_header.c: model.h, the whole C interface of a model: sizes as macros, complete types, prototypes. It is read by
 * people first: the order is that in which one uses it. Clean as C99 to C17 and as C++98 to C++17. */
#include <string.h>

#include "emit/interface.h"
#include "rnn/rnn.h"
#include "support/version.h"

typedef struct Define {
    const char *name, *value, *remark;
} Define;
typedef VEC(Define) DefineList;

static void add_size(Emit *emit, DefineList *list, const char *name, int64_t value)
{
    vec_push(emit->arena, list, (Define){name, arena_printf(emit->arena, "%lld", (long long)value), NULL});
}

static DefineList sizes(Emit *emit)
{
    const Model *model = emit->program->model;
    const ProgramSizes *size = &emit->program->sizes;
    DefineList list = {0};
    for (int i = 0; i < model->dims.n; i++)
        add_size(emit, &list, arena_printf(emit->arena, "DIM_%s", model->dims.at[i].name), model->dims.at[i].integer);
    for (int i = 0; i < model->axes.n; i++)
        add_size(emit, &list, arena_printf(emit->arena, "AXIS_%s_MAX", model->axes.at[i].name), model->axes.at[i].high);
    add_size(emit, &list, "PARAM_FLOATS", size->params);
    add_size(emit, &list, "PACKED_FLOATS", size->packed);
    add_size(emit, &list, "STATE_FLOATS", size->state_reals);
    add_size(emit, &list, "STATE_INTS", size->state_ints);
    add_size(emit, &list, "WORK_FLOATS", size->work_reals);
    add_size(emit, &list, "WORK_INTS", emit_work_ints(emit));
    if (model->loss != NULL) {
        add_size(emit, &list, "TAPE_FLOATS", size->tape_reals);
        add_size(emit, &list, "TAPE_INTS", emit_tape_ints(emit));
    }
    vec_push(emit->arena, &list,
             (Define){"LAYOUT_HASH",
                      arena_printf(emit->arena, "UINT64_C(0x%016llx)", (unsigned long long)emit->layout_hash),
                      "model, bounds, layout, ABI"});
    vec_push(emit->arena, &list,
             (Define){"PARAMS_HASH",
                      arena_printf(emit->arena, "UINT64_C(0x%016llx)", (unsigned long long)emit->params_hash),
                      "names and shapes of the parameters"});
    return list;
}

static void print_sizes(Emit *emit, Text *out)
{
    const DefineList list = sizes(emit);
    int widest = 0;
    for (int i = 0; i < list.n; i++)
        if ((int)strlen(list.at[i].name) > widest)
            widest = (int)strlen(list.at[i].name);
    text_add(out, "/* Sizes, all compile-time. Overridable with rnnc -D, never with cc -D. */\n");
    for (int i = 0; i < list.n; i++) {
        const Define *at = &list.at[i];
        text_printf(out, "#define %s_%-*s  %s", emit->M, widest, at->name, at->value);
        if (at->remark != NULL)
            text_printf(out, "  /* %s */", at->remark);
        text_add(out, "\n");
    }
    text_add(out, "\n");
}

static void opening(Emit *emit, Text *out)
{
    const char *name = emit->options->header_name != NULL ? emit->options->header_name : "this file";
    text_add(out, "/* ");
    lay_comment_text(out, name);
    text_printf(out, ": written by rnnc %s from ", RNNC_VERSION);
    lay_comment_text(out, emit->options->source_name);
    text_printf(out, "; do not edit. Language 1, real = %s. */\n", emit->real);
    text_printf(out, "#ifndef %s_H_INCLUDED\n#define %s_H_INCLUDED\n", emit->M, emit->M);
    if (emit->options->standalone)
        emit_paste(emit, out, "rnn/rnn.h");
    else
        text_add(out, "#include \"rnn/rnn.h\"\n");
    text_printf(out,
                "#if !defined(RNN_RUNTIME_ABI) || RNN_RUNTIME_ABI != %d\n"
                "#error \"%s.h needs runtime ABI %d: regenerate it or install the matching rnn/rnn.h\"\n"
                "#endif\n"
                "#ifdef __cplusplus\nextern \"C\" {\n#endif\n",
                RNN_RUNTIME_ABI, emit->m, RNN_RUNTIME_ABI);
}

void emit_header_file(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    opening(emit, out);
    print_sizes(emit, out);
    emit_structs(emit, out);
    if (model->train.n > 0)
        text_printf(out,
                    "/* train { ... } of the file: advice to whoever trains it; it changes no function here. */\n"
                    "#define %s_TRAIN_COUNT %d\n"
                    "extern const rnn_advice %s_train[%s_TRAIN_COUNT];\n\n",
                    emit->M, model->train.n, emit->m, emit->M);
    emit_prototypes(emit, out);
    text_printf(
        out,
        "\n#ifdef RNN_WITH_MODEL\n"
        "const rnn_model *%s_model(void);   /* sizes, parameters, fields and thunks, for code that knows no model "
        "*/\n#endif\n"
        "#ifdef __cplusplus\n}\n#endif\n#endif\n",
        emit->m);
}
