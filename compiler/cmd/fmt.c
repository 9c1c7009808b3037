/* fmt.c: `rnnc fmt FILE.rnn` prints canonical text; --in-place rewrites the files, --check only looks. */
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/compilation.h"
#include "cmd/output_file.h"
#include "syntax/format.h"

typedef struct FmtValues {
    bool in_place, check;
} FmtValues;

static const Option options[] = {
    {"--in-place", NULL, OPTION_FLAG, offsetof(FmtValues, in_place), "rewrite the files"},
    {"--check", NULL, OPTION_FLAG, offsetof(FmtValues, check), "name the files that would change; exit code 1"},
};
static const CommandHelp help = {
    "rnnc fmt FILE.rnn",
    "Prints a model file in canonical form: blanks, indentation, blank lines. Line breaks and comments stay.\n",
    "  rnnc fmt examples/charlm/charlm.rnn\n  rnnc fmt --check examples/*/*.rnn\n",
    options,
    sizeof options / sizeof *options,
};

static int fmt_file(const char *path, const FmtValues *values)
{
    static const ModelOptions none;
    Compilation compilation;
    int over = compilation_open(&compilation, path, &none, &help);
    if (over < 0)
        over = compilation_run(&compilation, "ast");
    if (over >= 0) {
        compilation_close(&compilation);
        return over;
    }
    Text text = text_new(compilation.arena);
    format_ast(compilation.sources, compilation.ast, &text);
    const Source *source = source_of(compilation.sources, compilation.file);
    const bool same = source->size == text.n && memcmp(source->text, text_z(&text), text.n) == 0;
    const OutputFile file = {path, text_z(&text), text.n};
    over = EXIT_DONE;
    if (values->check) {
        if (!same)
            printf("%s\n", path);
        over = same ? EXIT_DONE : EXIT_REFUSED;
    } else if (!values->in_place) {
        fwrite(text_z(&text), 1, text.n, stdout);
    } else if (!same && !output_write(&file, 1)) {
        over = EXIT_REFUSED;
    }
    compilation_close(&compilation);
    return over;
}

int fmt_command(int argc, char **argv)
{
    FmtValues values = {0};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n == 0 || (values.in_place && values.check))
        return command_usage(&help, files.n == 0 ? "which file?" : "--in-place or --check, not both");
    over = EXIT_DONE;
    for (int i = 0; i < files.n; i++) {
        const int one = fmt_file(files.at[i], &values);
        over = one > over ? one : over;
    }
    return over;
}
