/* test_runtime_windows.c: sources of windows: what a stream of tokens becomes, in order and shuffled; a window from a
 * file of tensors with all that can be wrong with it; sets of rows, dealt out and cut along a carried axis. */
#include <unistd.h>

#include "toy_run.h"

static char path[300];
static rnn_error err;

/* ---- Streams ---- */

static void test_stream(int64_t count, int32_t rows, int32_t steps, int shifted)
{
    const rnn_model m = toy_model(8, 1);
    static int32_t tokens[TOY_TOKENS];
    toy_text(tokens, TOY_TOKENS);
    const rnn_feed feed[2] = {{"x", tokens, (size_t)count, 0}, {"y", tokens, (size_t)count, shifted}};
    const int64_t length = (count - shifted) / rows;
    rnn_source s;
    int64_t seen = 0;
    CHECK(rnn_stream_source(&m, feed, 2, rows, steps, 1, &s, &err) == RNN_OK);
    CHECK(s.windows == (length + steps - 1) / steps && s.tokens == length * rows && s.rows == rows);
    for (int64_t k = 0; k < s.windows; k++) {
        rnn_window w;
        CHECK(s.window(s.self, 3, k, &w, &err) == RNN_OK);
        CHECK(w.rows == rows && w.len == NULL && w.fresh == (k == 0));
        CHECK(w.steps[1] == (k + 1 < s.windows ? steps : length - k * steps));
        for (int32_t t = 0; t < w.steps[1]; t++)
            for (int32_t b = 0; b < rows; b++) {
                const int64_t at = b * length + k * steps + t;
                CHECK(((const int32_t *)w.in[0])[t * rows + b] == tokens[at]);
                CHECK(((const int32_t *)w.in[1])[t * rows + b] == tokens[at + shifted]);
                seen++;
            }
    }
    CHECK(seen == s.tokens);
    rnn_window w;
    CHECK(s.window(s.self, 0, s.windows, &w, &err) == RNN_ARG && s.window(s.self, 0, -1, &w, &err) == RNN_ARG);
    rnn_source_close(&s);
    rnn_source_close(&s); /* twice is harmless */
}

/* Not carried: the same windows, each fresh, in an order of (seed, epoch) alone. */
static void test_shuffled(void)
{
    const rnn_model m = toy_model(8, 0);
    static int32_t tokens[TOY_TOKENS];
    int32_t first[2][60], other = 0, again = 0;
    rnn_source s, same;
    rnn_window w;
    for (int i = 0; i < TOY_TOKENS; i++)
        tokens[i] = i / 10 % 5;
    const rnn_feed feed[2] = {{"x", tokens, TOY_TOKENS, 0}, {"y", tokens, TOY_TOKENS, 0}};
    CHECK(rnn_stream_source(&m, feed, 2, 2, 10, 5, &s, &err) == RNN_OK && s.windows == 60);
    CHECK(rnn_stream_source(&m, feed, 2, 2, 10, 5, &same, &err) == RNN_OK && same.fingerprint == s.fingerprint);
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        int counts[5] = {0};
        for (int64_t k = 0; k < 60; k++) {
            CHECK(s.window(s.self, epoch, k, &w, &err) == RNN_OK && w.fresh == 1 && w.steps[1] == 10);
            first[epoch][k] = *(const int32_t *)w.in[0];
            counts[first[epoch][k]]++;
        }
        for (int i = 0; i < 5; i++)
            CHECK(counts[i] == 12);
    }
    for (int64_t k = 59; k >= 0; k--) {
        CHECK(same.window(same.self, 1, k, &w, &err) == RNN_OK);
        again += *(const int32_t *)w.in[0] == first[1][k];
        other += first[0][k] != first[1][k];
    }
    CHECK(again == 60 && other > 30);
    rnn_source_close(&s);
    rnn_source_close(&same);
}

