/* explain.c: `rnnc --explain E0402` prints the page of a message; the pages are rows of support/diag.def. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "support/diag.h"

int explain_command(int argc, char **argv)
{
    static const CommandHelp help = {"rnnc --explain CODE", "Prints a page about an error or a warning.\n",
                                     "  rnnc --explain E0402\n", NULL, 0};
    OptionList codes = {0};
    const int over = options_parse(&help, argc, argv, NULL, &codes);
    if (over >= 0)
        return over;
    if (codes.n == 0)
        return command_usage(&help, "which message? Codes look like E0402");
    for (int i = 0; i < codes.n; i++) {
        const char *page = diag_explain(codes.at[i]);
        if (!page)
            return command_error("there is no message %s", codes.at[i]);
        printf("%s%s", i > 0 ? "\n" : "", page);
    }
    return EXIT_DONE;
}
