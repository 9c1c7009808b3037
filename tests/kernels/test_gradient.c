/* test_gradient.c: deferred weight and bias gradients against single chains cut into leaves, bit for bit, with protected
 * pages; windows in several calls, shares, and unpacking into logical gradients of both orientations. */
#include "reference.h"

static void check_shape(int steps, int rows, int N, int K, int S, int falling)
{
    char where[128];
    snprintf(where, sizeof where, "T %d rows %d N %d K %d S %d %s", steps, rows, N, K, S,
             falling ? "falling" : "rising");
    int columns = (N + 15) / 16 * S * 16, ldx = K + 5;
    size_t samples = (size_t)steps * (size_t)rows, reals = RNN_DW_REALS((size_t)columns, (size_t)K);
    Guarded G = guarded(samples * (size_t)columns), X = guarded((samples - 1) * (size_t)ldx + (size_t)K);
    Guarded work = guarded(reals), row = guarded((size_t)columns), again = guarded(reals);
    test_fill(G.at, samples * (size_t)columns);
    test_fill(X.at, (samples - 1) * (size_t)ldx + (size_t)K);

    ptrdiff_t g_step = (ptrdiff_t)rows * columns, x_step = (ptrdiff_t)rows * ldx;
    rnn_gemm_dw(work.at, G.at, columns, g_step, X.at, ldx, x_step, steps, rows, falling, columns, K, 0);
    rnn_colsum(row.at, G.at, columns, g_step, steps, rows, falling, columns, 0);
    for (int part = 0; part < 3; part++)
        rnn_gemm_dw_part(again.at, G.at, columns, g_step, X.at, ldx, x_step, steps, rows, falling, columns, K, 0, part,
                         3);
    expect_bits(again.at, work.at, reals, "shares", where);

    /* the same window in two calls, cut at a leaf */
    int cut = RNN_LEAF_STEPS(rows);
    if (cut < steps) {
        ptrdiff_t g_cut = cut * g_step, x_cut = cut * x_step;
        for (int call = 0; call < 2; call++) {
            int upper = falling ? !call : call;
            rnn_gemm_dw(again.at, G.at + (upper ? g_cut : 0), columns, g_step, X.at + (upper ? x_cut : 0), ldx, x_step,
                        upper ? steps - cut : cut, rows, falling, columns, K, call);
        }
        expect_bits(again.at, work.at, reals, "two calls", where);
    }

    { /* the last panel by itself: a group that stands behind others */
        int panel = columns / 16 - 1;
        Guarded dW = guarded((size_t)16 * (size_t)K), dWt = guarded((size_t)16 * (size_t)K);
        rnn_real *want = malloc(sizeof *want * 16 * (size_t)K), *want_t = malloc(sizeof *want * 16 * (size_t)K);
        memset(dW.at, 0, sizeof *want * 16 * (size_t)K);
        memset(dWt.at, 0, sizeof *want * 16 * (size_t)K);
        rnn_unpack_add(dW.at, K, work.at, columns, 16, K, panel, 1);
        rnn_unpack_add_t(dWt.at, 16, work.at, columns, 16, K, panel, 1);
        for (int n = 0; n < 16; n++)
            for (int k = 0; k < K; k++)
                want[n * K + k] = want_t[k * 16 + n] =
                    0 + ref_deferred(G.at + panel * 16 + n, X.at + k, columns, ldx, steps, rows, falling, 0, 0);
        expect_bits(dW.at, want, (size_t)16 * (size_t)K, "dW of the last panel", where);
        expect_bits(dWt.at, want_t, (size_t)16 * (size_t)K, "dW of the last panel, transposed", where);
        guarded_free(&dW);
        guarded_free(&dWt);
        free(want);
        free(want_t);
    }

    for (int s = 0; s < S; s++) {
        size_t weights = (size_t)N * (size_t)K;
        Guarded dW = guarded(weights), dWt = guarded(weights), db = guarded((size_t)N);
        rnn_real *want = malloc(sizeof *want * weights), *want_t = malloc(sizeof *want * weights);
        rnn_real *want_b = malloc(sizeof *want_b * (size_t)N);
        test_fill(dW.at, weights);
        memcpy(dWt.at, dW.at, sizeof *want * weights);
        test_fill(db.at, (size_t)N);
        for (int n = 0; n < N; n++) {
            const rnn_real *g = G.at + ref_column(n, s, S);
            want_b[n] = db.at[n] + ref_deferred(g, NULL, columns, 0, steps, rows, falling, 0, 0);
            for (int k = 0; k < K; k++) {
                rnn_real sum = ref_deferred(g, X.at + k, columns, ldx, steps, rows, falling, 0, 0);
                want[n * K + k] = dW.at[n * K + k] + sum;
                want_t[k * N + n] = dWt.at[k * N + n] + sum;
            }
        }
        rnn_unpack_add(dW.at, K, work.at, columns, N, K, s, S);
        rnn_unpack_add_t(dWt.at, N, work.at, columns, N, K, s, S);
        rnn_unpack_add_vector(db.at, row.at, N, s, S);
        expect_bits(dW.at, want, weights, "dW", where);
        expect_bits(dWt.at, want_t, weights, "dW transposed", where);
        expect_bits(db.at, want_b, (size_t)N, "db", where);
        guarded_free(&dW);
        guarded_free(&dWt);
        guarded_free(&db);
        free(want);
        free(want_t);
        free(want_b);
    }
    guarded_free(&G);
    guarded_free(&X);
    guarded_free(&work);
    guarded_free(&row);
    guarded_free(&again);
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
