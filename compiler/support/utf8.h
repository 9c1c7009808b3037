/* utf8.h: code points of UTF-8 text, checked strictly, and how they look on a terminal. */
#ifndef RNNC_UTF8_H
#define RNNC_UTF8_H
#include <stdbool.h>
#include <stdint.h>

#define UTF8_BROKEN 0xFFFFFFFFu

/* Decodes the code point at `text` (length bytes are left, at least 1); returns its bytes, 1 to 4.
 * A byte that begins no well-formed sequence (overlong, surrogate, beyond U+10FFFF) is UTF8_BROKEN, 1 byte. */
int utf8_decode(const char *text, int length, uint32_t *code);
/* False for control characters, direction marks and UTF8_BROKEN. */
bool utf8_is_printable(uint32_t code);
/* True for the marks that reorder text on the screen (U+202A .. U+202E, U+2066 .. U+2069). */
bool utf8_is_direction_mark(uint32_t code);
/* Terminal columns: 0, 1 or 2. */
int utf8_width(uint32_t code);
#endif
