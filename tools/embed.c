/* embed.c: writes files as bytes of a C table, the one behind compiler/support/embedded.h. Run by make:
 *   embed OUT.c NAME=PATH ...
 * Bytes, not string literals: no limit on their length and no escapes to get wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "embed: cannot %s %s\n", what, path);
    exit(1);
}

/* Prints the bytes of one file and the NUL that ends its text; returns their number without it. */
static unsigned long embed_file(FILE *out, int number, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        fail("read", path);
    fprintf(out, "\n/* %s */\nstatic const unsigned char file_%d[] = {",
            strrchr(path, '/') ? strrchr(path, '/') + 1 : path, number);
    unsigned long size = 0;
    int byte;
    while ((byte = getc(in)) != EOF)
        fprintf(out, "%s%d,", size++ % 32 == 0 ? "\n" : "", byte);
    if (ferror(in))
        fail("read", path);
    fclose(in);
    fprintf(out, "0};\n");
    return size;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: embed OUT.c NAME=PATH ...\n");
        return 1;
    }
    FILE *out = fopen(argv[1], "wb");
    unsigned long *size = calloc((size_t)argc, sizeof *size);
    if (!out || !size)
        fail("write", argv[1]);
    fprintf(out, "/* Written by tools/embed.c from the real files; do not edit. */\n#include \"support/embedded.h\"\n");
    for (int i = 2; i < argc; i++) {
        const char *path = strchr(argv[i], '=');
        if (!path)
            fail("split", argv[i]);
        size[i] = embed_file(out, i, path + 1);
    }
    fprintf(out, "\nconst EmbeddedFile embedded_files[] = {\n");
    for (int i = 2; i < argc; i++)
        fprintf(out, "    {\"%.*s\", (const char *)file_%d, %lu},\n", (int)(strchr(argv[i], '=') - argv[i]), argv[i], i,
                size[i]);
    fprintf(out, "    {0, 0, 0}};\nconst int embedded_file_count = %d;\n", argc - 2);
    free(size);
    if (ferror(out) | fclose(out))
        fail("write", argv[1]);
    return 0;
}
