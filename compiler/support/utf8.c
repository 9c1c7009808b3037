/* utf8.c: a strict decoder and the few width ranges that keep carets under what they mean. */
#include "support/utf8.h"

#include <stddef.h>

typedef struct Range {
    uint32_t first, last;
} Range;

static const Range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF}, {0x3400, 0x4DBF},
                             {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                             {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                             {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
static const Range zero_wide[] = {
    {0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};

static bool in_ranges(uint32_t code, const Range *range, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= range[i].first && code <= range[i].last)
            return true;
    return false;
}

int utf8_decode(const char *text, int length, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)text;
    const int bytes = byte[0] < 0x80 ? 1 : byte[0] >> 5 == 6 ? 2 : byte[0] >> 4 == 14 ? 3 : byte[0] >> 3 == 30 ? 4 : 0;
    *code = UTF8_BROKEN;
    if (bytes == 0 || bytes > length)
        return 1;
    uint32_t value = bytes == 1 ? byte[0] : (uint32_t)byte[0] & (0x7Fu >> bytes);
    for (int i = 1; i < bytes; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (byte[i] & 0x3Fu);
    }
    if (value < least[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 1;
    *code = value;
    return bytes;
}

bool utf8_is_direction_mark(uint32_t code)
{
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool utf8_is_printable(uint32_t code)
{
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
    return code != UTF8_BROKEN && !control && !utf8_is_direction_mark(code);
}

int utf8_width(uint32_t code)
{
    if (in_ranges(code, zero_wide, sizeof zero_wide / sizeof zero_wide[0]))
        return 0;
    return in_ranges(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}
