/* test_gradient.c: deferred weight and bias gradients against single chains cut into leaves, bit for bit, with protected
 * pages; windows in several calls, shares, and unpacking into logical gradients of both orientations, in shares too. */
#include "reference.h"

typedef struct Window { /* random adjoints G and operands X, and their deferred sums */
    int steps, rows, N, K, S, falling;
    int columns, ldx;
    size_t reals;
    ptrdiff_t g_step, x_step;
    Guarded G, X, work, row;
    char where[128];
} Window;

static void open_window(Window *w)
{
    snprintf(w->where, sizeof w->where, "T %d rows %d N %d K %d S %d %s", w->steps, w->rows, w->N, w->K, w->S,
             w->falling ? "falling" : "rising");
    w->columns = (w->N + 15) / 16 * w->S * 16;
    w->ldx = w->K + 5;
    size_t samples = (size_t)w->steps * (size_t)w->rows, operands = (samples - 1) * (size_t)w->ldx + (size_t)w->K;
    w->reals = RNN_DW_REALS((size_t)w->columns, (size_t)w->K);
    w->G = guarded(samples * (size_t)w->columns);
    w->X = guarded(operands);
    w->work = guarded(w->reals);
    w->row = guarded((size_t)w->columns);
    test_fill(w->G.at, samples * (size_t)w->columns);
    test_fill(w->X.at, operands);
    w->g_step = (ptrdiff_t)w->rows * w->columns;
    w->x_step = (ptrdiff_t)w->rows * w->ldx;
    rnn_gemm_dw(w->work.at, w->G.at, w->columns, w->g_step, w->X.at, w->ldx, w->x_step, w->steps, w->rows, w->falling,
                w->columns, w->K, 0);
    rnn_colsum(w->row.at, w->G.at, w->columns, w->g_step, w->steps, w->rows, w->falling, w->columns, 0);
}

static void close_window(Window *w)
{
    guarded_free(&w->G);
    guarded_free(&w->X);
    guarded_free(&w->work);
    guarded_free(&w->row);
}

/* The same sums in shares, the last one first. */
static void check_parts(const Window *w, int parts)
{
    Guarded again = guarded(w->reals), row = guarded((size_t)w->columns);
    for (int part = parts - 1; part >= 0; part--) {
        rnn_gemm_dw_part(again.at, w->G.at, w->columns, w->g_step, w->X.at, w->ldx, w->x_step, w->steps, w->rows,
                         w->falling, w->columns, w->K, 0, part, parts);
        rnn_colsum_part(row.at, w->G.at, w->columns, w->g_step, w->steps, w->rows, w->falling, w->columns, 0, part,
                        parts);
    }
    expect_bits(again.at, w->work.at, w->reals, "shares", w->where);
    expect_bits(row.at, w->row.at, (size_t)w->columns, "shares of columns", w->where);
    guarded_free(&again);
    guarded_free(&row);
}

