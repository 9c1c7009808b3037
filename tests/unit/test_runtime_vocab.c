/* test_runtime_vocab.c: vocabularies: order of ids, reserved ids, encoding and decoding, and the file: what is written
 * is read back, anything else is refused. */
#include <unistd.h>

#include "toy_run.h"

static char path[300];
static rnn_error err;

static rnn_vocab *build(int32_t unit, const char *text, const int32_t *specials)
{
    rnn_vocab *v = NULL;
    CHECK(rnn_vocab_build(unit, text, strlen(text), specials, &v, &err) == RNN_OK);
    return v;
}

/* The text of all ids, one after another, "|" between them. */
static const char *listing(const rnn_vocab *v)
{
    static char list[400];
    list[0] = '\0';
    for (int32_t i = 0; i < rnn_vocab_size(v); i++) {
        const char *text;
        const int32_t n = rnn_vocab_decode(v, i, &text);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.*s", i == 0 ? "" : "|", (int)n, text);
    }
    return list;
}

static void test_order(void)
{
    const int32_t specials[RNN_SPECIALS] = {0, 3, 8, -1};
    rnn_vocab *v = build(RNN_UNIT_CHAR, "abracadabra \xC3\xA9\xC3\xA9\xE2\x82\xAC", NULL);
    CHECK_TEXT(listing(v), "a|b|r|\xC3\xA9| |c|d|\xE2\x82\xAC"); /* ties by code point */
    rnn_vocab_free(v);
    v = build(RNN_UNIT_CHAR, "abracadabra", specials);
    CHECK(rnn_vocab_size(v) == 9);
    CHECK_TEXT(listing(v), "|a|b||r|c|d||\xEF\xBF\xBD"); /* 7 is nobody's */
    CHECK(rnn_vocab_special(v, RNN_EOS) == 3 && rnn_vocab_special(v, RNN_PAD) == -1);
    rnn_vocab_free(v);
    v = build(RNN_UNIT_BYTE, "\xC3\xA9\xC3", NULL);
    CHECK_TEXT(listing(v), "\xC3|\xA9");
    rnn_vocab_free(v);
}

static void test_refused(void)
{
    const int32_t same[] = {1, 1, -1, -1}, large[] = {1 << 20, -1, -1, -1}, negative[] = {-2, -1, -1, -1};
    rnn_vocab *v;
    CHECK(rnn_vocab_build(RNN_UNIT_CHAR, "a", 1, same, &v, &err) == RNN_ARG && v == NULL);
    CHECK(rnn_vocab_build(RNN_UNIT_CHAR, "a", 1, large, &v, &err) == RNN_ARG);
    CHECK(rnn_vocab_build(RNN_UNIT_CHAR, "a", 1, negative, &v, &err) == RNN_ARG);
    CHECK(rnn_vocab_build(2, "a", 1, NULL, &v, &err) == RNN_ARG);
    CHECK(rnn_vocab_build(RNN_UNIT_CHAR, "", 0, NULL, &v, &err) == RNN_ARG);
    CHECK(rnn_vocab_build(RNN_UNIT_CHAR, "a\nb\n\xFFz", 6, NULL, &v, &err) == RNN_FORMAT);
    CHECK(strstr(err.text, "line 3") != NULL);
    CHECK(rnn_vocab_build(RNN_UNIT_CHAR, "a\xE2\x82", 3, NULL, &v, &err) == RNN_FORMAT);
}

static void test_encode(void)
{
    const int32_t specials[RNN_SPECIALS] = {-1, -1, 2, -1};
    int32_t *tokens;
    size_t n;
    const char *text;
    rnn_vocab *v = build(RNN_UNIT_CHAR, "aab\xC3\xA9", NULL);
    CHECK(rnn_vocab_encode(v,
                           "b\xC3\xA9"
                           "a",
                           4, &tokens, &n, &err) == RNN_OK &&
          n == 3);
    CHECK(tokens[0] == 1 && tokens[1] == 2 && tokens[2] == 0);
    free(tokens);
    CHECK(rnn_vocab_encode(v, "", 0, &tokens, &n, &err) == RNN_OK && n == 0);
    free(tokens);
    CHECK(rnn_vocab_encode(v, "a\n", 2, &tokens, &n, &err) == RNN_RANGE && tokens == NULL);
    CHECK(rnn_vocab_encode(v, "ab\x80", 3, &tokens, &n, &err) == RNN_FORMAT);
    CHECK(rnn_vocab_decode(v, -1, &text) == 0 && rnn_vocab_decode(v, 3, &text) == 0 && text[0] == '\0');
    rnn_vocab_free(v);
    v = build(RNN_UNIT_CHAR, "aab\xC3\xA9", specials);
    CHECK(rnn_vocab_encode(v, "xay", 3, &tokens, &n, &err) == RNN_OK && tokens[0] == 2 && tokens[1] == 0 &&
          tokens[2] == 2);
    free(tokens);
    rnn_vocab_free(v);
}

