/* test_runtime_tensors.c: files of tensors that are right: conversions with their ranges, what is written is what is
 * read, what the writer refuses, weights loaded completely or not at all, messages. */
#include "tensors_case.h"

/* ---- Conversions ---- */

static rnn_status read_one(int32_t dtype, uint64_t bits, int32_t as, void *to, int32_t flags)
{
    static const char *const headers[] = {"{" T("a", "F64", "1", 0, 8) "}", "{" T("a", "F32", "1", 0, 4) "}",
                                          "{" T("a", "F16", "1", 0, 2) "}", "{" T("a", "BF16", "1", 0, 2) "}",
                                          "{" T("a", "I32", "1", 0, 4) "}", "{" T("a", "I64", "1", 0, 8) "}"};
    char bytes[100];
    const size_t n = strlen(headers[dtype]);
    rnn_tensors *file;
    memset(bytes, 0, sizeof bytes);
    bytes[0] = (char)n;
    memcpy(bytes + 8, headers[dtype], n);
    for (int i = 0; i < rnn_dtype_bytes(dtype); i++)
        bytes[8 + n + (size_t)i] = (char)(bits >> 8 * i & 255);
    write_raw(bytes, 8 + n + (size_t)rnn_dtype_bytes(dtype));
    CHECK(rnn_tensors_open(path, RNN_TENSORS_WINDOW, &file, &err) == RNN_OK);
    const rnn_status status = rnn_tensors_read(file, 0, as, to, flags, &err);
    rnn_tensors_close(file);
    return status;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void test_conversions(void)
{
    double d;
    float f;
    int32_t i;
    CHECK(read_one(RNN_F16, 0x3C00, RNN_F64, &d, 0) == RNN_OK && d == 1);
    CHECK(read_one(RNN_F16, 0xC500, RNN_F32, &f, 0) == RNN_OK && f == -5);
    CHECK(read_one(RNN_F16, 0x7BFF, RNN_F32, &f, 0) == RNN_OK && f == 65504);
    CHECK(read_one(RNN_F16, 0x0001, RNN_F64, &d, 0) == RNN_OK && d == ldexp(1, -24));
    CHECK(read_one(RNN_F16, 0x83FF, RNN_F64, &d, 0) == RNN_OK && d == -ldexp(1023, -24));
    CHECK(read_one(RNN_F16, 0x8000, RNN_F64, &d, 0) == RNN_OK && d == 0 && signbit(d));
    CHECK(read_one(RNN_F16, 0x7C00, RNN_F64, &d, 0) == RNN_NONFINITE);
    CHECK(read_one(RNN_F16, 0xFC00, RNN_F64, &d, RNN_READ_NONFINITE) == RNN_OK && d == -INFINITY);
    CHECK(read_one(RNN_F16, 0x7E01, RNN_F64, &d, RNN_READ_NONFINITE) == RNN_OK && isnan(d));
    CHECK(read_one(RNN_BF16, 0x3FC0, RNN_F32, &f, 0) == RNN_OK && f == 1.5F);
    CHECK(read_one(RNN_BF16, 0xFF80, RNN_F32, &f, RNN_READ_NONFINITE) == RNN_OK && f == -INFINITY);
    CHECK(read_one(RNN_BF16, 0x7FC0, RNN_F32, &f, 0) == RNN_NONFINITE);
    CHECK(read_one(RNN_F32, 0x7F7FFFFF, RNN_F64, &d, 0) == RNN_OK && d == FLT_MAX);
    CHECK(read_one(RNN_F32, 0x00000001, RNN_F64, &d, 0) == RNN_OK && d == ldexp(1, -149));
    CHECK(read_one(RNN_F32, 0xFFC12345, RNN_F32, &f, RNN_READ_NONFINITE) == RNN_OK && isnan(f));
    CHECK(read_one(RNN_F32, 0x7F800001, RNN_F32, &f, 0) == RNN_NONFINITE);
    CHECK(read_one(RNN_F64, bits_of(0.1), RNN_F64, &d, 0) == RNN_OK && d == 0.1);
    CHECK(read_one(RNN_F64, bits_of(0.1), RNN_F32, &f, 0) == RNN_OK && f == 0.1F);
    CHECK(read_one(RNN_F64, bits_of(3.4028235e38), RNN_F32, &f, 0) == RNN_OK && f == FLT_MAX);
    CHECK(read_one(RNN_F64, bits_of(3.402823567e38), RNN_F32, &f, 0) == RNN_OK && f == FLT_MAX);
    CHECK(read_one(RNN_F64, bits_of(3.4028235678e38), RNN_F32, &f, 0) == RNN_RANGE);
    CHECK(read_one(RNN_F64, bits_of(-1e300), RNN_F32, &f, RNN_READ_NONFINITE) == RNN_RANGE);
    CHECK(read_one(RNN_F64, bits_of(-1e300), RNN_F64, &d, 0) == RNN_OK && d == -1e300);
    CHECK(read_one(RNN_F64, bits_of(1e-50), RNN_F32, &f, 0) == RNN_OK && f == 0);
    CHECK(read_one(RNN_I32, 0x80000000u, RNN_I32, &i, 0) == RNN_OK && i == INT32_MIN);
    CHECK(read_one(RNN_I64, 0xFFFFFFFF80000000u, RNN_I32, &i, 0) == RNN_OK && i == INT32_MIN);
    CHECK(read_one(RNN_I64, 0xFFFFFFFF7FFFFFFFu, RNN_I32, &i, 0) == RNN_RANGE);
    CHECK(read_one(RNN_I64, 0x80000000u, RNN_I32, &i, 0) == RNN_RANGE);
    CHECK(read_one(RNN_I64, (uint64_t)1 << 63, RNN_I32, &i, 0) == RNN_RANGE);
    CHECK(read_one(RNN_I64, (uint64_t)-1, RNN_I32, &i, 0) == RNN_OK && i == -1);
    CHECK(read_one(RNN_I64, (uint64_t)1 << 53, RNN_F64, &d, 0) == RNN_OK && d == 9007199254740992.0);
    CHECK(read_one(RNN_I64, ((uint64_t)1 << 53) + 1, RNN_F64, &d, 0) == RNN_RANGE);
    CHECK(read_one(RNN_I32, 16777217, RNN_F32, &f, 0) == RNN_RANGE);
    CHECK(read_one(RNN_I32, (uint32_t)-16777216, RNN_F32, &f, 0) == RNN_OK && f == -16777216);
    CHECK(read_one(RNN_F32, 0x3F800000, RNN_I32, &i, 0) == RNN_FORMAT);
    CHECK(read_one(RNN_F32, 0, RNN_F16, &f, 0) == RNN_ARG);
}

/* All 65536 F16 against a conversion written another way. */
static void test_all_halves(void)
{
    char *bytes = calloc(1, 8 + 64 + 131072);
    static const char header[] = "{" T("a", "F16", "65536", 0, 131072) "}";
    static float values[65536];
    rnn_tensors *file;
    bytes[0] = (char)(sizeof header - 1);
    memcpy(bytes + 8, header, sizeof header - 1);
    for (int i = 0; i < 65536; i++) {
        bytes[8 + sizeof header - 1 + (size_t)(2 * i)] = (char)(i & 255);
        bytes[8 + sizeof header - 1 + (size_t)(2 * i) + 1] = (char)(i >> 8);
    }
    write_raw(bytes, 8 + sizeof header - 1 + 131072);
    CHECK(rnn_tensors_open(path, 0, &file, &err) == RNN_OK);
    CHECK(rnn_tensors_read(file, 0, RNN_F32, values, 0, &err) == RNN_NONFINITE);
    CHECK(strstr(err.text, "element 31744 of 'a'") != NULL);
    CHECK(rnn_tensors_read(file, 0, RNN_F32, values, RNN_READ_NONFINITE, &err) == RNN_OK);
    for (uint32_t h = 0; h < 65536; h++) {
        uint32_t sign = h >> 15 << 31, e = h >> 10 & 31, m = h & 1023, bits;
        if (e == 0 && m != 0) { /* normalise */
            int shift = 0;
            while ((m & 1024) == 0) {
                m <<= 1;
                shift++;
            }
            bits = sign | (uint32_t)(113 - shift) << 23 | (m & 1023) << 13;
        } else {
            bits = sign | (e == 0 ? 0 : e == 31 ? 255u << 23 : (e + 112) << 23) | m << 13;
        }
        float wanted;
        memcpy(&wanted, &bits, sizeof wanted);
        CHECK(memcmp(&wanted, &values[h], sizeof wanted) == 0 || (isnan(wanted) && isnan(values[h])));
    }
    rnn_tensors_close(file);
    free(bytes);
}

/* ---- Writing ---- */

static void test_writer(void)
{
    static const float f[3] = {1, -2, 3.5F};
    static const double d[4] = {0.1, 0.2, 0.3, 1e300};
    static const int32_t n[2] = {-7, INT32_MAX};
    const rnn_tensor_out out[] = {{"loss", RNN_F64, 0, {1, 1, 1, 1}, d},
                                  {"a \"quoted\\\" name", RNN_F32, 2, {3, 1, 1, 1}, f},
                                  {"tokens", RNN_I32, 3, {1, 2, 1, 1}, n},
                                  {"d", RNN_F64, 4, {1, 1, 2, 2}, d},
                                  {"empty", RNN_F32, 1, {0, 1, 1, 1}, NULL}};
    const rnn_meta meta[] = {{"rnn.D.H", "256"}, {"text", "line\n\"two\"\t\\ \xC3\xA9 \x01"}};
    rnn_tensors *file;
    double back[4];
    int32_t tokens[2];
    CHECK(rnn_tensors_write(path, out, 5, meta, 2, &err) == RNN_OK);
    CHECK(rnn_tensors_open(path, RNN_TENSORS_WINDOW, &file, &err) == RNN_OK);
    CHECK(rnn_tensors_count(file) == 5 && rnn_tensors_at(file, rnn_tensors_find(file, "d"))->dim[3] == 2);
    CHECK_TEXT(rnn_tensors_metadata(file, "text"), meta[1].value);
    CHECK(rnn_tensors_read(file, rnn_tensors_find(file, "d"), RNN_F64, back, 0, &err) == RNN_OK && back[3] == 1e300);
    CHECK(rnn_tensors_read(file, rnn_tensors_find(file, out[1].name), RNN_F64, back, 0, &err) == RNN_OK &&
          back[2] == 3.5);
    CHECK(rnn_tensors_read(file, rnn_tensors_find(file, "tokens"), RNN_I32, tokens, 0, &err) == RNN_OK &&
          tokens[0] == -7);
    rnn_tensors_close(file);
    CHECK(rnn_tensors_write(path, NULL, 0, NULL, 0, &err) == RNN_OK && try_open(0) == RNN_OK);
}

static void test_writer_refuses(void)
{
    static const float f[4] = {0};
    static const rnn_tensor_out wrong[] = {{NULL, RNN_F32, 1, {1, 1, 1, 1}, f},
                                           {"", RNN_F32, 1, {1, 1, 1, 1}, f},
                                           {"a\n", RNN_F32, 1, {1, 1, 1, 1}, f},
                                           {"\xFF", RNN_F32, 1, {1, 1, 1, 1}, f},
                                           {"__metadata__", RNN_F32, 1, {1, 1, 1, 1}, f},
                                           {"a", RNN_F16, 1, {1, 1, 1, 1}, f},
                                           {"a", RNN_I64, 1, {1, 1, 1, 1}, f},
                                           {"a", 99, 1, {1, 1, 1, 1}, f},
                                           {"a", RNN_F32, 5, {1, 1, 1, 1}, f},
                                           {"a", RNN_F32, -1, {1, 1, 1, 1}, f},
                                           {"a", RNN_F32, 1, {-1, 1, 1, 1}, f},
                                           {"a", RNN_F32, 2, {INT64_MAX, INT64_MAX, 1, 1}, f},
                                           {"a", RNN_F32, 1, {1, 1, 1, 1}, NULL}};
    const rnn_tensor_out twice[] = {
        {"b", RNN_F32, 1, {1, 1, 1, 1}, f}, {"a", RNN_F32, 1, {1, 1, 1, 1}, f}, {"b", RNN_F32, 1, {1, 1, 1, 1}, f}};
    const rnn_meta bad_meta[][2] = {{{"a", "b"}, {"a", "c"}},
                                    {{"a", NULL}, {"b", "c"}},
                                    {{NULL, "a"}, {"b", "c"}},
                                    {{"a\n", "b"}, {"b", "c"}},
                                    {{"a", "\xC3"}, {"b", "c"}}};
    write_raw("before", 6);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(rnn_tensors_write(path, &wrong[i], 1, NULL, 0, &err) == RNN_ARG);
    CHECK(rnn_tensors_write(path, twice, 3, NULL, 0, &err) == RNN_ARG && strstr(err.text, "'b'") != NULL);
    for (size_t i = 0; i < sizeof bad_meta / sizeof bad_meta[0]; i++)
        CHECK(rnn_tensors_write(path, twice, 1, bad_meta[i], 2, &err) == RNN_ARG);
    CHECK(rnn_tensors_write(NULL, twice, 1, NULL, 0, &err) == RNN_ARG);
    CHECK(rnn_tensors_write("/", twice, 1, NULL, 0, &err) == RNN_IO);
    CHECK(rnn_tensors_write("/dev/null", twice, 1, NULL, 0, &err) == RNN_IO);
    char *bytes;
    CHECK(toy_read(path, &bytes) == 6 && memcmp(bytes, "before", 6) == 0);
    free(bytes);
}

/* ---- Weights of a model ---- */

static unsigned char params[TOY_REALS * 8], before[TOY_REALS * 8];

/* Writes the toy's tensors with one of them changed, and expects that nothing is loaded. */
static void expect_refused(const rnn_model *m, rnn_tensor_out *out, int32_t count, const rnn_meta *meta, int32_t metas,
                           rnn_status wanted, const char *message)
{
    CHECK(rnn_tensors_write(path, out, count, meta, metas, &err) == RNN_OK);
    memcpy(params, before, sizeof params);
    CHECK(rnn_params_load(m, path, params, 0, &err) == wanted);
    if (strstr(err.text, message) == NULL)
        fprintf(stderr, "message: %s\n", err.text);
    CHECK(strstr(err.text, message) != NULL);
    CHECK(memcmp(params, before, sizeof params) == 0);
}

static void test_params(int bytes)
{
    rnn_model m = toy_model(bytes, 1);
    static double w[25], v[5], u[5], c[3];
    const rnn_tensor_out all[4] = {{"W", RNN_F64, 2, {5, 5, 1, 1}, w},
                                   {"layer[1].w", RNN_F64, 1, {5, 1, 1, 1}, v},
                                   {"layer[1].u", RNN_F64, 1, {5, 1, 1, 1}, u},
                                   {"c", RNN_F64, 1, {3, 1, 1, 1}, c}};
    rnn_tensor_out out[5];
    const rnn_meta right_hash[] = {{RNN_META_PARAMS_HASH, "0000000000002222"}};
    const rnn_meta wrong_hash[] = {{RNN_META_PARAMS_HASH, "0000000000002223"}};
    const rnn_meta defines[] = {{RNN_META_DEFINE "H", "7"}};
    rnn_tensors *file;
    for (int i = 0; i < 25; i++)
        w[i] = 1.25 * i;
    toy_init(before, 3);
    memcpy(out, all, sizeof all);
    CHECK(rnn_tensors_write(path, out, 4, NULL, 0, &err) == RNN_OK); /* from elsewhere: no metadata */
    CHECK(rnn_params_load(&m, path, params, 0, &err) == RNN_OK);
    CHECK(toy_get(params, TOY_W + 7) == 8.75 && toy_get(params, TOY_OUT) == 0);
    CHECK(rnn_tensors_write(path, out, 4, right_hash, 1, &err) == RNN_OK);
    CHECK(rnn_params_load(&m, path, params, 0, &err) == RNN_OK);
    expect_refused(&m, out, 4, wrong_hash, 1, RNN_VERSION, "hash");
    expect_refused(&m, out, 3, NULL, 0, RNN_FORMAT, "no tensor 'c'");
    expect_refused(&m, out, 3, right_hash, 1, RNN_FORMAT, "no tensor 'c'");
    memcpy(params, before, sizeof params);
    CHECK(rnn_params_load(&m, path, params, RNN_LOAD_MISSING, &err) == RNN_OK);
    CHECK(toy_get(params, TOY_FROZEN) == toy_get(before, TOY_FROZEN) && toy_get(params, TOY_W + 7) == 8.75);
    out[4] = all[3];
    out[4].name = "extra";
    expect_refused(&m, out, 5, NULL, 0, RNN_FORMAT, "'extra'");
    out[0].dim[0] = 25;
    out[0].rank = 1;
    expect_refused(&m, out, 4, NULL, 0, RNN_FORMAT, "'W' is [25] in the file and [5, 5] in the model");
    out[0] = all[0];
    out[1].dim[1] = 1;
    out[1].rank = 2;
    expect_refused(&m, out, 4, NULL, 0, RNN_FORMAT, "[5, 1] in the file and [5] in the model");
    out[1] = all[1];
    out[3].dtype = RNN_I32;
    expect_refused(&m, out, 4, NULL, 0, RNN_FORMAT, "dtype");
    out[3] = all[3];
    c[2] = NAN;
    expect_refused(&m, out, 4, NULL, 0, RNN_NONFINITE, "element 2 of 'c'");
    c[2] = 1e39;
    if (bytes == 4)
        expect_refused(&m, out, 4, NULL, 0, RNN_RANGE, "element 2 of 'c'");
    c[2] = 0;
    CHECK(rnn_params_save(&m, path, before, defines, 1, &err) == RNN_OK);
    CHECK(rnn_params_load(&m, path, params, 0, &err) == RNN_OK);
    CHECK(memcmp(params, before, m.params_bytes) == 0);
    CHECK(rnn_tensors_open(path, 0, &file, &err) == RNN_OK);
    CHECK_TEXT(rnn_tensors_metadata(file, "rnn.D.H"), "7");
    CHECK_TEXT(rnn_tensors_metadata(file, RNN_META_MODEL), "toy");
    CHECK(rnn_tensors_at(file, 0)->dtype == (bytes == 8 ? RNN_F64 : RNN_F32));
    rnn_tensors_close(file);
    toy_put(before, TOY_OUT + 1, INFINITY);
    CHECK(rnn_params_save(&m, path, before, defines, 1, &err) == RNN_NONFINITE &&
          strstr(err.text, "layer[1].u") != NULL);
    CHECK(rnn_params_load(&m, path, params, 0, &err) == RNN_OK); /* the old file stands */
}

static void test_messages(void)
{
    rnn_fault fault = {RNN_NONFINITE, 1, 4, 2, "h"};
    const rnn_model m = toy_model(8, 1);
    CHECK(rnn_error_from_fault(&err, &m, &fault) == RNN_NONFINITE);
    CHECK_TEXT(err.text, "h: not a finite number, axis t, step 4, row 2");
    CHECK_TEXT(rnn_status_name(RNN_STOPPED), "RNN_STOPPED");
    CHECK_TEXT(rnn_status_name(7), "unknown status");
    CHECK(rnn_error_set(&err, RNN_ARG, "a%sb", "\n\x1b[31m") == RNN_ARG);
    CHECK_TEXT(err.text, "a??[31mb");
    char longer[2000];
    memset(longer, 'x', sizeof longer);
    longer[478] = '\xC3';
    longer[479] = '\xA9';
    longer[1999] = '\0';
    CHECK(rnn_error_set(&err, RNN_ARG, "%s", longer) == RNN_ARG && strlen(err.text) == 478);
    CHECK(rnn_error_set(NULL, RNN_IO, "x") == RNN_IO);
}

int main(void)
{
    snprintf(path, sizeof path, "%s", toy_path("tensors"));
    test_conversions();
    test_all_halves();
    test_writer();
    test_writer_refuses();
    test_params(4);
    test_params(8);
    test_messages();
    unlink(path);
    return unit_result();
}
