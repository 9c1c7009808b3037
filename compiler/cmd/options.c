/* options.c: walks a command line along a table of options. */
#include "cmd/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/diag.h"

enum { OPTION_NAME_MAX = 64 };

static void print_message(const char *format, va_list args)
{
    fprintf(stderr, "rnnc: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
}

int command_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message(format, args);
    va_end(args);
    return EXIT_REFUSED;
}

int command_usage(const CommandHelp *help, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message(format, args);
    va_end(args);
    fprintf(stderr, "      usage: %s\n      more:  the same command with --help\n", help->usage);
    return EXIT_USAGE;
}

static void print_help(const CommandHelp *help)
{
    printf("usage: %s\n\n%s\n", help->usage, help->what);
    for (int i = 0; i < help->option_count; i++) {
        char left[64];
        const Option *option = &help->options[i];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        const char *line = option->help;
        printf("  %-24s ", left);
        for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
            printf("%.*s\n%27s", (int)(end - line), line, "");
        printf("%s\n", line);
    }
    printf("  %-24s %s\n\nexample:\n%s\n", "--help", "this text", help->example);
}

static bool parse_int(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    *value = number;
    return errno == 0 && end != text && *end == '\0';
}

static bool parse_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool list_add(OptionList *list, const char *text)
{
    if (list->n == OPTION_LIST_MAX)
        return false;
    list->at[list->n++] = text;
    return true;
}

/* Writes the value where the row says; false when it is not of the option's kind. */
static bool store_value(const Option *option, const char *text, void *values)
{
    void *at = (char *)values + option->offset;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return true;
    case OPTION_TEXT:
        *(const char **)at = text;
        return *text != '\0';
    case OPTION_LIST:
        return *text != '\0' && list_add(at, text);
    case OPTION_INT:
        return parse_int(text, at);
    case OPTION_NUMBER:
        return parse_number(text, at);
    case OPTION_SETTING:
        return *text != '\0' && list_add(at, option->name + 2) && list_add(at, text);
    }
    return false;
}

/* The row that an argument names; *value is the text joined to it ("--name=VALUE", "-DX") or NULL. */
static const Option *find_option(const CommandHelp *help, const char *arg, const char **value)
{
    const bool is_long = arg[1] == '-';
    const size_t length = is_long ? strcspn(arg, "=") : 2;
    for (int i = 0; i < help->option_count; i++) {
        const Option *option = &help->options[i];
        if (strlen(option->name) != length || strncmp(option->name, arg, length) != 0)
            continue;
        *value = arg[length] == '\0' ? NULL : arg + length + (is_long ? 1 : 0);
        return option;
    }
    return NULL;
}

static int unknown_option(const CommandHelp *help, const char *arg)
{
    const char *names[OPTION_LIST_MAX] = {"--help"};
    char name[OPTION_NAME_MAX];
    int n = 1;
    for (int i = 0; i < help->option_count && n < OPTION_LIST_MAX; i++)
        names[n++] = help->options[i].name;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg, "="), arg);
    const char *near = diag_nearest(name, names, n);
    return near ? command_usage(help, "unknown option '%s'; did you mean %s?", name, near)
                : command_usage(help, "unknown option '%s'", name);
}

int options_parse(const CommandHelp *help, int argc, char **argv, void *values, OptionList *positional)
{
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value = NULL;
        if (ended || arg[0] != '-' || arg[1] == '\0') {
            if (!list_add(positional, arg))
                return command_usage(help, "too many arguments");
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            ended = true;
            continue;
        }
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            print_help(help);
            return EXIT_DONE;
        }
        const Option *option = find_option(help, arg, &value);
        if (!option)
            return unknown_option(help, arg);
        if (option->kind == OPTION_FLAG && value)
            return command_usage(help, "%s takes no value", option->name);
        if (option->kind != OPTION_FLAG && !value) {
            if (i + 1 == argc)
                return command_usage(help, "%s needs a value: %s", option->name, option->value);
            value = argv[++i];
        }
        if (!store_value(option, value, values))
            return command_usage(help, "%s: '%s' is no %s", option->name, value, option->value);
    }
    return -1;
}
