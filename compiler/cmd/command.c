/* command.c: the table of subcommands. A new one is a row here, its prototype in command.h and its own file. */
#include "cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "support/diag.h"
#include "support/version.h"

const Command commands[] = {
    {"init", init_command, "write initial weights"},
    {"train", train_command, "train a model on text or on a file of tensors"},
    {"eval", eval_command, "loss and metrics of a text, or every output of one window"},
    {"sample", sample_command, "generate text or tokens"},
    {"check", check_command, "compare the gradient with finite differences"},
    {"report", report_command, "bytes, flops and the chosen loops"},
    {"fmt", fmt_command, "print a model file in canonical form"},
    {"--explain", explain_command, "a page about a message: rnnc --explain E0402"},
    {"--list-ops", list_ops_command, "every function and operation, as Markdown"},
    {0, 0, 0},
};

const Command *command_find(const char *name)
{
    for (const Command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

void command_list(void)
{
    printf("rnnc %s: a compiler from recurrent networks, written as equations, to C.\n\n"
           "usage: rnnc MODEL.rnn -o OUT.c    write OUT.c and OUT.h (rnnc MODEL.rnn --help lists the options)\n"
           "       rnnc COMMAND ...           rnnc COMMAND --help shows an example of each:\n\n",
           RNNC_VERSION);
    for (const Command *command = commands; command->name; command++)
        printf("  %-12s %s\n", command->name, command->summary);
    printf("  %-12s %s\n", "--version", "the version");
    printf("\nexit code: 0 done, 1 refused (a message says why), 2 wrong command line, 130 stopped by Ctrl-C,\n"
           "           70 a bug of rnnc\n");
}

int command_unknown(const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    int n = 0;
    for (const Command *command = commands; command->name; command++)
        names[n++] = command->name;
    const char *near = diag_nearest(name, names, n);
    fprintf(stderr, "rnnc: '%s' is neither a command nor a .rnn file%s%s%s\n", name, near ? "; did you mean " : "",
            near ? near : "", near ? "?" : "");
    fprintf(stderr, "      more:  rnnc --help\n");
    return EXIT_USAGE;
}