static void test_stream_refuses(void)
{
    const rnn_model m = toy_model(8, 1);
    int32_t tokens[40] = {0}, wrong[40] = {0};
    rnn_source s;
    wrong[39] = TOY_V;
    const rnn_feed x = {"x", tokens, 40, 0}, y = {"y", tokens, 40, 1}, longer = {"y", tokens, 39, 1},
                   twice_shifted = {"y", tokens, 40, 2}, unknown = {"z", tokens, 40, 0},
                   metric = {"acc", tokens, 40, 0}, outside = {"y", wrong, 40, 1}, empty = {"x", tokens, 0, 0},
                   empty_y = {"y", tokens, 0, 1};
    const struct {
        rnn_feed feed[3];
        int32_t feeds, rows, steps;
        rnn_status status;
        const char *message;
    } bad[] = {
        {{x}, 1, 2, 5, RNN_ARG, "target 'y'"},
        {{y}, 1, 2, 5, RNN_ARG, "input 'x'"},
        {{x, x}, 2, 2, 5, RNN_ARG, "twice"},
        {{x, longer}, 2, 2, 5, RNN_ARG, "length"},
        {{x, twice_shifted}, 2, 2, 5, RNN_ARG, "shift"},
        {{x, unknown}, 2, 2, 5, RNN_ARG, "'z'"},
        {{x, metric}, 2, 2, 5, RNN_ARG, "'acc'"},
        {{x, outside}, 2, 2, 5, RNN_RANGE, "token 5"},
        {{x, y}, 2, 7, 5, RNN_ARG, "rows"},
        {{x, y}, 2, 2, 13, RNN_ARG, "steps"},
        {{empty, empty_y}, 2, 2, 5, RNN_ARG, "short"},
        {{x}, 0, 2, 5, RNN_ARG, "input 'x'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(rnn_stream_source(&m, bad[i].feed, bad[i].feeds, bad[i].rows, bad[i].steps, 0, &s, &err) ==
              bad[i].status);
        if (strstr(err.text, bad[i].message) == NULL)
            fprintf(stderr, "case %d: %s\n", (int)i, err.text);
        CHECK(strstr(err.text, bad[i].message) != NULL && s.window == NULL);
    }
    CHECK(rnn_split_point(100, 0.1) == 90 && rnn_split_point(7, 0) == 7 && rnn_split_point(7, 1) == 0);
    CHECK(rnn_split_point(1115394, 0.1) == 1115394 - 111539 && rnn_split_point(5, -1) == 5);
}

/* ---- Files ---- */

/* A model of two axes: a over t (tokens), f over t (vectors of 2), g [3] a row, y over s and t. */
static const rnn_axis_info axes_plain[] = {{"batch", 1, 4, 0}, {"t", 1, 6, 0}, {"s", 1, 3, 0}};
static const rnn_axis_info axes_carried[] = {{"batch", 1, 4, 0}, {"t", 1, 6, 1}, {"s", 1, 3, 0}};
static const rnn_field_info fields[] = {
    {.name = "a", .is_token = 1, .vocab = 9, .axes = 1, .axis = {1}, .has_batch = 1},
    {.name = "f", .axes = 1, .axis = {1}, .has_batch = 1, .rank = 1, .dim = {2, 1}},
    {.name = "g", .has_batch = 1, .rank = 1, .dim = {3, 1}},
    {.name = "y", .role = RNN_ROLE_TARGET, .axes = 2, .axis = {2, 1}, .has_batch = 1},
    {.name = "out", .role = RNN_ROLE_OUTPUT, .has_batch = 1},
};

static rnn_model two_axes(int carry)
{
    rnn_model m = toy_model(4, 0);
    m.axes = 3;
    m.axis = carry ? axes_carried : axes_plain;
    m.fields = 5;
    m.field = fields;
    return m;
}

enum { S = 2 };
static float f_data[30 * 11 * 2], g_data[11 * 3], y_data[S * 30 * 11];
static int32_t a_data[30 * 11], length_data[11];

/* The five tensors for `steps` x `rows`, each number telling its place. */
static int32_t make_tensors(rnn_tensor_out *out, int32_t steps, int32_t rows)
{
    const rnn_tensor_out all[] = {{"a", RNN_I32, 2, {steps, rows, 1, 1}, a_data},
                                  {"f", RNN_F32, 3, {steps, rows, 2, 1}, f_data},
                                  {"g", RNN_F32, 2, {rows, 3, 1, 1}, g_data},
                                  {"y", RNN_F32, 3, {S, steps, rows, 1}, y_data},
                                  {"t_len", RNN_I32, 1, {rows, 1, 1, 1}, length_data}};
    for (int32_t t = 0; t < steps; t++)
        for (int32_t b = 0; b < rows; b++) {
            a_data[t * rows + b] = (t + 2 * b) % 9;
            for (int32_t k = 0; k < 2; k++)
                f_data[(t * rows + b) * 2 + k] = (float)(100 * t + 10 * b + k);
            for (int32_t s = 0; s < S; s++)
                y_data[(s * steps + t) * rows + b] = (float)(1000 * s + 100 * t + b);
        }
    for (int32_t b = 0; b < rows; b++) {
        length_data[b] = 1 + b % steps;
        for (int32_t k = 0; k < 3; k++)
            g_data[b * 3 + k] = (float)(b * 3 + k);
    }
    memcpy(out, all, sizeof all);
    return 5;
}

