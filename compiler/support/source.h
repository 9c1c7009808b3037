/* source.h: source files and places in them. A Span is bytes [start, end) of one file;
 * lines and columns (code points, from 1) are computed only when a message is printed. */
#ifndef RNNC_SOURCE_H
#define RNNC_SOURCE_H
#include <stdbool.h>
#include <stdint.h>

#include "support/arena.h"

typedef struct Span {
    uint32_t file;       /* index into the SourceMap; 0 is no place at all */
    uint32_t start, end; /* byte offsets */
} Span;
#define NO_SPAN ((Span){0, 0, 0})

typedef struct Source {
    const char *name; /* as shown in messages: "m.rnn", "std/cells.rnn" */
    const char *text; /* NUL-terminated */
    uint32_t size;
    bool builtin; /* std.*: embedded in rnnc */
} Source;

typedef struct SourceMap SourceMap;
SourceMap *source_map_new(Arena *arena);
/* Returns the file index (from 1). The text is copied. */
uint32_t source_add(SourceMap *map, const char *name, const char *text, uint32_t size, bool builtin);
const Source *source_of(const SourceMap *map, uint32_t file);

typedef struct Place {
    int line, column; /* from 1; the column counts code points */
} Place;
Place source_place(const SourceMap *map, uint32_t file, uint32_t offset);
/* The line (from 1) without its newline; sets *length. */
const char *source_line(const SourceMap *map, uint32_t file, int line, int *length);
/* The text of a span as typed, on one line (newlines and runs of blanks become one blank, comments are dropped). */
const char *source_text(Arena *arena, const SourceMap *map, Span span);
static inline Span span_join(Span a, Span b)
{
    return a.file == 0   ? b
           : b.file == 0 ? a
                         : (Span){a.file, a.start < b.start ? a.start : b.start, a.end > b.end ? a.end : b.end};
}
#endif
