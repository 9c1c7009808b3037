/* main.c: finds the subcommand; without one, the arguments are those of the compiler (cmd/compile.c). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "support/version.h"

/* A word that can only have been meant as a command. */
static bool is_no_file(const char *word)
{
    const size_t n = strlen(word);
    return word[0] != '-' && (n < 4 || strcmp(word + n - 4, ".rnn") != 0) && access(word, F_OK) != 0;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        command_list();
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        command_list();
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("rnnc %s\n", RNNC_VERSION);
        return EXIT_DONE;
    }
    const Command *command = command_find(argv[1]);
    if (!command && is_no_file(argv[1]))
        return command_unknown(argv[1]);
    return command ? command->run(argc - 1, argv + 1) : compile_command(argc, argv);
}

int main(int argc, char **argv)
{
    /* The locale stays "C": decimal points of numbers in and out do not depend on the user's. */
    const int code = run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return code == EXIT_DONE ? command_error("standard output cannot be written") : code;
}
