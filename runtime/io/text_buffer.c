/* text_buffer.c: see text_buffer.h. */
#include "text_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_room(rnn_text *text, size_t count)
{
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    char *bytes;
    if (text->failed || count > (size_t)-1 / 4 - text->count) {
        text->failed = 1;
        return 0;
    }
    if (text->count + count < text->capacity) {
        return 1;
    }
    while (capacity <= text->count + count) {
        capacity *= 2;
    }
    bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = 1;
        return 0;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return 1;
}

void rnn_text_add(rnn_text *text, const char *bytes, size_t count)
{
    if (!make_room(text, count)) {
        return;
    }
    if (count > 0) {
        memcpy(text->bytes + text->count, bytes, count);
    }
    text->count += count;
    text->bytes[text->count] = '\0';
}

void rnn_text_format(rnn_text *text, const char *format, ...)
{
    char line[500];
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line) {
        text->failed = 1;
        return;
    }
    rnn_text_add(text, line, (size_t)n);
}
