/* check_text.c: what holds for every byte of a file, wherever it stands: size, length of lines, UTF-8, no control
 * characters, no marks that reorder text on the screen. The lexer may then skip what it cannot read in silence. */
#include "grammar/check_text.h"

#include <string.h>

#include "support/utf8.h"

enum { BROKEN_MAX = 3 }; /* a file in another code is wrong everywhere; three places show it */

static const char *describe(Parser *ps, uint32_t code, unsigned char byte)
{
    if (code == UTF8_BROKEN)
        return arena_printf(ps->arena, "byte 0x%02X is not UTF-8", byte);
    if (code == 0)
        return "a NUL byte in the text";
    if (utf8_is_direction_mark(code))
        return arena_printf(ps->arena, "U+%04X reorders text on the screen", (unsigned)code);
    return arena_printf(ps->arena, "control character U+%04X", (unsigned)code);
}

static void report_character(Parser *ps, uint32_t at, uint32_t bytes, uint32_t code)
{
    const char *text = ps->source->text;
    DiagMsg *msg = diag_report(ps->diag, E0112, parser_span(ps, at, at + bytes), "%s",
                               describe(ps, code, (unsigned char)text[at]));
    const bool wide = ps->source->size > 1 && (text[0] == '\0' || text[1] == '\0' || (text[0] & 0xFE) == 0xFE);
    if (wide)
        diag_hint(ps->diag, msg, "is the file UTF-16? save it as UTF-8");
    else if (code == UTF8_BROKEN)
        diag_hint(ps->diag, msg, "save the file as UTF-8");
    parser_trouble(ps, at);
}

static void check_line(Parser *ps, uint32_t start, uint32_t end)
{
    if (end - start <= LINE_BYTES_MAX)
        return;
    const Span span = parser_span(ps, start + LINE_BYTES_MAX, start + LINE_BYTES_MAX + 1);
    DiagMsg *msg = diag_report(ps->diag, E0114, span, "a line of %u bytes; at most %d are allowed",
                               (unsigned)(end - start), LINE_BYTES_MAX);
    diag_hint(ps->diag, msg, "break it after an operator or inside a bracket");
    ps->gave_up = true;
}

bool check_text(Parser *ps)
{
    const Source *source = ps->source;
    if (source->size > FILE_BYTES_MAX) {
        diag_report(ps->diag, E0113, parser_span(ps, 0, 0), "a file of %u bytes; at most %d are allowed",
                    (unsigned)source->size, FILE_BYTES_MAX);
        return false;
    }
    uint32_t line = 0;
    int broken = 0;
    for (uint32_t at = 0; at < source->size;) {
        uint32_t code = 0;
        const uint32_t bytes = (uint32_t)utf8_decode(source->text + at, (int)(source->size - at), &code);
        if (code == '\n') {
            check_line(ps, line, at);
            line = at + 1;
        } else if (!utf8_is_printable(code) && code != '\t' && code != '\r' && broken++ < BROKEN_MAX) {
            report_character(ps, at, bytes, code);
        }
        at += bytes;
    }
    check_line(ps, line, source->size);
    return !ps->gave_up && broken <= BROKEN_MAX;
}
