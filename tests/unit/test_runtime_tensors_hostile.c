/* test_runtime_tensors_hostile.c: the reader of files of tensors against hostile headers, each breaking one rule, and
 * every truncation and every turned bit of the headers of good files; without sanitizers in 64 MiB of memory. */
#include <sys/resource.h>

#include "tensors_case.h"

/* ---- Headers that break a rule ---- */

typedef struct Bad {
    const char *header;
    size_t data;
} Bad;

static const Bad bad[] = {
    /* what is no such object at all */
    {"        ", 0},
    {"[]      ", 0},
    {"null    ", 0},
    {" {}     ", 0},
    {"\n{}     ", 0},
    {"{       ", 0},
    {"}       ", 0},
    {"{}{}    ", 0},
    {"{} x    ", 0},
    {"{}\n     ", 0},
    {"{}\t     ", 0},
    {"{,}     ", 0},
    {"{\"a\"}   ", 0},
    {"{\"a\":}  ", 0},
    {"{\"a\":1} ", 0},
    {"{\"a\":{}}", 0},
    {"{\"a\":[]}", 0},
    {"{a:1}    ", 0},
    {"{'a':1}   ", 0},
    {"\xEF\xBB\xBF{}      ", 0},
    {"{\"a\":null}", 0},
    {"{\"\":{}}  ", 0},
    {"{/**/}  ", 0},
    {"{" T("a", "F32", "1", 0, 4) ",}", 4},
    {"{" T("a", "F32", "1", 0, 4) " " T("b", "F32", "1", 4, 8) "}", 8},
    {"{" T("a", "F32", "1", 0, 4) "}}", 4},
    {"{" T("a", "F32", "1", 0, 4), 4},
    {"{\"a", 0},
    {"{\"aaaaaa", 0},
    /* members of a tensor */
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"dtype\":\"F32\"}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],}}", 4},
    {"{\"a\":{\"dtype\":\"F32\" \"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\" \"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":{\"x\":[[]]},\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}}", 4},
    /* dtype */
    {"{" T("a", "F31", "1", 0, 4) "}", 4},
    {"{" T("a", "f32", "1", 0, 4) "}", 4},
    {"{" T("a", "", "1", 0, 4) "}", 4},
    {"{" T("a", "I32", "1", 0, 4) "}", 4},
    {"{" T("a", "I64", "1", 0, 8) "}", 8},
    {"{" T("a", "U8", "4", 0, 4) "}", 4},
    {"{" T("a", "BOOL", "4", 0, 4) "}", 4},
    {"{" T("a", "F32 ", "1", 0, 4) "}", 4},
    {"{" T("a", "F8_E4M3", "4", 0, 4) "}", 4},
    {"{" T("a", "?", "4", 0, 4) "}", 4},
    {"{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":[\"F32\"],\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
    /* shapes and integers */
    {"{" T("a", "F32", "1,1,1", 0, 4) "}", 4},
    {"{" T("a", "F32", "-1", 0, 4) "}", 4},
    {"{" T("a", "F32", "+1", 0, 4) "}", 4},
    {"{" T("a", "F32", "1.0", 0, 4) "}", 4},
    {"{" T("a", "F32", "1e0", 0, 4) "}", 4},
    {"{" T("a", "F32", "1E0", 0, 4) "}", 4},
    {"{" T("a", "F32", "01", 0, 4) "}", 4},
    {"{" T("a", "F32", "0x1", 0, 4) "}", 4},
    {"{" T("a", "F32", "", 0, 0) "}", 0},
    {"{" T("a", "F32", "1,", 0, 4) "}", 4},
    {"{" T("a", "F32", ",1", 0, 4) "}", 4},
    {"{" T("a", "F32", "1 1", 0, 4) "}", 4},
    {"{" T("a", "F32", "\\\"1\\\"", 0, 4) "}", 4},
    {"{" T("a", "F32", "true", 0, 4) "}", 4},
    {"{" T("a", "F32", "[1]", 0, 4) "}", 4},
    {"{" T("a", "F32", "2", 0, 4) "}", 4},
    {"{" T("a", "F32", "1", 0, 8) "}", 8},
    {"{" T("a", "F32", "0", 0, 4) "}", 4},
    {"{" T("a", "F32", "1", 0, 3) "}", 3},
    {"{" T("a", "F64", "1", 0, 4) "}", 4},
    {"{" T("a", "F16", "1", 0, 4) "}", 4},
    {"{" T("a", "F32", "2147483648", 0, 4) "}", 4},
    {"{" T("a", "F32", "4294967297", 0, 4) "}", 4},
    {"{" T("a", "F32", "4294967296,4294967296", 0, 0) "}", 0},
    {"{" T("a", "F32", "4611686018427387905", 0, 4) "}", 4},
    {"{" T("a", "F32", "9007199254740992", 0, 4) "}", 4},
    {"{" T("a", "F32", "9223372036854775808", 0, 4) "}", 4},
    {"{" T("a", "F32", "18446744073709551615", 0, 4) "}", 4},
    {"{" T("a", "F32", "18446744073709551617", 0, 4) "}", 4},
    {"{" T("a", "F32", "36893488147419103233", 0, 4) "}", 4},
    {"{" T("a", "F64", "9007199254740991,9007199254740991", 0, 8) "}", 8},
    {"{" T("a", "F32", "1073741824,4294967297", 0, 4) "}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[0,4]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":null,\"data_offsets\":[0,4]}}", 4},
    /* ranges */
    {"{" T("a", "F32", "1", 4, 8) "}", 8},
    {"{" T("a", "F32", "1", 0, 4) "}", 5},
    {"{" T("a", "F32", "1", 0, 4) "}", 3},
    {"{" T("a", "F32", "1", 0, 4) "}", 0},
    {"{" T("a", "F32", "1", 4, 0) "}", 4},
    {"{}      ", 1},
    {"{" T("a", "F32", "1", 0, 4) "," T("b", "F32", "1", 0, 4) "}", 4},
    {"{" T("a", "F32", "1", 0, 4) "," T("b", "F32", "1", 0, 4) "}", 8},
    {"{" T("a", "F32", "1", 0, 4) "," T("b", "F32", "1", 8, 12) "}", 12},
    {"{" T("a", "F32", "2", 0, 8) "," T("b", "F32", "1", 4, 8) "}", 8},
    {"{" T("a", "F32", "1", 0, 4) "," T("b", "F32", "1", 4, 8) "}", 12},
    {"{" T("a", "F32", "0", 4, 4) "," T("b", "F32", "1", 0, 4) "," T("c", "F32", "0", 5, 5) "}", 4},
    {"{" T("a", "F32", "0", 9007199254740991, 9007199254740991) "}", 0},
    {"{" T("a", "F32", "1", 9223372036854775804, 9223372036854775808) "}", 4},
    {"{" T("a", "F32", "1", 18446744073709551612, 18446744073709551616) "}", 4},
    {"{" T("a", "F32", "1", 0, 18446744073709551620) "}", 4},
    {"{" T("a", "F32", "1", -4, 0) "}", 4},
    {"{" T("a", "F32", "1", 0, 4.0) "}", 4},
    {"{" T("a", "F32", "1", 0, 04) "}", 4},
    {"{" T("a", "F32", "1", 0, 4e0) "}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":\"0,4\"}}", 4},
    /* names and strings */
    {"{" T("a", "F32", "1", 0, 4) "," T("a", "F32", "1", 4, 8) "}", 8},
    {"{" T("", "F32", "1", 0, 4) "}", 4},
    {"{" T("a", "F32", "1", 0, 4) "," T("b", "F32", "1", 4, 8) "," T("a", "F32", "0", 8, 8) "}", 8},
    {"{" T("a\\n", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\\u0041", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\\/", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\\u0000", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\n", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\x01", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\x7F", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\x80", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\xC0\x80", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\xED\xA0\x80", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\xF4\x90\x80\x80", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\xE2\x82", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\xFF", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\\", "F32", "1", 0, 4) "}", 4},
    {"{" T("a\\x41", "F32", "1", 0, 4) "}", 4},
    /* metadata */
    {"{\"__metadata__\":{}"
     "}{",
     0},
    {"{\"__metadata__\":[]}", 0},
    {"{\"__metadata__\":null}", 0},
    {"{\"__metadata__\":{\"a\":1}}", 0},
    {"{\"__metadata__\":{\"a\":null}}", 0},
    {"{\"__metadata__\":{\"a\":{}}}", 0},
    {"{\"__metadata__\":{\"a\":[\"b\"]}}", 0},
    {"{\"__metadata__\":{\"a\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"b\",}}", 0},
    {"{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}", 0},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0},
    {"{\"__metadata__\":{\"a\":\"\\u0000\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"\\udc00\\ud800\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"\\ud800\\u0041\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"\\u12\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"\\q\"}}", 0},
    {"{\"__metadata__\":{\"a\":\"b\nc\"}}", 0},
    {"{\"__metadata__\":{\"a\\n\":\"b\"}}", 0},
    {"{\"__metadata__\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4},
};

static void test_bad_headers(void)
{
    const size_t count = sizeof bad / sizeof bad[0];
    for (size_t i = 0; i < count; i++) {
        write_sized(strlen(bad[i].header), bad[i].header, strlen(bad[i].header), bad[i].data);
        const rnn_status status = try_open(RNN_TENSORS_WEIGHTS);
        if (status != RNN_FORMAT)
            fprintf(stderr, "header %d was not refused: %s\n", (int)i, bad[i].header);
        CHECK(status == RNN_FORMAT);
    }
    printf("%d hostile headers\n", (int)count);
}

static void test_nul_and_nesting(void)
{
    static const char nul[] = "{\"a\0b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    char *deep = malloc(RNN_TENSORS_HEADER_MAX);
    size_t at;
    write_sized(sizeof nul - 1, nul, sizeof nul - 1, 4);
    CHECK(try_open(0) == RNN_FORMAT);
    memset(deep, '[', RNN_TENSORS_HEADER_MAX);
    deep[0] = '{';
    memcpy(deep + 1, "\"a\":", 4);
    write_sized(RNN_TENSORS_HEADER_MAX, deep, RNN_TENSORS_HEADER_MAX, 0);
    CHECK(try_open(0) == RNN_FORMAT);
    for (at = 1; at + 6 < RNN_TENSORS_HEADER_MAX; at += 5)
        memcpy(deep + at, "{\"a\":", 5);
    write_sized(RNN_TENSORS_HEADER_MAX, deep, RNN_TENSORS_HEADER_MAX, 0);
    CHECK(try_open(0) == RNN_FORMAT);
    /* as many keys as there is room for, all the same, then all different */
    for (int same = 1; same >= 0; same--) {
        at = (size_t)sprintf(deep, "{\"__metadata__\":{\"x\":\"\"");
        for (int i = 0; at + 40 < RNN_TENSORS_HEADER_MAX; i++)
            at += (size_t)sprintf(deep + at, ",\"%x\":\"\"", same ? 10 : i);
        at += (size_t)sprintf(deep + at, "}}");
        write_sized(at, deep, at, 0);
        CHECK(try_open(0) == (same ? RNN_FORMAT : RNN_OK));
    }
    for (int same = 1; same >= 0; same--) {
        at = (size_t)sprintf(deep, "{" T("x", "F16", "0", 0, 0));
        for (int i = 0; at + 100 < RNN_TENSORS_HEADER_MAX; i++)
            at += (size_t)sprintf(deep + at, "," T("%x", "F16", "0", 0, 0), same ? 7 : i);
        at += (size_t)sprintf(deep + at, "}");
        write_sized(at, deep, at, 0);
        CHECK(try_open(0) == (same ? RNN_FORMAT : RNN_OK));
    }
    free(deep);
}

static void test_lengths_of_header(void)
{
    static const uint64_t lengths[] = {0,
                                       1,
                                       7,
                                       9,
                                       16,
                                       0x80000000u,
                                       0x100000000u,
                                       (uint64_t)1 << 53,
                                       (uint64_t)1 << 63,
                                       UINT64_MAX,
                                       UINT64_MAX - 7,
                                       UINT64_MAX - 8,
                                       RNN_TENSORS_HEADER_MAX + 1};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        write_sized(lengths[i], "{}      ", 8, 0);
        CHECK(try_open(0) == RNN_FORMAT);
    }
    for (size_t n = 0; n < 16; n++) {
        write_raw("\10\0\0\0\0\0\0\0{}      ", n);
        CHECK(try_open(0) == RNN_FORMAT);
    }
    write_sized(8, "{}      ", 8, 0);
    CHECK(try_open(0) == RNN_OK);
    char *big = malloc(RNN_TENSORS_HEADER_MAX + 8);
    memset(big, ' ', RNN_TENSORS_HEADER_MAX + 8);
    memcpy(big, "{}", 2);
    write_sized(RNN_TENSORS_HEADER_MAX, big, RNN_TENSORS_HEADER_MAX, 0);
    CHECK(try_open(0) == RNN_OK);
    write_sized(RNN_TENSORS_HEADER_MAX + 8, big, RNN_TENSORS_HEADER_MAX + 8, 0);
    CHECK(try_open(0) == RNN_FORMAT);
    free(big);
}

static void test_places(void)
{
    char name[320];
    snprintf(name, sizeof name, "%s.link", path);
    unlink(path);
    CHECK(try_open(0) == RNN_IO);
    CHECK(mkfifo(path, 0666) == 0 && try_open(0) == RNN_IO);
    unlink(path);
    CHECK(mkdir(path, 0777) == 0 && try_open(0) == RNN_IO);
    rmdir(path);
    write_sized(8, "{}      ", 8, 0);
    CHECK(symlink(path, name) == 0);
    rnn_tensors *file;
    CHECK(rnn_tensors_open(name, RNN_TENSORS_WEIGHTS, &file, &err) == RNN_OK);
    rnn_tensors_close(file);
    CHECK(rnn_tensors_open(name, RNN_TENSORS_NOFOLLOW, &file, &err) == RNN_IO && file == NULL);
    CHECK(rnn_tensors_open("/dev/zero", 0, &file, &err) == RNN_IO);
    CHECK(rnn_tensors_open(NULL, 0, &file, &err) == RNN_ARG);
    rnn_tensors_close(NULL);
    unlink(name);
}

/* ---- Good files ---- */

static const char *const good[] = {
    "{" T("a", "F32", "2,3", 0, 24) "}",
    "{ \"__metadata__\" : {\"format\":\"pt\", \"k\\\"\\\\\":\"\\u00e9\\n\\ud83d\\ude00\"} , " T(
        "b", "F64", "", 8, 16) ", \n" T("a\\\"b", "F16", "4", 0, 8) ", " T("c", "BF16", "2,1", 16,
                                                                           20) ", " T("none", "F64", "0,7", 20,
                                                                                      20) "}     ",
    "{}      ",
    "{\"x\":{\"shape\":[9],\"data_offsets\":[0,36],\"dtype\":\"F32\"},\"__metadata__\":{}}",
    "{" T("p", "F32", "1", 0, 4) "," T("q", "F32", "1", 4, 8) "," T("r", "F32", "1,1", 8, 12) "}",
};
static const size_t good_data[] = {24, 20, 0, 36, 12};

static void test_good(void)
{
    rnn_tensors *file;
    const char *key, *value;
    write_sized(strlen(good[1]), good[1], strlen(good[1]), good_data[1]);
    CHECK(rnn_tensors_open(path, RNN_TENSORS_WEIGHTS, &file, &err) == RNN_OK);
    CHECK(rnn_tensors_count(file) == 4);
    const rnn_tensor_info *first = rnn_tensors_at(file, 0), *second = rnn_tensors_at(file, 1);
    CHECK_TEXT(first->name, "a\"b");
    CHECK(first->dtype == RNN_F16 && first->rank == 1 && first->dim[0] == 4 && first->dim[1] == 1 && first->count == 4);
    CHECK_TEXT(second->name, "b");
    CHECK(second->rank == 0 && second->count == 1 && second->begin == 8);
    CHECK(rnn_tensors_find(file, "c") == 2 && rnn_tensors_find(file, "none") == 3 && rnn_tensors_find(file, "d") == -1);
    CHECK(rnn_tensors_at(file, 4) == NULL && rnn_tensors_at(file, -1) == NULL);
    CHECK_TEXT(rnn_tensors_metadata(file, "format"), "pt");
    CHECK_TEXT(rnn_tensors_metadata(file, "k\"\\"), "\xC3\xA9\n\xF0\x9F\x98\x80");
    CHECK(rnn_tensors_metadata(file, "no") == NULL && rnn_tensors_metadata_count(file) == 2);
    CHECK(rnn_tensors_metadata_at(file, 0, &key, &value) == 0 && strcmp(key, "format") == 0);
    CHECK(rnn_tensors_metadata_at(file, 2, &key, &value) == -1);
    rnn_tensors_close(file);
}

/* Opened and every tensor read: a bit turned may leave a file right (a name, say), but never break the reader. */
static int read_all(void)
{
    rnn_tensors *file;
    if (rnn_tensors_open(path, RNN_TENSORS_WINDOW, &file, &err) != RNN_OK)
        return 0;
    for (int32_t i = 0; i < rnn_tensors_count(file); i++) {
        const rnn_tensor_info *info = rnn_tensors_at(file, i);
        CHECK(info->count >= 0 && info->count <= 64);
        double *to = malloc((size_t)info->count * sizeof *to + 1);
        CHECK(rnn_tensors_read(file, i, info->dtype >= RNN_I32 ? RNN_I32 : RNN_F64, to, RNN_READ_NONFINITE, &err) ==
              RNN_OK);
        free(to);
    }
    rnn_tensors_close(file);
    return 1;
}

static void test_truncated_and_flipped(void)
{
    long refused = 0, accepted = 0;
    for (int k = 0; k < 5; k++) {
        char *bytes;
        write_sized(strlen(good[k]), good[k], strlen(good[k]), good_data[k]);
        CHECK(read_all());
        const size_t n = toy_read(path, &bytes), header = 8 + strlen(good[k]);
        for (size_t cut = 0; cut < n; cut++) {
            write_raw(bytes, cut);
            CHECK(!read_all());
            refused++;
        }
        for (size_t bit = 0; bit < 8 * header; bit++) {
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
            write_raw(bytes, n);
            if (read_all())
                accepted++;
            else
                refused++;
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        }
        free(bytes);
    }
    printf("cut or turned: %ld refused, %ld still right files\n", refused, accepted);
    CHECK(accepted < refused / 3);
}

/* Cut while it is open: a status, no signal. */
static void test_shrinks(void)
{
    rnn_tensors *file;
    float values[6];
    write_sized(strlen(good[0]), good[0], strlen(good[0]), good_data[0]);
    CHECK(rnn_tensors_open(path, 0, &file, &err) == RNN_OK);
    CHECK(truncate(path, (off_t)strlen(good[0]) + 12) == 0);
    CHECK(rnn_tensors_read(file, 0, RNN_F32, values, 0, &err) == RNN_IO && strstr(err.text, "shorter") != NULL);
    rnn_tensors_close(file);
}

static void limit_memory(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    return;
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__)
    const struct rlimit limit = {64 << 20, 64 << 20};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
#endif
}

int main(void)
{
    limit_memory();
    snprintf(path, sizeof path, "%s", toy_path("hostile"));
    test_bad_headers();
    test_nul_and_nesting();
    test_lengths_of_header();
    test_places();
    test_good();
    test_truncated_and_flipped();
    test_shrinks();
    unlink(path);
    return unit_result();
}
