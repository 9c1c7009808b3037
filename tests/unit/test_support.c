/* test_support.c: arena, arrays, interned names, texts, places in sources, UTF-8. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/intern.h"
#include "support/source.h"
#include "support/text.h"
#include "support/utf8.h"
#include "support/vec.h"
#include "unit.h"

static void test_arena(Arena *arena)
{
    for (size_t bytes = 0; bytes < 100000; bytes = bytes * 3 + 1) {
        unsigned char *at = arena_alloc(arena, bytes);
        CHECK((uintptr_t)at % _Alignof(max_align_t) == 0);
        for (size_t i = 0; i < bytes; i++)
            CHECK(at[i] == 0);
        memset(at, 0xFF, bytes);
    }
    CHECK_TEXT(arena_printf(arena, "%d-%s", 12, "x"), "12-x");
    CHECK_TEXT(arena_copy(arena, "abcdef", 3), "abc");
}

static void test_vec(Arena *arena)
{
    VEC(int) list = {0};
    for (int i = 0; i < 1000; i++)
        vec_push(arena, &list, i);
    CHECK(list.n == 1000 && vec_last(&list) == 999);
    for (int i = 0; i < 1000; i++)
        CHECK(list.at[i] == i);
}

static void test_intern(Arena *arena)
{
    Intern *names = intern_new(arena);
    const char *first[2000];
    char name[32];
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "n%d", i * 7);
        first[i] = intern_z(names, name);
        CHECK(first[i] != name);
    }
    for (int i = 0; i < 2000; i++) {
        const int length = snprintf(name, sizeof name, "n%d", i * 7);
        strcat(name, "tail");
        CHECK(intern(names, name, (size_t)length) == first[i]);
        CHECK_TEXT(first[i], intern(names, name, (size_t)length));
    }
    CHECK(intern_z(names, "") == intern_z(names, ""));
}

static const char *number(Arena *arena, double value)
{
    Text text = text_new(arena);
    text_add_double(&text, value);
    return text_z(&text);
}

static void test_text(Arena *arena)
{
    Text text = text_new(arena);
    CHECK_TEXT(text_z(&text), "");
    for (int i = 0; i < 100; i++)
        text_printf(&text, "%d,", i % 10);
    CHECK(text.n == 200 && strlen(text_z(&text)) == 200);
    text_add_n(&text, "xyz", 2);
    CHECK_TEXT(text_z(&text) + 196, "8,9,xy");
    CHECK_TEXT(number(arena, 0.1), "0.1");
    CHECK_TEXT(number(arena, 1e-5), "0.00001");
    CHECK_TEXT(number(arena, 1.25e-6), "1.25e-06");
    CHECK_TEXT(number(arena, 0), "0");
    CHECK_TEXT(number(arena, 3), "3");
    CHECK_TEXT(number(arena, 50), "50");
    CHECK_TEXT(number(arena, -1200), "-1200");
    CHECK_TEXT(number(arena, 9.5), "9.5");
    CHECK_TEXT(number(arena, 1234567890), "1234567890");
    CHECK_TEXT(number(arena, 2e20), "2e+20");
    CHECK_TEXT(number(arena, -2.5), "-2.5");
    const double values[] = {1.0 / 3, DBL_MAX,           DBL_MIN, 5e-324,         0.1 + 0.2, 123456789.123456789, -0.0,
                             1e15,    9007199254740993., 1e16,    0.000012345678, 2.0 / 3e5, 999999999999999.9};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        CHECK(strtod(number(arena, values[i]), NULL) == values[i]);
}

static void test_source(Arena *arena)
{
    SourceMap *map = source_map_new(arena);
    static const char text[] = "one\r\n\n  t\xc3\xa9st = \"a  # b\"  # gone\n   + x";
    const uint32_t file = source_add(map, "m.rnn", text, sizeof text - 1, false);
    CHECK(file == 1);
    CHECK_TEXT(source_of(map, file)->name, "m.rnn");
    Place place = source_place(map, file, 0);
    CHECK(place.line == 1 && place.column == 1);
    place = source_place(map, file, 11); /* the s of test: e is two bytes */
    CHECK(place.line == 3 && place.column == 5);
    place = source_place(map, file, 100000);
    CHECK(place.line == 4 && place.column == 7);
    int length = 0;
    CHECK(strncmp(source_line(map, file, 1, &length), "one", 3) == 0 && length == 3);
    source_line(map, file, 2, &length);
    CHECK(length == 0);
    source_line(map, file, 4, &length);
    CHECK(length == 6);
    CHECK_TEXT(source_text(arena, map, (Span){file, 8, sizeof text - 1}), "t\xc3\xa9st = \"a  # b\" + x");
    CHECK_TEXT(source_text(arena, map, NO_SPAN), "");
    const Span joined = span_join((Span){1, 5, 7}, (Span){1, 2, 6});
    CHECK(joined.start == 2 && joined.end == 7);
    CHECK(span_join(NO_SPAN, joined).start == 2 && span_join(joined, NO_SPAN).end == 7);
}

static uint32_t decode(const char *text)
{
    uint32_t code = 0;
    const int bytes = utf8_decode(text, (int)strlen(text), &code);
    CHECK(bytes == (int)strlen(text) || code == UTF8_BROKEN);
    return code;
}

static void test_utf8(void)
{
    CHECK(decode("A") == 'A');
    CHECK(decode("\xc3\xa9") == 0xE9);
    CHECK(decode("\xe2\x88\x92") == 0x2212);
    CHECK(decode("\xf0\x9f\x98\x80") == 0x1F600);
    CHECK(decode("\xc0\xaf") == UTF8_BROKEN); /* overlong */
    CHECK(decode("\xe0\x80\xaf") == UTF8_BROKEN);
    CHECK(decode("\xed\xa0\x80") == UTF8_BROKEN);     /* surrogate */
    CHECK(decode("\xf4\x90\x80\x80") == UTF8_BROKEN); /* beyond U+10FFFF */
    CHECK(decode("\xe2\x88") == UTF8_BROKEN);
    CHECK(decode("\xff") == UTF8_BROKEN);
    CHECK(utf8_width('a') == 1 && utf8_width(0x4E2D) == 2 && utf8_width(0x0301) == 0);
    CHECK(!utf8_is_printable(0x1B) && !utf8_is_printable(0x202E) && utf8_is_printable(0xE9));
}

int main(void)
{
    Arena *arena = arena_new();
    test_arena(arena);
    test_vec(arena);
    test_intern(arena);
    test_text(arena);
    test_source(arena);
    test_utf8();
    arena_free(arena);
    arena_free(NULL);
    return unit_result();
}
