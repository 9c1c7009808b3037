/* text.h: a growing string in an arena; what printers write into.
 * Numbers are printed independent of the locale. */
#ifndef RNNC_TEXT_H
#define RNNC_TEXT_H
#include "support/arena.h"

typedef struct Text {
    Arena *arena;
    char *at; /* NUL-terminated once anything was added; may be NULL before */
    size_t n, capacity;
} Text;

Text text_new(Arena *arena);
void text_add(Text *text, const char *more);
void text_add_n(Text *text, const char *more, size_t length);
void text_printf(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Shortest decimal that reads back as the same double, with an exponent only where there would be many zeros: "0.1",
 * "50", "0.00001", "1e-06", "2e+20". */
void text_add_double(Text *text, double value);
const char *text_z(const Text *text); /* never NULL */
#endif