static int same_vocab(const rnn_vocab *a, const rnn_vocab *b)
{
    int same = rnn_vocab_size(a) == rnn_vocab_size(b) && rnn_vocab_unit(a) == rnn_vocab_unit(b);
    for (int32_t i = 0; same && i < rnn_vocab_size(a); i++) {
        const char *s, *t;
        const int32_t n = rnn_vocab_decode(a, i, &s), m = rnn_vocab_decode(b, i, &t);
        same = n == m && memcmp(s, t, (size_t)n) == 0;
    }
    for (int32_t i = 0; i < RNN_SPECIALS; i++)
        same = same && rnn_vocab_special(a, i) == rnn_vocab_special(b, i);
    return same;
}

static void test_round_trip(int32_t unit, const char *text, size_t bytes, const int32_t *specials)
{
    rnn_vocab *v, *back;
    int32_t *tokens;
    char *decoded = malloc(bytes + 1);
    size_t n, at = 0;
    CHECK(rnn_vocab_build(unit, text, bytes, specials, &v, &err) == RNN_OK);
    CHECK(rnn_vocab_save(v, path, &err) == RNN_OK && rnn_vocab_load(path, &back, &err) == RNN_OK);
    CHECK(same_vocab(v, back));
    CHECK(rnn_vocab_encode(back, text, bytes, &tokens, &n, &err) == RNN_OK);
    for (size_t i = 0; i < n; i++) {
        const char *piece;
        const int32_t length = rnn_vocab_decode(back, tokens[i], &piece);
        CHECK(length >= 1 && at + (size_t)length <= bytes);
        memcpy(decoded + at, piece, (size_t)length);
        at += (size_t)length;
    }
    CHECK(at == bytes && memcmp(decoded, text, bytes) == 0);
    free(tokens);
    free(decoded);
    rnn_vocab_free(v);
    rnn_vocab_free(back);
}

static void test_round_trips(void)
{
    const int32_t some[RNN_SPECIALS] = {0, 1, 2, 3}, far[RNN_SPECIALS] = {500, -1, 0, 900};
    char all[256], *chars = malloc(4 * 5000);
    size_t n = 0;
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    for (uint32_t code = 0; code < 5000; code++) {
        const uint32_t c = code < 3000 ? code : code < 4000 ? 0x2000 + code - 3000 : 0x1F300 + code;
        if (c < 0x80)
            chars[n++] = (char)c;
        else if (c < 0x800) {
            chars[n++] = (char)(0xC0 | c >> 6);
            chars[n++] = (char)(0x80 | (c & 63));
        } else {
            if (c >= 0x10000) {
                chars[n++] = (char)(0xF0 | c >> 18);
                chars[n++] = (char)(0x80 | (c >> 12 & 63));
            } else
                chars[n++] = (char)(0xE0 | c >> 12);
            chars[n++] = (char)(0x80 | (c >> 6 & 63));
            chars[n++] = (char)(0x80 | (c & 63));
        }
    }
    test_round_trip(RNN_UNIT_BYTE, all, 256, NULL);
    test_round_trip(RNN_UNIT_BYTE, all, 256, some);
    test_round_trip(RNN_UNIT_CHAR, all, 128, NULL);
    test_round_trip(RNN_UNIT_CHAR, chars, n, NULL);
    test_round_trip(RNN_UNIT_CHAR, chars, n, far);
    test_round_trip(RNN_UNIT_CHAR, "a\\n<BOS>\t\r\n", 11, far);
    free(chars);
}

