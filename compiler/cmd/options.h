/* options.h: the command line of a subcommand as a table: one parser, and one --help, for all of them.
 * A row says where its value goes (an offset into the command's struct of values). "--name VALUE" and "--name=VALUE"
 * mean the same; so do "-D X" and "-DX". "--" ends the options. */
#ifndef RNNC_OPTIONS_H
#define RNNC_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTION_LIST_MAX = 64 };
typedef struct OptionList {
    const char *at[OPTION_LIST_MAX];
    int n;
} OptionList;

typedef enum OptionKind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_LIST,   /* OptionList; may be given several times */
    OPTION_INT,    /* int64_t */
    OPTION_NUMBER, /* double */
    OPTION_SETTING /* OptionList: the option's name without "--" and its value, two entries */
} OptionKind;

typedef struct Option {
    const char *name;  /* "--weights", "-o" */
    const char *value; /* how --help names its value; NULL for a flag */
    OptionKind kind;
    size_t offset;
    const char *help;
} Option;

typedef struct CommandHelp {
    const char *usage;   /* "rnnc train MODEL.rnn --text w=FILE -o W.safetensors" */
    const char *what;    /* a few lines */
    const char *example; /* lines that can be pasted */
    const Option *options;
    int option_count;
} CommandHelp;

/* Exit codes of every command. */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1 /* the model, data or numbers */, EXIT_USAGE = 2, EXIT_STOPPED = 130 };

/* Arguments that are no options go to `positional`. Returns -1 to go on; an exit code when the command is over: help
 * was printed (0), or a message about a wrong option (EXIT_USAGE). */
int options_parse(const CommandHelp *help, int argc, char **argv, void *values, OptionList *positional);

/* "rnnc: <message>" on standard error; returns EXIT_REFUSED. */
int command_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for a wrong command line, with "try rnnc COMMAND --help"; returns EXIT_USAGE. */
int command_usage(const CommandHelp *help, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
