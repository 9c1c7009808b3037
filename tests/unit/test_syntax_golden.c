/* test_syntax_golden.c: the files tests/syntax/NAME.rnn against what stands beside them: NAME.err the messages (as of a
 * file called NAME.rnn), NAME.ast the tree, NAME.fmt the canonical text. A file needs at least one of them. ACCEPT=1
 * in the environment rewrites those that are there. */
#include <dirent.h>

#include "syntax_case.h"

static const char *folder = "tests/syntax";

static const char *produce(const SyntaxCase *c, const char *kind)
{
    return strcmp(kind, "err") == 0   ? syntax_case_messages(c, false)
           : strcmp(kind, "ast") == 0 ? syntax_case_dump(c)
                                      : syntax_case_format(c);
}

static bool check_golden(const SyntaxCase *c, const char *stem, const char *kind)
{
    char path[512];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s.%s", folder, stem, kind);
    char *wanted = syntax_read_file(path, &size);
    if (wanted == NULL)
        return false;
    const char *found = produce(c, kind);
    if (getenv("ACCEPT") != NULL) {
        FILE *file = fopen(path, "wb");
        CHECK(file != NULL);
        if (file != NULL) {
            fputs(found, file);
            fclose(file);
        }
    } else if (strcmp(found, wanted) != 0) {
        fprintf(stderr, "%s:\n", path);
        CHECK_TEXT(found, wanted);
    }
    free(wanted);
    return true;
}

static void check_file(const char *name)
{
    char path[512], stem[256];
    snprintf(stem, sizeof stem, "%.*s", (int)(strlen(name) - 4), name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    size_t size = 0;
    char *text = syntax_read_file(path, &size);
    CHECK(text != NULL);
    if (text == NULL)
        return;
    SyntaxCase c = syntax_case_new(name, text, size);
    const bool messages = check_golden(&c, stem, "err");
    const bool tree = check_golden(&c, stem, "ast"), canonical = check_golden(&c, stem, "fmt");
    CHECK(messages || tree || canonical);
    CHECK(messages == (diag_errors(c.diag) > 0));
    arena_free(c.arena);
    free(text);
}

int main(void)
{
    DIR *cases = opendir(folder);
    if (cases == NULL) {
        fprintf(stderr, "no folder %s: run from the project's root\n", folder);
        return 1;
    }
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(cases)) != NULL;) {
        const size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".rnn") != 0)
            continue;
        check_file(entry->d_name);
        count++;
    }
    closedir(cases);
    CHECK(count > 0);
    printf("%d files\n", count);
    return unit_result();
}
