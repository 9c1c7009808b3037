/* utf8.c: see utf8.h. */
#include "utf8.h"

size_t rnn_utf8_decode(const unsigned char *p, size_t left, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length, i;
    uint32_t value;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    length = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < length) {
        return 0;
    }
    value = (uint32_t)p[0] & (0x7FU >> length);
    for (i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3FU);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code = value;
    return length;
}

size_t rnn_utf8_encode(uint32_t code, char *to)
{
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4, i;
    static const unsigned char mark[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (i = length - 1; i > 0; i--) {
        to[i] = (char)(unsigned char)(0x80U | (code & 0x3FU));
        code >>= 6;
    }
    to[0] = (char)(unsigned char)(mark[length == 1 ? 0 : length] | code);
    return length;
}

int rnn_utf8_valid(const unsigned char *p, size_t count)
{
    size_t at = 0;
    uint32_t code;
    while (at < count) {
        size_t n = rnn_utf8_decode(p + at, count - at, &code);
        if (n == 0) {
            return 0;
        }
        at += n;
    }
    return 1;
}
