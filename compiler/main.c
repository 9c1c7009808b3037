/* main.c: finds the subcommand; without one, the arguments are those of the compiler (cmd/compile.c). */
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "support/version.h"

int main(int argc, char **argv)
{
    /* The locale stays "C": decimal points of numbers in and out do not depend on the user's. */
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
    return command ? command->run(argc - 1, argv + 1) : compile_command(argc, argv);
}
