/* emit_prologue.c: the beginning of the C file: who wrote it from what, the choices of the build, the runtime's headers
 * included or (standalone) pasted from the real files that rnnc carries, and what the code relies on, checked by the
 * C compiler. */
#include <string.h>

#include "emit/interface.h"
#include "loop/report.h"
#include "support/diag.h"
#include "support/embedded.h"
#include "support/version.h"

static void flops(Emit *emit, Text *out)
{
    const Program *program = emit->program;
    const Flops forward = pass_flops_window(program, &program->schedule->forward);
    text_printf(out, " * Operations of a full window: forward %lld", (long long)(forward.products + forward.other));
    if (program->schedule->has_backward) {
        const Flops backward = pass_flops_window(program, &program->schedule->backward);
        text_printf(out, ", backward %lld", (long long)(backward.products + backward.other));
    }
    text_add(out, " (a multiply-add counts as two).\n");
}

static void banner(Emit *emit, Text *out)
{
    text_printf(out, "/* Written by rnnc %s from ", RNNC_VERSION);
    lay_comment_text(out, emit->options->source_name);
    text_printf(out, "; do not edit. Language 1, real = %s.\n", emit->real);
    if (emit->options->command_line != NULL && emit->options->command_line[0] != '\0') {
        text_add(out, " *   ");
        lay_comment_text(out, emit->options->command_line);
        text_add(out, "\n");
    }
    text_printf(out, " * SHA-256 of the source: %s\n", emit->options->source_hash);
    const ProgramSizes *size = &emit->program->sizes;
    const long long real = emit->options->is_double ? 8 : 4;
    text_printf(out, " * Bytes: parameters %lld, packed %lld, state %lld, work %lld", real * (long long)size->params,
                real * (long long)size->packed, real * (long long)size->state_reals + 4 * (long long)size->state_ints,
                real * (long long)size->work_reals + 4 * (long long)emit_work_ints(emit));
    if (emit->program->model->loss != NULL)
        text_printf(out, ", tape %lld", real * (long long)size->tape_reals + 4 * (long long)emit_tape_ints(emit));
    text_add(out, ".\n");
    if (emit->program->schedule != NULL)
        flops(emit, out);
    text_add(out, " */\n");
}

typedef struct Pasted { /* which files have been pasted: their guards would empty a second copy */
    VEC(const char *) paths;
} Pasted;

static bool was_pasted(const Pasted *pasted, const char *path)
{
    for (int i = 0; i < pasted->paths.n; i++)
        if (strcmp(pasted->paths.at[i], path) == 0)
            return true;
    return false;
}

/* The path in a line `#include "rnn/..."`; NULL for any other line. */
static const char *included_path(Emit *emit, const char *line)
{
    static const char include[] = "#include \"rnn/";
    if (strncmp(line, include, sizeof include - 1) != 0)
        return NULL;
    const char *from = line + 10, *end = strchr(from, '"');
    return end == NULL ? NULL : arena_copy(emit->arena, from, (size_t)(end - from));
}

static void paste(Emit *emit, Text *out, Pasted *pasted, const char *path)
{
    if (was_pasted(pasted, path))
        return;
    vec_push(emit->arena, &pasted->paths, path);
    const EmbeddedFile *file = embedded_find(path);
    if (file == NULL)
        BUG("rnnc does not carry %s", path);
    text_printf(out, "/* ---- Start of %s ---- */\n", path);
    for (const char *line = file->text; *line;) {
        const char *end = strchr(line, '\n');
        const size_t length = end == NULL ? strlen(line) : (size_t)(end - line) + 1;
        const char *inner = included_path(emit, line);
        if (inner != NULL)
            paste(emit, out, pasted, inner);
        else
            text_add_n(out, line, length);
        line += length;
    }
    text_printf(out, "/* ---- End of %s ---- */\n", path);
}

void emit_paste(Emit *emit, Text *out, const char *path)
{
    Pasted pasted = {0};
    paste(emit, out, &pasted, path);
}

/* kernels.h includes all that emitted code uses; rnn.h is in the model's header. */
static void runtime(Emit *emit, Text *out)
{
    static const char path[] = "rnn/kernels.h";
    if (!emit->options->standalone) {
        text_printf(out, "#include \"%s\"\n", path);
        return;
    }
    Pasted pasted = {0};
    vec_push(emit->arena, &pasted.paths, "rnn/rnn.h");
    text_add(out, "\n");
    paste(emit, out, &pasted, path);
}

static void model_header(Emit *emit, Text *out)
{
    const char *name = emit->options->header_name;
    if (name != NULL) {
        text_printf(out, "#include \"%s\"\n", name);
        return;
    }
    text_add(out, "\n/* ---- Start of the header ---- */\n");
    emit_header_file(emit, out);
    text_add(out, "/* ---- End of the header ---- */\n");
}

/* C99 has no static assertion: an array type of a negative size is an error. */
static void assertion(Emit *emit, Text *out, const char *name, const char *condition)
{
    text_printf(out, "typedef char %s_check_%s[(%s) ? 1 : -1];\n", emit->m, name, condition);
}

static void assertions(Emit *emit, Text *out)
{
    const char *const largest = emit->program->model->loss != NULL ? "TAPE" : "WORK";
    text_add(out, "\n/* What the code below relies on. */\n");
    assertion(emit, out, "real",
              emit->options->is_double ? "sizeof(double) == 8 && sizeof(rnn_real) == 8"
                                       : "sizeof(float) == 4 && sizeof(rnn_real) == 4");
    assertion(emit, out, "int", "sizeof(int) >= 4");
    assertion(
        emit, out, "params",
        arena_printf(emit->arena, "sizeof(%s_params) / sizeof(%s) == %s_PARAM_FLOATS", emit->m, emit->real, emit->M));
    assertion(emit, out, "memory",
              arena_printf(emit->arena, "%s_%s_FLOATS <= PTRDIFF_MAX / sizeof(%s)", emit->M, largest, emit->real));
    text_add(out, "\n");
}

void emit_prologue(Emit *emit, Text *out)
{
    banner(emit, out);
    if (emit->options->is_double)
        text_add(out, "#define RNN_REAL_DOUBLE 1\n");
    if (emit->options->precise)
        text_add(out, "#define RNN_MATH_PRECISE 1 /* exp, tanh, sigmoid and log of the C library */\n");
    model_header(emit, out);
    runtime(emit, out);
    if (!emit->options->standalone)
        text_add(out, "#include <float.h>\n#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n"
                      "#include <string.h>\n");
    assertions(emit, out);
}
