/* source.c: the texts of a compilation and the tables of their line starts.
 * Lines end at '\n'; a '\r' before it is not part of the line. */
#include "support/source.h"

#include <string.h>

#include "support/diag.h"
#include "support/text.h"
#include "support/vec.h"

typedef struct SourceEntry {
    Source source;
    VEC(uint32_t) line_starts; /* byte offset of each line; the first is 0 */
} SourceEntry;

struct SourceMap {
    Arena *arena;
    VEC(SourceEntry *) files;
};

SourceMap *source_map_new(Arena *arena)
{
    SourceMap *map = arena_make(arena, SourceMap);
    map->arena = arena;
    return map;
}

uint32_t source_add(SourceMap *map, const char *name, const char *text, uint32_t size, bool builtin)
{
    SourceEntry *entry = arena_make(map->arena, SourceEntry);
    entry->source.name = arena_copy(map->arena, name, strlen(name));
    entry->source.text = arena_copy(map->arena, text, size);
    entry->source.size = size;
    entry->source.builtin = builtin;
    vec_push(map->arena, &entry->line_starts, 0);
    for (uint32_t i = 0; i < size; i++)
        if (text[i] == '\n')
            vec_push(map->arena, &entry->line_starts, i + 1);
    vec_push(map->arena, &map->files, entry);
    return (uint32_t)map->files.n;
}

static const SourceEntry *entry_of(const SourceMap *map, uint32_t file)
{
    if (file == 0 || file > (uint32_t)map->files.n)
        BUG("no source file %u", (unsigned)file);
    return map->files.at[file - 1];
}

const Source *source_of(const SourceMap *map, uint32_t file)
{
    return &entry_of(map, file)->source;
}

/* Index of the last line that starts at or before the offset. */
static int line_index(const SourceEntry *entry, uint32_t offset)
{
    int low = 0, high = entry->line_starts.n - 1;
    while (low < high) {
        const int middle = low + (high - low + 1) / 2;
        if (entry->line_starts.at[middle] <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

Place source_place(const SourceMap *map, uint32_t file, uint32_t offset)
{
    const SourceEntry *entry = entry_of(map, file);
    if (offset > entry->source.size)
        offset = entry->source.size;
    const int line = line_index(entry, offset);
    int column = 1;
    for (uint32_t i = entry->line_starts.at[line]; i < offset; i++)
        column += ((unsigned char)entry->source.text[i] & 0xC0) != 0x80;
    return (Place){line + 1, column};
}

const char *source_line(const SourceMap *map, uint32_t file, int line, int *length)
{
    const SourceEntry *entry = entry_of(map, file);
    if (line < 1 || line > entry->line_starts.n)
        BUG("no line %d in %s", line, entry->source.name);
    const uint32_t start = entry->line_starts.at[line - 1];
    uint32_t end = line < entry->line_starts.n ? entry->line_starts.at[line] - 1 : entry->source.size;
    if (end > start && entry->source.text[end - 1] == '\r')
        end--;
    *length = (int)(end - start);
    return entry->source.text + start;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *source_text(Arena *arena, const SourceMap *map, Span span)
{
    if (span.file == 0)
        return "";
    const Source *source = source_of(map, span.file);
    const uint32_t end = span.end < source->size ? span.end : source->size;
    Text text = text_new(arena);
    bool pending = false, quoted = false;
    for (uint32_t i = span.start; i < end; i++) {
        const char c = source->text[i];
        if (!quoted && c == '#') {
            while (i < end && source->text[i] != '\n')
                i++;
            pending = true;
            continue;
        }
        if (!quoted && is_blank(c)) {
            pending = true;
            continue;
        }
        if (pending && text.n > 0)
            text_add(&text, " ");
        pending = false;
        if (c == '"')
            quoted = !quoted;
        text_add_n(&text, &c, 1);
    }
    return text_z(&text);
}
