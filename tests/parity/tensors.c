/* tensors.c: the reader and the writer behind tensors.h: an 8-byte length, a flat JSON header, raw little-endian data.
 * It walks the header once with a cursor; only what such headers hold is understood. */
#include "tensors.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Cursor {
    const char *at, *end, *path;
} Cursor;

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(2);
}

static char peek(Cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
    return c->at < c->end ? *c->at : '\0';
}

static int accept(Cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return 0;
    c->at++;
    return 1;
}

static void expect(Cursor *c, char wanted)
{
    if (!accept(c, wanted))
        fail(c->path, "the header is not what it should be");
}

static void read_string(Cursor *c, char *to, size_t room)
{
    size_t n = 0;
    expect(c, '"');
    while (c->at < c->end && *c->at != '"') {
        if (*c->at == '\\')
            c->at++;
        if (c->at == c->end || n + 1 >= room)
            fail(c->path, "a name in the header is too long");
        to[n++] = *c->at++;
    }
    to[n] = '\0';
    expect(c, '"');
}

static size_t read_number(Cursor *c)
{
    size_t v = 0;
    char d = peek(c);
    if (d < '0' || d > '9')
        fail(c->path, "a number was expected in the header");
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        v = v * 10 + (size_t)(*c->at - '0');
    return v;
}

static int read_numbers(Cursor *c, size_t *to, int room)
{
    int n = 0;
    expect(c, '[');
    while (!accept(c, ']')) {
        if (n == room)
            fail(c->path, "a list in the header is too long");
        to[n++] = read_number(c);
        accept(c, ',');
    }
    return n;
}

static void skip_metadata(Cursor *c)
{
    char text[8192];
    expect(c, '{');
    while (!accept(c, '}')) {
        read_string(c, text, sizeof text);
        expect(c, ':');
        read_string(c, text, sizeof text);
        accept(c, ',');
    }
}

static size_t size_of(const char *type)
{
    return strcmp(type, "F64") == 0 || strcmp(type, "I64") == 0 ? 8 : 4;
}

static double value_at(const char *data, const char *type)
{
    union {
        double f64;
        float f32;
        int32_t i32;
        int64_t i64;
    } v;
    memcpy(&v, data, size_of(type));
    if (strcmp(type, "F64") == 0)
        return v.f64;
    if (strcmp(type, "F32") == 0)
        return (double)v.f32;
    return strcmp(type, "I32") == 0 ? (double)v.i32 : (double)v.i64;
}

static void read_data(Tensor *t, const Cursor *c, const char *data, size_t size, const size_t *range)
{
    size_t i, width = size_of(t->type);
    t->count = 1;
    for (i = 0; i < (size_t)t->rank; i++)
        t->count *= t->dim[i];
    if (range[1] > size || range[0] > range[1] || range[1] - range[0] != t->count * width)
        fail(c->path, "the data do not fit the header");
    t->value = malloc((t->count + 1) * sizeof *t->value);
    if (t->value == NULL)
        fail(c->path, "no memory");
    for (i = 0; i < t->count; i++)
        t->value[i] = value_at(data + range[0] + i * width, t->type);
}

static void read_tensor(Tensor *t, Cursor *c, const char *data, size_t size)
{
    size_t range[2] = {0, 0};
    char key[32];
    expect(c, '{');
    while (!accept(c, '}')) {
        read_string(c, key, sizeof key);
        expect(c, ':');
        if (strcmp(key, "dtype") == 0)
            read_string(c, t->type, sizeof t->type);
        else if (strcmp(key, "shape") == 0)
            t->rank = read_numbers(c, t->dim, TENSOR_RANK_MAX);
        else if (read_numbers(c, range, 2) != 2)
            fail(c->path, "data_offsets are not two numbers");
        accept(c, ',');
    }
    read_data(t, c, data, size, range);
}

static void read_header(Tensors *to, Cursor *c, const char *data, size_t size)
{
    expect(c, '{');
    while (!accept(c, '}')) {
        Tensor *t = &to->tensor[to->count];
        if (to->count == TENSORS_MAX)
            fail(c->path, "too many tensors");
        read_string(c, t->name, sizeof t->name);
        expect(c, ':');
        if (strcmp(t->name, "__metadata__") == 0) {
            skip_metadata(c);
        } else {
            read_tensor(t, c, data, size);
            to->count++;
        }
        accept(c, ',');
    }
}

