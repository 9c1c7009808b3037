/* process.c: fork, execvp, wait. */
#include "cmd/process.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

bool process_find(const char *program)
{
    if (strchr(program, '/'))
        return is_program(program);
    const char *path = getenv("PATH");
    char name[4096];
    for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; *at;) {
        const size_t length = strcspn(at, ":");
        const int n = snprintf(name, sizeof name, "%.*s/%s", (int)length, at, program);
        if (n > 0 && (size_t)n < sizeof name && is_program(name))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

/* Reads all, keeps what fits. */
static void read_output(int fd, char *output, size_t room)
{
    size_t size = 0;
    char block[4096];
    for (;;) {
        const ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        const size_t keep = (size_t)n < room - 1 - size ? (size_t)n : room - 1 - size;
        memcpy(output + size, block, keep);
        size += keep;
    }
    output[size] = '\0';
}

/* In the child: exec takes char *const[] for historical reasons and changes nothing. */
static void exec_program(const char *const *argv, int out)
{
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    union {
        const char *const *in;
        char *const *out;
    } vector = {argv};
    execvp(argv[0], vector.out);
    _exit(127);
}

int process_run(const char *const *argv, char *output, size_t room)
{
    int ends[2] = {-1, -1};
    if (output && pipe(ends) != 0)
        return -1;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (ends[0] >= 0)
            close(ends[0]);
        exec_program(argv, ends[1]);
    }
    if (ends[1] >= 0)
        close(ends[1]);
    if (output && child > 0)
        read_output(ends[0], output, room);
    if (ends[0] >= 0)
        close(ends[0]);
    int status = 0;
    pid_t waited = -1;
    while (child > 0 && (waited = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        ;
    return waited > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
