/* cache.c: looks a model's shared object up by its key, or compiles it under a temporary name and renames it, so that
 * whoever looks sees a whole file or none. */
#include "cmd/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/output_file.h"
#include "cmd/process.h"
#include "support/sha256.h"

static const char *const flags[] = {"-std=c99", "-O3", "-fPIC", "-shared", "-DRNN_WITH_MODEL"};
enum { FLAGS = sizeof flags / sizeof *flags };

/* mkdir -p of our own directory; it must be ours, since what is in it is loaded. */
static bool make_directory(char *path)
{
    for (char *at = path + 1; *at; at++)
        if (*at == '/') {
            *at = '\0';
            if (mkdir(path, 0777) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
                return false;
            *at = '/';
        }
    struct stat info;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & (S_IWGRP | S_IWOTH)) == 0 && access(path, W_OK) == 0;
}

static bool cache_directory(char *path, size_t room)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *tmp = getenv("TMPDIR");
    int n = 0;
    if (xdg && xdg[0] == '/')
        n = snprintf(path, room, "%s/rnnc", xdg);
    else if (home && home[0] == '/')
        n = snprintf(path, room, "%s/.cache/rnnc", home);
    if (n > 0 && (size_t)n < room && make_directory(path))
        return true;
    n = snprintf(path, room, "%s/rnnc-%ld", tmp && tmp[0] == '/' ? tmp : "/tmp", (long)geteuid());
    if (n > 0 && (size_t)n < room && make_directory(path))
        return true;
    command_error("no directory for compiled models: %s is not writable; set XDG_CACHE_HOME", path);
    return false;
}

static const char *find_compiler(const char *asked)
{
    static const char *const usual[] = {"clang", "gcc", "cc"};
    const char *from_environment = getenv("RNNC_CC");
    if (!asked && from_environment && *from_environment)
        asked = from_environment;
    if (asked && process_find(asked))
        return asked;
    for (size_t i = 0; !asked && i < sizeof usual / sizeof *usual; i++)
        if (process_find(usual[i]))
            return usual[i];
    if (asked)
        command_error("no C compiler called '%s' was found", asked);
    else
        command_error("no C compiler was found: install clang or gcc, or name one with --cc or RNNC_CC");
    return NULL;
}

/* The line of /proc/cpuinfo that lists the CPU's features; without it, the kind of machine. */
static void add_cpu(Sha256 *hash)
{
    struct utsname machine;
    if (uname(&machine) == 0)
        sha256_add(hash, machine.machine, strlen(machine.machine));
    FILE *in = fopen("/proc/cpuinfo", "r");
    char line[8192];
    while (in && fgets(line, sizeof line, in))
        if (strncmp(line, "flags", 5) == 0 || strncmp(line, "Features", 8) == 0) {
            sha256_add(hash, line, strlen(line));
            break;
        }
    if (in)
        fclose(in);
}

static void make_key(const char *text, size_t size, const char *compiler, char hex[65])
{
    char version[1024];
    const char *const ask[] = {compiler, "--version", NULL};
    if (process_run(ask, version, sizeof version) != 0)
        version[0] = '\0';
    Sha256 hash;
    unsigned char digest[32];
    sha256_start(&hash);
    sha256_add(&hash, text, size);
    sha256_add(&hash, compiler, strlen(compiler) + 1);
    sha256_add(&hash, version, strlen(version) + 1);
    for (int i = 0; i < FLAGS; i++)
        sha256_add(&hash, flags[i], strlen(flags[i]) + 1);
    add_cpu(&hash);
    sha256_end(&hash, digest);
    sha256_digits(digest, hex);
}

/* -march=native first; compilers that do not know it get a second try without. */
static bool run_compiler(const char *compiler, const char *source, const char *object)
{
    static char output[16384];
    int result = -1;
    for (int native = 1; native >= 0 && result != 0; native--) {
        const char *argv[FLAGS + 8];
        int n = 0;
        argv[n++] = compiler;
        for (int i = 0; i < FLAGS; i++)
            argv[n++] = flags[i];
        if (native)
            argv[n++] = "-march=native";
        argv[n++] = "-o";
        argv[n++] = object;
        argv[n++] = source;
        argv[n++] = "-lm";
        argv[n] = NULL;
        result = process_run(argv, output, sizeof output);
    }
    if (result != 0)
        command_error("%s could not compile the emitted C %s:\n%s", compiler, source, output);
    return result == 0;
}

bool cache_object(const char *text, size_t size, const char *compiler, char object[CACHE_PATH_MAX])
{
    char directory[CACHE_PATH_MAX - 256], source[CACHE_PATH_MAX], temporary[CACHE_PATH_MAX], key[65];
    compiler = find_compiler(compiler);
    if (!compiler || !cache_directory(directory, sizeof directory))
        return false;
    make_key(text, size, compiler, key);
    snprintf(object, CACHE_PATH_MAX, "%s/%.40s.so", directory, key);
    if (access(object, R_OK) == 0)
        return true;
    snprintf(source, sizeof source, "%s/%.40s.c", directory, key);
    snprintf(temporary, sizeof temporary, "%s/%.40s.%ld.so", directory, key, (long)getpid());
    const OutputFile file = {source, text, size};
    if (!output_write(&file, 1) || !run_compiler(compiler, source, temporary)) {
        unlink(temporary);
        return false;
    }
    if (rename(temporary, object) == 0)
        return true;
    command_error("cannot write %s: %s", object, strerror(errno));
    unlink(temporary);
    return false;
}