static char *read_file(const char *path, size_t *size)
{
    size_t room = 1 << 20, n;
    char *text = malloc(room);
    FILE *f = fopen(path, "rb");
    if (f == NULL || text == NULL)
        fail(path, "cannot read");
    *size = 0;
    while ((n = fread(text + *size, 1, room - *size, f)) > 0) {
        *size += n;
        if (*size == room && (text = realloc(text, room *= 2)) == NULL)
            fail(path, "no memory");
    }
    fclose(f);
    return text;
}

void tensors_read(Tensors *to, const char *path)
{
    size_t size, header = 0, i;
    char *text = read_file(path, &size);
    Cursor c;
    if (size < 8)
        fail(path, "shorter than its own length");
    for (i = 0; i < 8; i++)
        header |= (size_t)(unsigned char)text[i] << (8 * i);
    if (header > size - 8)
        fail(path, "the header is longer than the file");
    memset(to, 0, sizeof *to);
    c.at = text + 8;
    c.end = c.at + header;
    c.path = path;
    read_header(to, &c, c.end, size - 8 - header);
    free(text);
}

const Tensor *tensors_find(const Tensors *in, const char *name)
{
    int i;
    for (i = 0; i < in->count; i++)
        if (strcmp(in->tensor[i].name, name) == 0)
            return &in->tensor[i];
    return NULL;
}

Tensor *tensors_add(Tensors *to, const char *name, const char *type, int rank, const size_t *dim)
{
    Tensor *t = &to->tensor[to->count];
    int i;
    if (to->count == TENSORS_MAX || strlen(name) >= sizeof t->name || rank > TENSOR_RANK_MAX)
        fail(name, "cannot be added");
    to->count++;
    memset(t, 0, sizeof *t);
    strcpy(t->name, name);
    strcpy(t->type, type);
    t->rank = rank;
    t->count = 1;
    for (i = 0; i < rank; i++)
        t->count *= t->dim[i] = dim[i];
    t->value = calloc(t->count + 1, sizeof *t->value);
    if (t->value == NULL)
        fail(name, "no memory");
    return t;
}

static void write_info(FILE *f, const Tensor *t, size_t begin)
{
    int i;
    fprintf(f, "\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, t->type);
    for (i = 0; i < t->rank; i++)
        fprintf(f, "%s%lu", i > 0 ? "," : "", (unsigned long)t->dim[i]);
    fprintf(f, "],\"data_offsets\":[%lu,%lu]}", (unsigned long)begin,
            (unsigned long)(begin + t->count * size_of(t->type)));
}

static void write_header(const Tensors *from, FILE *f)
{
    size_t begin = 0;
    int i;
    fputc('{', f);
    for (i = 0; i < from->count; i++) {
        if (i > 0)
            fputc(',', f);
        write_info(f, &from->tensor[i], begin);
        begin += from->tensor[i].count * size_of(from->tensor[i].type);
    }
    fputc('}', f);
}

static void write_values(const Tensor *t, FILE *f)
{
    size_t i;
    for (i = 0; i < t->count; i++) {
        int32_t token = t->type[0] == 'I' ? (int32_t)t->value[i] : 0;
        if (t->type[0] == 'I')
            fwrite(&token, sizeof token, 1, f);
        else
            fwrite(&t->value[i], sizeof t->value[i], 1, f);
    }
}

void tensors_write(const Tensors *from, const char *path)
{
    FILE *f = fopen(path, "wb");
    long end;
    int i;
    if (f == NULL)
        fail(path, "cannot write");
    fwrite("\0\0\0\0\0\0\0\0", 1, 8, f);
    write_header(from, f);
    end = ftell(f) - 8;
    for (i = 0; i < from->count; i++)
        write_values(&from->tensor[i], f);
    fseek(f, 0, SEEK_SET);
    for (i = 0; i < 8; i++)
        fputc((int)(((unsigned long)end >> (8 * i)) & 255), f);
    if (ferror(f) || fclose(f) != 0)
        fail(path, "cannot write");
}

void tensors_free(Tensors *t)
{
    int i;
    for (i = 0; i < t->count; i++)
        free(t->tensor[i].value);
    t->count = 0;
}
