/* command.h: the subcommands of rnnc, a row each in command.c. argv[0] is the subcommand's name. */
#ifndef RNNC_COMMAND_H
#define RNNC_COMMAND_H

typedef struct Command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} Command;

extern const Command commands[]; /* a row of NULLs ends it */
const Command *command_find(const char *name);
void command_list(void); /* what rnnc --help prints */
/* Says that there is no such command, and which is nearest; returns the exit code. */
int command_unknown(const char *name);

/* One file each, named after the command. */
int compile_command(int argc, char **argv); /* `rnnc MODEL.rnn -o OUT.c`: has no name of its own */
int init_command(int argc, char **argv);
int train_command(int argc, char **argv);
int eval_command(int argc, char **argv);
int sample_command(int argc, char **argv);
int check_command(int argc, char **argv);
int report_command(int argc, char **argv);
int fmt_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int list_ops_command(int argc, char **argv);
#endif