/* What the shares of all slots add, each part's right after its sums: what the others sum is not there yet. */
static void check_unpacked_parts(const Window *w, int parts)
{
    int N = w->N, K = w->K, S = w->S;
    size_t weights = (size_t)N * (size_t)K, all = weights * (size_t)S, vectors = (size_t)(N * S);
    Guarded dW = guarded(all), dWt = guarded(all), db = guarded(vectors);
    Guarded work = guarded(w->reals), row = guarded((size_t)w->columns);
    Guarded want = guarded(all), want_t = guarded(all), want_b = guarded(vectors);
    test_fill(dW.at, all);
    test_fill(db.at, vectors);
    memcpy(dWt.at, dW.at, sizeof *dW.at * all);
    memcpy(want.at, dW.at, sizeof *dW.at * all);
    memcpy(want_t.at, dW.at, sizeof *dW.at * all);
    memcpy(want_b.at, db.at, sizeof *db.at * vectors);
    for (int slot = 0; slot < S; slot++) {
        rnn_unpack_add(want.at + (size_t)slot * weights, K, w->work.at, w->columns, N, K, slot, S);
        rnn_unpack_add_t(want_t.at + (size_t)slot * weights, N, w->work.at, w->columns, N, K, slot, S);
        rnn_unpack_add_vector(want_b.at + slot * N, w->row.at, w->columns, N, slot, S);
    }
    for (int part = parts - 1; part >= 0; part--) {
        rnn_gemm_dw_part(work.at, w->G.at, w->columns, w->g_step, w->X.at, w->ldx, w->x_step, w->steps, w->rows,
                         w->falling, w->columns, K, 0, part, parts);
        rnn_colsum_part(row.at, w->G.at, w->columns, w->g_step, w->steps, w->rows, w->falling, w->columns, 0, part,
                        parts);
        for (int slot = 0; slot < S; slot++) {
            rnn_unpack_add_part(dW.at + (size_t)slot * weights, K, work.at, w->columns, N, K, slot, S, part, parts);
            rnn_unpack_add_t_part(dWt.at + (size_t)slot * weights, N, work.at, w->columns, N, K, slot, S, part, parts);
            rnn_unpack_add_vector_part(db.at + slot * N, row.at, w->columns, N, slot, S, part, parts);
        }
    }
    expect_bits(dW.at, want.at, all, "shares of dW", w->where);
    expect_bits(dWt.at, want_t.at, all, "shares of dW transposed", w->where);
    expect_bits(db.at, want_b.at, vectors, "shares of db", w->where);
    Guarded *const used[] = {&dW, &dWt, &db, &work, &row, &want, &want_t, &want_b};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        guarded_free(used[i]);
}

/* The same window in two calls, cut at a leaf. */
static void check_calls(const Window *w)
{
    Guarded again = guarded(w->reals);
    int cut = RNN_LEAF_STEPS(w->rows);
    for (int call = 0; call < 2 && cut < w->steps; call++) {
        int upper = w->falling ? !call : call;
        rnn_gemm_dw(again.at, w->G.at + (upper ? cut * w->g_step : 0), w->columns, w->g_step,
                    w->X.at + (upper ? cut * w->x_step : 0), w->ldx, w->x_step, upper ? w->steps - cut : cut, w->rows,
                    w->falling, w->columns, w->K, call);
    }
    if (cut < w->steps)
        expect_bits(again.at, w->work.at, w->reals, "two calls", w->where);
    guarded_free(&again);
}

/* The last panel by itself: a group that stands behind others. */
static void check_last_panel(const Window *w)
{
    int panel = w->columns / 16 - 1, K = w->K;
    size_t weights = (size_t)16 * (size_t)K;
    Guarded dW = guarded(weights), dWt = guarded(weights);
    rnn_real *want = malloc(sizeof *want * weights), *want_t = malloc(sizeof *want * weights);
    memset(dW.at, 0, sizeof *want * weights);
    memset(dWt.at, 0, sizeof *want * weights);
    rnn_unpack_add(dW.at, K, w->work.at, w->columns, 16, K, panel, 1);
    rnn_unpack_add_t(dWt.at, 16, w->work.at, w->columns, 16, K, panel, 1);
    for (int n = 0; n < 16; n++)
        for (int k = 0; k < K; k++)
            want[n * K + k] = want_t[k * 16 + n] = 0 + ref_deferred(w->G.at + panel * 16 + n, w->X.at + k, w->columns,
                                                                    w->ldx, w->steps, w->rows, w->falling, 0, 0);
    expect_bits(dW.at, want, weights, "dW of the last panel", w->where);
    expect_bits(dWt.at, want_t, weights, "dW of the last panel, transposed", w->where);
    guarded_free(&dW);
    guarded_free(&dWt);
    free(want);
    free(want_t);
}