static void test_window_file(void)
{
    const rnn_model m = two_axes(0);
    rnn_tensor_out out[6];
    rnn_window_data *data;
    make_tensors(out, 5, 3);
    f_data[29] = NAN; /* padding may hold anything */
    CHECK(rnn_tensors_write(path, out, 5, NULL, 0, &err) == RNN_OK);
    CHECK(rnn_window_load(&m, path, 0, &data, &err) == RNN_OK && rnn_window_has_targets(data));
    const rnn_window *w = rnn_window_of(data);
    CHECK(w->rows == 3 && w->steps[1] == 5 && w->steps[2] == S && w->fresh == 1);
    CHECK(w->len[1][2] == 3 && w->len[2] == NULL && w->in[4] == NULL);
    CHECK(memcmp(w->in[0], a_data, 60) == 0 && memcmp(w->in[1], f_data, 120) == 0);
    CHECK(((const float *)w->in[3])[(1 * 5 + 2) * 3 + 1] == 1201);
    rnn_window_free(data);
    out[3] = out[4];
    CHECK(rnn_tensors_write(path, out, 4, NULL, 0, &err) == RNN_OK); /* no target */
    CHECK(rnn_window_load(&m, path, 0, &data, &err) == RNN_FORMAT && strstr(err.text, "'y'") != NULL && data == NULL);
    CHECK(rnn_window_load(&m, path, RNN_WINDOW_NO_TARGETS, &data, &err) == RNN_OK && !rnn_window_has_targets(data));
    CHECK(rnn_window_of(data)->in[3] == NULL);
    rnn_window_free(data);
    rnn_window_free(NULL);
}

static void test_window_file_refuses(void)
{
    const rnn_model m = two_axes(0);
    const struct {
        int32_t tensor, rank;
        int64_t dim[4];
        rnn_status status;
        const char *message;
    } bad[] = {
        {0, 1, {5, 1, 1, 1}, RNN_FORMAT, "'a' has 1 dimensions, it needs 2"},
        {0, 3, {5, 3, 1, 1}, RNN_FORMAT, "'a' has 3 dimensions"},
        {1, 3, {4, 3, 2, 1}, RNN_FORMAT, "'f' has 4 steps"},
        {1, 3, {5, 2, 2, 1}, RNN_FORMAT, "'f' has 2 rows"},
        {1, 3, {5, 3, 1, 1}, RNN_FORMAT, "'f': dimension 3 is 1"},
        {2, 2, {3, 2, 1, 1}, RNN_FORMAT, "'g': dimension 2 is 2"},
        {3, 3, {4, 5, 3, 1}, RNN_FORMAT, "4 steps: axis s takes 1 to 3"},
        {3, 3, {0, 5, 3, 1}, RNN_FORMAT, "'y' has 0 steps"},
        {4, 1, {2, 1, 1, 1}, RNN_FORMAT, "'t_len'"},
        {4, 2, {3, 1, 1, 1}, RNN_FORMAT, "'t_len'"},
    };
    rnn_tensor_out out[6];
    rnn_window_data *data;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make_tensors(out, 5, 3);
        out[bad[i].tensor].rank = bad[i].rank;
        memcpy(out[bad[i].tensor].dim, bad[i].dim, sizeof bad[i].dim);
        CHECK(rnn_tensors_write(path, out, 5, NULL, 0, &err) == RNN_OK);
        CHECK(rnn_window_load(&m, path, 0, &data, &err) == bad[i].status && data == NULL);
        if (strstr(err.text, bad[i].message) == NULL)
            fprintf(stderr, "case %d: %s\n", (int)i, err.text);
        CHECK(strstr(err.text, bad[i].message) != NULL);
    }
    for (int what = 0; what < 6; what++) {
        int32_t count = make_tensors(out, what == 0 ? 7 : 5, what == 1 ? 5 : 3);
        if (what == 2)
            length_data[1] = 0;
        if (what == 3)
            length_data[1] = 6;
        if (what == 4) {
            out[count] = out[2];
            out[count++].name = "out";
        }
        if (what == 5)
            out[0].dtype = RNN_F32;
        CHECK(rnn_tensors_write(path, out, count, NULL, 0, &err) == RNN_OK);
        CHECK(rnn_window_load(&m, path, 0, &data, &err) == (what == 2 || what == 3 ? RNN_LENGTH : RNN_FORMAT));
    }
}

/* ---- Sets ---- */

