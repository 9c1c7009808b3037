/* compile.c: `rnnc MODEL.rnn -o OUT.c` writes OUT.c and OUT.h, both or neither; --dump prints a stage instead. */
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/compilation.h"
#include "cmd/output_file.h"

typedef struct CompileValues {
    ModelOptions model;
    const char *output, *prefix;
    OptionList dumps;
    bool standalone;
} CompileValues;

static const Option options[] = {
    {"-o", "OUT.c", OPTION_TEXT, offsetof(CompileValues, output), "write OUT.c, and OUT.h beside it"},
    MODEL_OPTION_ROWS(CompileValues),
    {"--weights", "FILE", OPTION_TEXT, offsetof(CompileValues, model.weights),
     "take the -D values kept in a file of weights"},
    {"--prefix", "NAME", OPTION_TEXT, offsetof(CompileValues, prefix),
     "of every external symbol (default: the model's name)"},
    {"--standalone", NULL, OPTION_FLAG, offsetof(CompileValues, standalone),
     "put the runtime into the files: nothing else is needed"},
    {"--dump", "STAGE", OPTION_LIST, offsetof(CompileValues, dumps),
     "print a stage: tokens ast model graph grad loop plan c"},
};
static const CommandHelp help = {
    "rnnc MODEL.rnn -o OUT.c",
    "Compiles a model to C. Each file appears whole; after an error neither has changed.\n",
    "  rnnc examples/charlm/charlm.rnn -o charlm.c --standalone\n  cc -O3 -march=native -c charlm.c\n",
    options,
    sizeof options / sizeof *options,
};

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t n = strlen(text), m = strlen(suffix);
    return n > m && strcmp(text + n - m, suffix) == 0;
}

/* What the banner says: the options that change the text, and no paths. */
static const char *banner_command(const Compilation *compilation, const CompileValues *values, const char *name)
{
    Text line = text_new(compilation->arena);
    text_printf(&line, "rnnc %s -o %s",
                strrchr(compilation->path, '/') ? strrchr(compilation->path, '/') + 1 : compilation->path, name);
    for (int i = 0; i < compilation->defines.n; i++) {
        char value[40];
        define_text(compilation->defines.at[i].value, value);
        text_printf(&line, " -D %s=%s", compilation->defines.at[i].name, value);
    }
    if (compilation->is_double)
        text_add(&line, " --real=double");
    if (compilation->precise)
        text_add(&line, " --math=precise");
    if (values->model.unroll)
        text_printf(&line, " --unroll=%s", values->model.unroll);
    if (compilation->whole)
        text_add(&line, " --chunks=no");
    if (values->prefix)
        text_printf(&line, " --prefix=%s", values->prefix);
    if (values->standalone)
        text_add(&line, " --standalone");
    return text_z(&line);
}

/* A C identifier, since it begins every name of the emitted files. */
static bool is_prefix(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return strspn(text, letters) > 0 && strspn(text, more) == strlen(text) && strlen(text) <= 48;
}

static int write_files(Compilation *compilation, const char *weights, const char *output, const char *header)
{
    const char *const inputs[] = {compilation->path, weights};
    if (!output_spares(output, inputs, 2) || !output_spares(header, inputs, 2))
        return EXIT_REFUSED;
    const OutputFile files[] = {{output, text_z(&compilation->c), compilation->c.n},
                                {header, text_z(&compilation->header), compilation->header.n}};
    return output_write(files, 2) ? EXIT_DONE : EXIT_REFUSED;
}

static int compile(Compilation *compilation, const CompileValues *values)
{
    if (values->dumps.n > 0) {
        Text out = text_new(compilation->arena);
        for (int i = 0; i < values->dumps.n; i++) {
            const int over = compilation_dump(compilation, values->dumps.at[i], &out);
            if (over >= 0)
                return over;
        }
        fputs(text_z(&out), stdout);
        return EXIT_DONE;
    }
    const char *slash = strrchr(values->output, '/');
    const char *name = slash ? slash + 1 : values->output;
    const int stem = (int)strlen(values->output) - 2;
    compilation->standalone = values->standalone;
    compilation->prefix = values->prefix;
    compilation->command_line = banner_command(compilation, values, name);
    compilation->header_name = arena_printf(compilation->arena, "%.*s.h", (int)strlen(name) - 2, name);
    const int over = compilation_run(compilation, "c");
    if (over >= 0)
        return over;
    return write_files(compilation, values->model.weights, values->output,
                       arena_printf(compilation->arena, "%.*s.h", stem, values->output));
}

int compile_command(int argc, char **argv)
{
    CompileValues values = {0};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1)
        return files.n == 0 ? command_usage(&help, "which model?")
                            : command_usage(&help, "one model at a time, not '%s' too", files.at[1]);
    if (!has_suffix(files.at[0], ".rnn") && !values.output && values.dumps.n == 0)
        return command_usage(&help, "'%s' is neither a command nor a .rnn file", files.at[0]);
    if (values.dumps.n == 0 && (!values.output || !has_suffix(values.output, ".c")))
        return values.output ? command_usage(&help, "-o '%s' does not end in .c", values.output)
                             : command_usage(&help, "where to? Give -o NAME.c");
    if (values.prefix && !is_prefix(values.prefix))
        return command_usage(&help, "--prefix '%s' is no C name", values.prefix);
    Compilation compilation;
    over = compilation_open(&compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = compile(&compilation, &values);
    compilation_close(&compilation);
    return over;
}
