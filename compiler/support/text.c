/* text.c: a growing string. Always NUL-terminated once anything was added. */
#include "support/text.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/diag.h"

Text text_new(Arena *arena)
{
    return (Text){arena, NULL, 0, 0};
}

/* Room for `more` further bytes and the NUL. */
static void reserve(Text *text, size_t more)
{
    if (text->n + more + 1 <= text->capacity)
        return;
    size_t capacity = text->capacity == 0 ? 64 : text->capacity * 2;
    while (capacity < text->n + more + 1)
        capacity *= 2;
    char *wider = arena_alloc(text->arena, capacity);
    if (text->n > 0)
        memcpy(wider, text->at, text->n);
    text->at = wider;
    text->capacity = capacity;
}

void text_add_n(Text *text, const char *more, size_t length)
{
    reserve(text, length);
    if (length > 0)
        memcpy(text->at + text->n, more, length);
    text->n += length;
    text->at[text->n] = '\0';
}

void text_add(Text *text, const char *more)
{
    text_add_n(text, more, strlen(more));
}

void text_printf(Text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        BUG("bad format '%s'", format);
    reserve(text, (size_t)length);
    vsnprintf(text->at + text->n, (size_t)length + 1, format, again);
    va_end(again);
    text->n += (size_t)length;
}

/* The fewest digits that read back as the value; places are counted from the first of them. */
static void print_shortest(char digits[48], double value)
{
    int precision = 0;
    do
        snprintf(digits, 48, "%.*e", precision, value);
    while (strtod(digits, NULL) != value && ++precision < 17);
    const char *exponent = strchr(digits, 'e'); /* none: no finite number */
    const int power = exponent ? atoi(exponent + 1) : 0;
    if (exponent && power >= -5 && power <= 15)
        snprintf(digits, 48, "%.*f", precision > power ? precision - power : 0, value);
    else
        snprintf(digits, 48, "%.*g", precision + 1, value);
}

void text_add_double(Text *text, double value)
{
    char digits[48];
    print_shortest(digits, value);
    /* printf and strtod agree on the locale's point, whatever it is; the text has always '.' */
    const char *point = localeconv()->decimal_point;
    const char *at = point[0] == '\0' || strcmp(point, ".") == 0 ? NULL : strstr(digits, point);
    if (at == NULL) {
        text_add(text, digits);
        return;
    }
    text_add_n(text, digits, (size_t)(at - digits));
    text_add(text, ".");
    text_add(text, at + strlen(point));
}

const char *text_z(const Text *text)
{
    return text->at == NULL ? "" : text->at;
}