static void check_row(const rnn_window *w, int32_t r, int32_t steps, int32_t begin)
{
    const float *g = w->in[2];
    const int32_t b = (int32_t)(g[r * 3] / 3);
    CHECK(g[r * 3 + 2] == (float)(b * 3 + 2));
    for (int32_t t = 0; t < w->steps[1]; t++) {
        CHECK(((const int32_t *)w->in[0])[t * w->rows + r] == (t + begin + 2 * b) % 9);
        CHECK(((const float *)w->in[1])[(t * w->rows + r) * 2 + 1] == (float)(100 * (t + begin) + 10 * b + 1));
        for (int32_t s = 0; s < S; s++)
            CHECK(((const float *)w->in[3])[(s * w->steps[1] + t) * w->rows + r] ==
                  (float)(1000 * s + 100 * (t + begin) + b));
    }
    CHECK(w->len == NULL || w->len[1] == NULL || w->len[1][r] == 1 + b % steps);
}

static void test_set(void)
{
    const rnn_model m = two_axes(0);
    rnn_tensor_out out[6];
    rnn_window_data *data;
    rnn_source s;
    rnn_window w;
    int order[2][11], seen[2][11] = {{0}};
    make_tensors(out, 5, 11);
    CHECK(rnn_tensors_write(path, out, 5, NULL, 0, &err) == RNN_OK);
    CHECK(rnn_window_load(&m, path, 0, &data, &err) == RNN_FORMAT);
    CHECK(rnn_window_load(&m, path, RNN_WINDOW_ANY_ROWS, &data, &err) == RNN_OK);
    CHECK(rnn_set_source(&m, data, 5, 0, 3, &s, &err) == RNN_ARG); /* the model takes 4 */
    CHECK(rnn_set_source(&m, data, 0, 0, 3, &s, &err) == RNN_OK && s.windows == 3 && s.rows == 4);
    for (int64_t epoch = 0; epoch < 2; epoch++)
        for (int64_t k = 0, n = 0; k < 3; k++) {
            CHECK(s.window(s.self, epoch, k, &w, &err) == RNN_OK && w.fresh == 1 && w.rows == (k < 2 ? 4 : 3));
            for (int32_t r = 0; r < w.rows; r++) {
                order[epoch][n] = (int)(((const float *)w.in[2])[r * 3] / 3);
                seen[epoch][order[epoch][n++]]++;
                check_row(&w, r, 5, 0);
            }
        }
    for (int i = 0; i < 11; i++)
        CHECK(seen[0][i] == 1 && seen[1][i] == 1);
    CHECK(memcmp(order[0], order[1], sizeof order[0]) != 0);
    rnn_source_close(&s);
    rnn_window_free(data);
}

static void test_set_carried(void)
{
    const rnn_model m = two_axes(1);
    rnn_tensor_out out[6];
    rnn_window_data *data;
    rnn_source s;
    rnn_window w;
    make_tensors(out, 14, 7);
    CHECK(rnn_tensors_write(path, out, 5, NULL, 0, &err) == RNN_OK);
    CHECK(rnn_window_load(&m, path, RNN_WINDOW_ANY_ROWS, &data, &err) == RNN_OK);
    CHECK(rnn_set_source(&m, data, 4, 6, 3, &s, &err) == RNN_ARG && strstr(err.text, "t_len") != NULL);
    rnn_window_free(data);
    CHECK(rnn_tensors_write(path, out, 4, NULL, 0, &err) == RNN_OK);
    CHECK(rnn_window_load(&m, path, RNN_WINDOW_ANY_ROWS, &data, &err) == RNN_OK);
    CHECK(rnn_set_source(&m, data, 4, 7, 3, &s, &err) == RNN_ARG);
    CHECK(rnn_set_source(&m, data, 4, 6, 3, &s, &err) == RNN_OK && s.windows == 6 && s.tokens == 14 * 7);
    for (int64_t k = 0; k < 6; k++) {
        CHECK(s.window(s.self, 0, k, &w, &err) == RNN_OK);
        CHECK(w.rows == (k < 3 ? 4 : 3) && w.steps[1] == (k % 3 < 2 ? 6 : 2) && w.fresh == (k % 3 == 0));
        for (int32_t r = 0; r < w.rows; r++) {
            CHECK(((const float *)w.in[2])[r * 3] == (float)(3 * (r + (k < 3 ? 0 : 4))));
            check_row(&w, r, 14, (int32_t)(k % 3 * 6));
        }
    }
    rnn_source_close(&s);
    rnn_window_free(data);
}

int main(void)
{
    snprintf(path, sizeof path, "%s", toy_path("windows"));
    test_stream(1000, 4, 12, 1);
    test_stream(1001, 5, 7, 1);
    test_stream(1000, 5, 10, 0);
    test_stream(1000, 5, 10, 1); /* the last row's last token has none after it */
    test_stream(7, 6, 12, 1);
    test_shuffled();
    test_stream_refuses();
    test_window_file();
    test_window_file_refuses();
    test_set();
    test_set_carried();
    unlink(path);
    return unit_result();
}