static void test_file_text(void)
{
    const int32_t specials[RNN_SPECIALS] = {0, -1, 12, -1};
    char *bytes = NULL;
    rnn_vocab *v = build(RNN_UNIT_CHAR, "aaaa\n\n\n\t\t\\\\  \r\x01\xC2\x85\xEF\xBB\xBF", specials);
    CHECK(rnn_vocab_save(v, path, &err) == RNN_OK && toy_read(path, &bytes) > 0);
    CHECK_TEXT(bytes, "\\<BOS>\na\n\\n\n\\t\n \n\\\\\n\\u{1}\n\\r\n\\u{85}\n\\u{feff}\n\\<>\n\\<>\n\\<UNK>\n");
    free(bytes);
    rnn_vocab_free(v);
    v = build(RNN_UNIT_BYTE, "ab\n", NULL);
    CHECK(rnn_vocab_save(v, path, &err) == RNN_OK && toy_read(path, &bytes) > 0);
    CHECK_TEXT(bytes, "\\x0a\n\\x61\n\\x62\n");
    free(bytes);
    rnn_vocab_free(v);
    char *name = rnn_vocab_path("dir/W.safetensors");
    CHECK_TEXT(name, "dir/W.safetensors.vocab");
    free(name);
}

static void test_hostile_files(void)
{
    static const struct {
        const char *text;
        size_t bytes;
    } bad[] = {{"", 0},
               {"a", 1},
               {"\n", 1},
               {"a\n\n", 3},
               {"ab\n", 3},
               {"a\na\n", 4},
               {"a\r\nb\r\n", 6},
               {"a\n\0\n", 4},
               {"\t\n", 2},
               {"\x7F\n", 2},
               {"\xFF\n", 2},
               {"\xC3\n", 2},
               {"\xC3\xA9\xC3\xA9\n", 5},
               {"\xC2\x85\n", 3},
               {"\xEF\xBB\xBF"
                "a\n",
                5},
               {"\xEF\xBB\xBF\n", 4},
               {"\\\n", 2},
               {"\\q\n", 3},
               {"\\nx\n", 4},
               {"\\x6\n", 4},
               {"\\x6G\n", 5},
               {"\\x061\n", 6},
               {"\\xA9\n", 5},
               {"\\x-1\n", 5},
               {"\\x 1\n", 5},
               {"\\u{}\n", 5},
               {"\\u{1\n", 5},
               {"\\u{1}x\n", 7},
               {"\\u{01}\n", 7},
               {"\\u{41}\n", 7},
               {"\\u{d800}\n", 9},
               {"\\u{110000}\n", 11},
               {"\\u{ffffffffffffffffff}\n", 23},
               {"\\u{-1}\n", 7},
               {"\\u{A}\n", 6},
               {"\\u1\n", 4},
               {"\\<bos>\n", 7},
               {"\\<BOS\n", 6},
               {"\\<BOS> \n", 8},
               {"\\<XYZ>\n", 7},
               {"\\<BOS>\n\\<BOS>\n", 14},
               {"a\n\\x62\n", 7},
               {"\\x62\na\n", 7},
               {"\\x0a\n\\n\n", 8},
               {"a\nb", 3},
               {"\\u{2028}a\n", 10},
               {"\\\\\\\n", 4}};
    rnn_vocab *v;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(rnn_file_write(path, bad[i].text, bad[i].bytes, &err) == RNN_OK);
        const rnn_status status = rnn_vocab_load(path, &v, &err);
        if (status != RNN_FORMAT)
            fprintf(stderr, "vocabulary %d was not refused\n", (int)i);
        CHECK(status == RNN_FORMAT && v == NULL);
    }
    unlink(path);
    CHECK(rnn_vocab_load(path, &v, &err) == RNN_IO);
    CHECK(rnn_vocab_load("/dev", &v, &err) == RNN_IO);
}

static void test_specials_of_model(void)
{
    static const rnn_constant_info constants[] = {{"V", 96, 1}, {"BOS", 0, 0}, {"PAD", 5, 0}, {"UNK", -3, 0}};
    rnn_model m = toy_model(8, 1);
    int32_t ids[RNN_SPECIALS];
    m.constants = 4;
    m.constant = constants;
    rnn_specials_of_model(&m, ids);
    CHECK(ids[RNN_BOS] == 0 && ids[RNN_EOS] == -1 && ids[RNN_UNK] == -1 && ids[RNN_PAD] == 5);
    CHECK_TEXT(rnn_special_name(RNN_PAD), "PAD");
}

int main(void)
{
    snprintf(path, sizeof path, "%s", toy_path("vocab"));
    test_order();
    test_refused();
    test_encode();
    test_round_trips();
    test_file_text();
    test_hostile_files();
    test_specials_of_model();
    return unit_result();
}
