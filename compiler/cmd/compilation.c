/* compilation.c: reads the model file, runs the passes in order, prints the messages. */
#include "cmd/compilation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rnn/file.h"

enum { MODEL_FILE_MAX = (1 << 20) + 1 }; /* one byte more than the limit of the language, which has its own message */

static int read_source(Compilation *compilation)
{
    rnn_error err = {0};
    char *text = NULL;
    size_t size = 0;
    if (rnn_file_read(compilation->path, MODEL_FILE_MAX, &text, &size, &err) != RNN_OK)
        return command_error("%s", err.text);
    const char *slash = strrchr(compilation->path, '/');
    const char *name = slash ? slash + 1 : compilation->path;
    compilation->file = source_add(compilation->sources, name, text, (uint32_t)size, false);
    free(text);
    return -1;
}

static int start(Compilation *compilation)
{
    compilation->arena = arena_new();
    compilation->sources = source_map_new(compilation->arena);
    compilation->names = intern_new(compilation->arena);
    compilation->diag = diag_new(compilation->arena, compilation->sources);
    diag_set_strict(compilation->diag, compilation->strict);
    compilation->ast = NULL;
    compilation->model = NULL;
    compilation->graph = NULL;
    compilation->program = NULL;
    compilation->c = compilation->header = text_new(compilation->arena);
    return read_source(compilation);
}

int compilation_open(Compilation *compilation, const char *path, const ModelOptions *options, const CommandHelp *help)
{
    memset(compilation, 0, sizeof *compilation);
    compilation->path = path;
    int over = model_options_check(options, help, &compilation->unroll_k, &compilation->unroll_s);
    if (over < 0)
        over = defines_collect(&compilation->defines, options, help);
    if (over >= 0)
        return over;
    compilation->is_double = options->real && strcmp(options->real, "double") == 0;
    compilation->precise = options->math && strcmp(options->math, "precise") == 0;
    compilation->strict = options->strict;
    compilation->whole = options->chunks && strcmp(options->chunks, "no") == 0;
    compilation->header_name = "model.h";
    compilation->command_line = "";
    return start(compilation);
}

void compilation_close(Compilation *compilation)
{
    if (compilation->arena)
        arena_free(compilation->arena);
    compilation->arena = NULL;
}

int compilation_restart(Compilation *compilation)
{
    compilation_close(compilation);
    return start(compilation);
}

static void run_pass(Compilation *compilation, const CompilerPass *pass)
{
    if (!pass->run(compilation))
        return;
    const char *wrong = pass->verify ? pass->verify(compilation) : NULL;
    if (wrong)
        BUG("after pass %s: %s", pass->name, wrong);
}

int compilation_run(Compilation *compilation, const char *last)
{
    for (const CompilerPass *pass = passes; pass->name; pass++) {
        run_pass(compilation, pass);
        if (diag_errors(compilation->diag) > 0 || strcmp(pass->name, last) == 0)
            break;
    }
    const int errors = diag_errors(compilation->diag);
    if (!compilation->silent && (errors > 0 || !compilation->quiet))
        diag_print(compilation->diag, stderr, isatty(STDERR_FILENO) != 0);
    return errors > 0 ? EXIT_REFUSED : -1;
}

int compilation_dump(Compilation *compilation, const char *stage, Text *out)
{
    const CompilerPass *pass = passes;
    while (pass->name && (strcmp(pass->name, stage) != 0 || !pass->dump))
        pass++;
    if (!pass->name) {
        command_error("there is no stage '%s'; the stages are:", stage);
        for (pass = passes; pass->name; pass++)
            if (pass->dump)
                fprintf(stderr, " %s", pass->name);
        fprintf(stderr, "\n");
        return EXIT_USAGE;
    }
    const int over = compilation_run(compilation, stage);
    if (over < 0)
        pass->dump(compilation, out);
    return over;
}