/* What one slot of the group adds to logical gradients of both orientations, and to a bias. */
static void check_slot(const Window *w, int slot)
{
    int N = w->N, K = w->K;
    size_t weights = (size_t)N * (size_t)K;
    Guarded dW = guarded(weights), dWt = guarded(weights), db = guarded((size_t)N);
    rnn_real *want = malloc(sizeof *want * weights), *want_t = malloc(sizeof *want * weights);
    rnn_real *want_b = malloc(sizeof *want_b * (size_t)N);
    test_fill(dW.at, weights);
    memcpy(dWt.at, dW.at, sizeof *want * weights);
    test_fill(db.at, (size_t)N);
    for (int n = 0; n < N; n++) {
        const rnn_real *g = w->G.at + ref_column(n, slot, w->S);
        want_b[n] = db.at[n] + ref_deferred(g, NULL, w->columns, 0, w->steps, w->rows, w->falling, 0, 0);
        for (int k = 0; k < K; k++) {
            rnn_real sum = ref_deferred(g, w->X.at + k, w->columns, w->ldx, w->steps, w->rows, w->falling, 0, 0);
            want[n * K + k] = dW.at[n * K + k] + sum;
            want_t[k * N + n] = dWt.at[k * N + n] + sum;
        }
    }
    rnn_unpack_add(dW.at, K, w->work.at, w->columns, N, K, slot, w->S);
    rnn_unpack_add_t(dWt.at, N, w->work.at, w->columns, N, K, slot, w->S);
    rnn_unpack_add_vector(db.at, w->row.at, w->columns, N, slot, w->S);
    expect_bits(dW.at, want, weights, "dW", w->where);
    expect_bits(dWt.at, want_t, weights, "dW transposed", w->where);
    expect_bits(db.at, want_b, (size_t)N, "db", w->where);
    guarded_free(&dW);
    guarded_free(&dWt);
    guarded_free(&db);
    free(want);
    free(want_t);
    free(want_b);
}

static void check_shape(int steps, int rows, int N, int K, int S, int falling)
{
    Window w = {.steps = steps, .rows = rows, .N = N, .K = K, .S = S, .falling = falling};
    open_window(&w);
    for (int i = 0; i < TEST_PARTS; i++) {
        check_parts(&w, test_parts[i]);
        if (steps * rows < 100) /* what follows the sums is the same for any number of them */
            check_unpacked_parts(&w, test_parts[i]);
    }
    check_calls(&w);
    check_last_panel(&w);
    for (int slot = 0; slot < S; slot++)
        check_slot(&w, slot);
    close_window(&w);
}

static void check_nothing(void)
{
    rnn_real work[16 * 3], row[16];
    memset(work, 1, sizeof work);
    memset(row, 1, sizeof row);
    rnn_gemm_dw(work, row, 16, 16, row, 3, 3, 0, 2, 1, 16, 3, 0);
    rnn_colsum(row, row, 16, 16, 0, 2, 1, 16, 0);
    int zero = 1;
    for (int i = 0; i < 16 * 3; i++)
        zero &= same_bits(work[i], 0) && same_bits(row[i % 16], 0);
    expect_true(zero, "dw", "over no step");
}

int main(int argc, char **argv)
{
    int all = argc > 1 && strcmp(argv[1], "all") == 0;
    static const int shapes[][2] = {{1, 1},   {1, 7},   {3, 2},   {40, 1},  {300, 1}, {520, 1},
                                    {5, 100}, {17, 33}, {2, 300}, {10, 64}, {9, 65}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int n = 0; n < TEST_SIZES; n++)
            for (int k = 0; k < TEST_SIZES; k++) {
                int heavy = shapes[i][0] * shapes[i][1] > 200;
                if (heavy && !all && (n + k) % 4 != 0)
                    continue;
                int S = 1 + (n + k + (int)i) % (test_sizes[n] > 40 ? 3 : 6);
                check_shape(shapes[i][0], shapes[i][1], test_sizes[n], test_sizes[k], S, (n + k + (int)i) % 2);
                if (all)
                    check_shape(shapes[i][0], shapes[i][1], test_sizes[n], test_sizes[k], 7 - S,
                                (n + k + (int)i + 1) % 2);
            }
    check_nothing();
    return test_end("gradient");
}
