/* utf8.h: one code point at a time, strictly: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef RNN_IO_UTF8_H
#define RNN_IO_UTF8_H
#include <stddef.h>
#include <stdint.h>

/* Length in bytes (1 .. 4) of the code point at p, which has `left` >= 1 bytes; 0 when it is not UTF-8. */
size_t rnn_utf8_decode(const unsigned char *p, size_t left, uint32_t *code);
/* Writes 1 .. 4 bytes; code is a scalar value. */
size_t rnn_utf8_encode(uint32_t code, char *to);
/* 1 when all of it is UTF-8. */
int rnn_utf8_valid(const unsigned char *p, size_t count);

#endif
