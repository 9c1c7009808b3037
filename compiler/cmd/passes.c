/* passes.c: the stages of the compiler in order, a row each: how it runs, what checks its result, how it is printed. */
#include <string.h>

#include "cmd/compilation.h"
#include "emit/emit.h"
#include "grammar/parse.h"
#include "graph/grad.h"
#include "graph/lower.h"
#include "loop/print.h"
#include "loop/schedule.h"
#include "loop/verify.h"
#include "opt/chains.h"
#include "opt/copies.h"
#include "opt/ends.h"
#include "opt/retime.h"
#include "opt/simplify.h"
#include "sema/sema.h"
#include "support/embedded.h"
#include "support/sha256.h"
#include "syntax/ast_dump.h"

/* ---- tokens, ast ---- */
static bool run_tokens(Compilation *compilation)
{
    (void)compilation; /* the parser asks for them one by one */
    return true;
}

static void dump_tokens(Compilation *compilation, Text *out)
{
    parse_dump_tokens(compilation->arena, compilation->names, compilation->sources, compilation->diag,
                      compilation->file, out);
}

static bool run_ast(Compilation *compilation)
{
    compilation->ast =
        parse_file(compilation->arena, compilation->names, compilation->sources, compilation->diag, compilation->file);
    return compilation->ast && diag_errors(compilation->diag) == 0;
}

static void dump_ast(Compilation *compilation, Text *out)
{
    ast_dump(compilation->ast, out);
}

/* ---- model ---- */
static const char *builtin_text(const char *path, size_t *size)
{
    const EmbeddedFile *file = embedded_find(path);
    if (file)
        *size = file->size;
    return file ? file->text : NULL;
}

static bool run_model(Compilation *compilation)
{
    Arena *arena = compilation->arena;
    const Defines *defines = &compilation->defines;
    SemaDefine *given = arena_array(arena, SemaDefine, defines->n);
    for (int i = 0; i < defines->n; i++) {
        char value[40];
        define_text(defines->at[i].value, value);
        given[i] = (SemaDefine){defines->at[i].name, arena_copy(arena, value, strlen(value))};
    }
    const char *slash = strrchr(compilation->path, '/');
    const SemaOptions options = {
        .defines = given,
        .define_count = defines->n,
        .directory = slash ? arena_copy(arena, compilation->path, (size_t)(slash - compilation->path) + 1) : NULL,
        .builtin = builtin_text,
    };
    compilation->model =
        sema_check(arena, compilation->names, compilation->sources, compilation->diag, compilation->ast, &options);
    return compilation->model != NULL;
}

static void dump_model(Compilation *compilation, Text *out)
{
    model_print(out, compilation->model);
}

/* ---- graph: made, simplified, order of additions fixed, differentiated ---- */
static bool run_graph(Compilation *compilation)
{
    compilation->graph = lower_model(compilation->arena, compilation->diag, compilation->model);
    return compilation->graph != NULL;
}

static bool run_simplify(Compilation *compilation)
{
    simplify_run(compilation->graph);
    return true;
}

static bool run_chains(Compilation *compilation)
{
    chains_run(compilation->graph, 0);
    return true;
}

static bool run_grad(Compilation *compilation)
{
    if (compilation->graph->loss)
        grad_build(compilation->graph, true);
    return true;
}

static bool run_retime(Compilation *compilation)
{
    if (compilation->graph->loss)
        retime_run(compilation->graph);
    return true;
}

static bool run_grad_chains(Compilation *compilation)
{
    if (compilation->graph->loss)
        chains_run(compilation->graph, compilation->graph->forward_nodes);
    return true;
}

static bool run_copies(Compilation *compilation)
{
    copies_run(compilation->graph);
    return true;
}

static bool run_ends(Compilation *compilation)
{
    if (compilation->graph->loss)
        ends_run(compilation->graph);
    return true;
}

static const char *verify_graph(const Compilation *compilation)
{
    return graph_verify(compilation->graph);
}

static void dump_graph(Compilation *compilation, Text *out)
{
    graph_print(out, compilation->graph, false);
}

static void dump_grad(Compilation *compilation, Text *out)
{
    graph_print(out, compilation->graph, true);
}

/* ---- loops, then C ---- */
static bool run_loop(Compilation *compilation)
{
    const ScheduleOptions options = {
        .unroll_k = compilation->unroll_k, .unroll_steps = compilation->unroll_s, .whole = compilation->whole};
    compilation->program = schedule_build(compilation->arena, compilation->graph, &options);
    return true;
}

static void dump_loop(Compilation *compilation, Text *out)
{
    loop_print(out, compilation->program);
}

/* The schedule has places already; what stands together must fit, too. */
static bool run_plan(Compilation *compilation)
{
    const ProgramSizes *sizes = &compilation->program->sizes;
    const struct {
        const char *name;
        int64_t elements;
    } arrays[] = {{"params", sizes->params},    {"packed", sizes->packed},   {"state", sizes->state_reals},
                  {"state", sizes->state_ints}, {"work", sizes->work_reals}, {"work", sizes->work_ints},
                  {"tape", sizes->tape_reals},  {"tape", sizes->tape_ints}};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        if ((double)arrays[i].elements < ARRAY_ELEMENTS_MAX)
            continue;
        DiagMsg *msg = diag_report(compilation->diag, E0701, compilation->model->span,
                                   "%s_%s takes %lld elements, and an array has fewer than 2147483648",
                                   compilation->model->name, arrays[i].name, (long long)arrays[i].elements);
        diag_hint(compilation->diag, msg, "make the bound of an axis or a dimension smaller, as with -D NAME=VALUE");
        return false;
    }
    return true;
}

static const char *verify_plan(const Compilation *compilation)
{
    return plan_verify(compilation->program);
}

static void dump_plan(Compilation *compilation, Text *out)
{
    plan_print(out, compilation->program);
}

static bool run_c(Compilation *compilation)
{
    const Source *source = source_of(compilation->sources, compilation->file);
    char hash[65];
    sha256_hex(source->text, source->size, hash);
    const EmitOptions options = {
        .prefix = compilation->prefix ? compilation->prefix : compilation->model->name,
        .header_name = compilation->header_name,
        .source_name = source->name,
        .source_hash = hash,
        .command_line = compilation->command_line,
        .is_double = compilation->is_double,
        .precise = compilation->precise,
        .standalone = compilation->standalone,
    };
    emit_model(compilation->arena, compilation->program, compilation->sources, &options, &compilation->c,
               &compilation->header);
    return true;
}

static void dump_c(Compilation *compilation, Text *out)
{
    text_add(out, text_z(&compilation->c));
}

const CompilerPass passes[] = {
    {"tokens", run_tokens, NULL, dump_tokens},
    {"ast", run_ast, NULL, dump_ast},
    {"model", run_model, NULL, dump_model},
    {"graph", run_graph, verify_graph, dump_graph},
    {"simplify", run_simplify, verify_graph, dump_graph},
    {"chains", run_chains, verify_graph, dump_graph},
    {"grad", run_grad, verify_graph, dump_grad},
    {"retime", run_retime, verify_graph, dump_grad},
    {"grad-chains", run_grad_chains, verify_graph, dump_grad},
    {"copies", run_copies, verify_graph, dump_grad},
    {"ends", run_ends, verify_graph, dump_grad},
    {"loop", run_loop, NULL, dump_loop},
    {"plan", run_plan, verify_plan, dump_plan},
    {"c", run_c, NULL, dump_c},
    {0, 0, 0, 0},
};
