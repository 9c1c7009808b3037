/* test_row.c: row reductions, softmax, argmax, sampling, tables and small matrices against single numbers; what lies
 * beyond a row is a protected page or NaN. */
#include "reference.h"

static rnn_real exp1(rnn_real x)
{
    return rnn_first(rnn_exp(rnn_splat(x)));
}

static void check_reductions(int n, rnn_real scale)
{
    char where[64];
    snprintf(where, sizeof where, "n %d scale %g", n, (double)scale);
    size_t count = (size_t)n, padded = (size_t)RNN_PADDED(n);
    Guarded x = guarded(count), y = guarded(count), soft = guarded(padded), logs = guarded(padded);
    test_fill(x.at, count);
    test_fill(y.at, count);
    for (int i = 0; i < n; i++)
        x.at[i] = x.at[i] * scale;
    rnn_real got[5] = {rnn_row_sum(x.at, n), rnn_row_max(x.at, n), rnn_row_min(x.at, n), rnn_row_sumsq(x.at, n),
                       rnn_row_dot(x.at, y.at, n)};
    rnn_real want[5] = {ref_row_fold(x.at, n, 0, ref_add), ref_row_fold(x.at, n, -(rnn_real)INFINITY, ref_greater),
                        ref_row_fold(x.at, n, (rnn_real)INFINITY, ref_lesser), ref_row_dot(x.at, x.at, n),
                        ref_row_dot(x.at, y.at, n)};
    expect_bits(got, want, 5, "reductions", where);

    rnn_real *e = calloc(padded, sizeof *e), *l = calloc(padded, sizeof *l), most = want[1];
    for (int i = 0; i < n; i++)
        e[i] = exp1(x.at[i] - most);
    rnn_real sum = ref_row_fold(e, n, 0, ref_add), lse = most + rnn_first(rnn_log(rnn_splat(sum)));
    for (int i = 0; i < n; i++) {
        e[i] = e[i] / sum;
        l[i] = x.at[i] - lse;
    }
    rnn_row_softmax(x.at, soft.at, n);
    rnn_row_log_softmax(x.at, logs.at, n);
    got[0] = rnn_row_logsumexp(x.at, n);
    expect_bits(soft.at, e, padded, "softmax", where);
    expect_bits(logs.at, l, padded, "log_softmax", where);
    expect_bits(got, &lse, 1, "logsumexp", where);
    guarded_free(&x);
    guarded_free(&y);
    guarded_free(&soft);
    guarded_free(&logs);
    free(e);
    free(l);
}

static void check_extremes(void)
{
    rnn_real inf = (rnn_real)INFINITY, big = RNN_REAL_DOUBLE ? (rnn_real)1e300 : (rnn_real)1e38;
    rnn_real x[3] = {big, -big, big}, y[16], all_low[2] = {-inf, -inf}, bad[3] = {1, (rnn_real)NAN, 3};
    rnn_row_softmax(x, y, 3);
    rnn_real half[3] = {(rnn_real)0.5, 0, (rnn_real)0.5};
    expect_bits(y, half, 3, "softmax", "of huge scores");
    rnn_real lse = rnn_row_logsumexp(x, 3), low = rnn_row_logsumexp(all_low, 2), minus = -inf;
    expect_true(lse - lse == 0, "logsumexp finite", "of huge scores");
    expect_bits(&low, &minus, 1, "logsumexp", "of -inf");
    x[2] = inf;
    lse = rnn_row_logsumexp(x, 3);
    expect_bits(&lse, &inf, 1, "logsumexp", "with inf");
    rnn_real seen[3] = {rnn_row_sum(bad, 3), rnn_row_max(bad, 3), rnn_row_min(bad, 3)};
    expect_true(seen[0] != seen[0] && seen[1] != seen[1] && seen[2] != seen[2], "NaN visible", "reductions");
    expect_true(rnn_row_argmax(bad, 3) == 1, "argmax", "with NaN");
    expect_true(rnn_row_argmax(all_low, 2) == 0, "argmax", "of -inf");
}

static void check_argmax(void)
{
    rnn_real x[65];
    for (int n = 1; n <= 65; n++)
        for (int at = 0; at < n; at++) {
            for (int i = 0; i < n; i++)
                x[i] = i >= at && (i - at) % 7 == 0 ? 2 : test_real(); /* equals after the first */
            expect_true(rnn_row_argmax(x, n) == at, "argmax", "first of equals");
        }
}

/* The distribution of many draws; temperature 0; never a component of probability 0. */
static void check_sample(void)
{
    enum { N = 37, DRAWS = 20000 };
    rnn_real x[N], p[48], hot[48];
    long count[N] = {0}, count_hot[N] = {0};
    for (int i = 0; i < N; i++)
        x[i] = i % 5 == 3 ? -(rnn_real)INFINITY : 2 * test_real();
    rnn_row_softmax(x, p, N);
    rnn_real scaled[N];
    for (int i = 0; i < N; i++)
        scaled[i] = x[i] / (rnn_real)0.5;
    rnn_row_softmax(scaled, hot, N);
    for (int d = 0; d < DRAWS; d++) {
        uint32_t high = test_random(), low = test_random();
        int i = rnn_row_sample(x, N, 1, high, low), j = rnn_row_sample(x, N, (rnn_real)0.5, high, low);
        count[i]++;
        count_hot[j]++;
        test_hash = (test_hash ^ (uint64_t)(i * 64 + j)) * 1099511628211U;
    }
    for (int i = 0; i < N; i++) {
        double deviation = 6 * sqrt((double)p[i] * DRAWS) + 1;
        expect_near((double)count[i], (double)p[i] * DRAWS, deviation, "sample", "temperature 1");
        deviation = 6 * sqrt((double)hot[i] * DRAWS) + 1;
        expect_near((double)count_hot[i], (double)hot[i] * DRAWS, deviation, "sample", "temperature 0.5");
        expect_true(i % 5 != 3 || count[i] + count_hot[i] == 0, "sample", "of probability 0");
    }
    int best = rnn_row_argmax(x, N);
    for (uint32_t d = 0; d < 100; d++)
        expect_true(rnn_row_sample(x, N, 0, test_random(), d) == best, "sample", "temperature 0");
    int last = rnn_row_sample(x, N, 1, 0xFFFFFFFFU, 0xFFFFFFFFU), first = rnn_row_sample(x, N, 1, 0, 0);
    expect_true(last >= 30 && p[last] > 0 && first == 0, "sample", "ends of the interval");
    x[4] = (rnn_real)NAN;
    expect_true(rnn_row_sample(x, N, 1, 5, 5) == 4, "sample", "with NaN");
}

static void check_tables(int n)
{
    size_t count = (size_t)n, padded = (size_t)RNN_PADDED(n);
    Guarded table = guarded(4 * count), row = guarded(padded), src = guarded(count);
    rnn_real *want = calloc(4 * padded, sizeof *want);
    test_fill(table.at, 4 * count);
    test_fill(src.at, count);
    for (int token = -1; token < 4; token++) {
        rnn_gather_row(row.at, table.at, n, n, token);
        memset(want, 0, padded * sizeof *want);
        if (token >= 0)
            memcpy(want, table.at + token * n, count * sizeof *want);
        expect_bits(row.at, want, padded, "gather", "row");
    }
    memcpy(want, table.at, 4 * count * sizeof *want);
    for (int i = 0; i < n; i++) {
        want[3 * n + i] = want[3 * n + i] + src.at[i];
        want[n + i] = want[n + i] + src.at[i];
    }
    rnn_scatter_add_row(table.at, n, n, 3, src.at);
    rnn_scatter_add_row(table.at, n, n, -1, src.at);
    rnn_scatter_add_row(table.at, n, n, 1, src.at);
    expect_bits(table.at, want, 4 * count, "scatter", "row");
    guarded_free(&table);
    guarded_free(&row);
    guarded_free(&src);
    free(want);
}

/* C[n][m] with padded rows, of operands with NaN in their padding. */
static void check_matrices(int n, int m, int k)
{
    char where[64];
    snprintf(where, sizeof where, "n %d m %d k %d", n, m, k);
    int big = RNN_PADDED(65);
    size_t square = (size_t)big * (size_t)big;
    rnn_real *A = malloc(square * sizeof *A), *B = malloc(square * sizeof *B), *C = malloc(square * sizeof *C);
    rnn_real *want = malloc(square * sizeof *want), *v = malloc((size_t)big * sizeof *v);
    for (size_t i = 0; i < square; i++)
        A[i] = B[i] = (rnn_real)NAN;
    test_fill(v, (size_t)big);
    for (int form = 0; form < 8; form++) {
        int ta = form & 1, tb = form >> 1 & 1, add = form >> 2;
        for (int i = 0; i < n; i++)
            for (int d = 0; d < k; d++)
                A[ta ? d * big + i : i * big + d] = test_real();
        for (int j = 0; j < m; j++)
            for (int d = 0; d < k; d++)
                B[tb ? j * big + d : d * big + j] = test_real();
        for (int i = 0; i < n; i++)
            for (int j = 0; j < RNN_PADDED(m); j++) {
                rnn_real s = add && j < m ? test_real() : 0;
                C[i * big + j] = s;
                for (int d = 0; d < k && j < m; d++)
                    s = ref_fma(ta ? A[d * big + i] : A[i * big + d], tb ? B[j * big + d] : B[d * big + j], s);
                want[i * big + j] = s;
            }
        rnn_row_matmul(C, big, A, big, ta, B, big, tb, n, m, k, add);
        for (int i = 0; i < n; i++)
            expect_bits(C + i * big, want + i * big, (size_t)RNN_PADDED(m), "matmul", where);
        for (size_t i = 0; i < square; i++)
            A[i] = B[i] = (rnn_real)NAN;
    }
    for (int i = 0; i < n; i++)
        test_fill(A + i * big, (size_t)m);
    for (int i = 0; i < RNN_PADDED(n); i++)
        want[i] = i < n ? ref_row_dot(A + i * big, v, m) : 0;
    rnn_row_matvec(C, A, big, v, n, m);
    expect_bits(C, want, (size_t)RNN_PADDED(n), "matvec", where);
    for (int j = 0; j < RNN_PADDED(m); j++) {
        want[j] = 0;
        for (int i = 0; i < n && j < m; i++)
            want[j] = ref_fma(v[i], A[i * big + j], want[j]);
    }
    rnn_row_matvec_t(C, A, big, v, n, m);
    expect_bits(C, want, (size_t)RNN_PADDED(m), "matvec transposed", where);
    for (int add = 0; add < 2; add++) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < RNN_PADDED(m); j++) {
                rnn_real before = test_real(), x = v[i], y = v[j];
                C[i * big + j] = j < m ? before : (rnn_real)NAN;
                want[i * big + j] = j >= m ? 0 : add ? ref_fma(x, y, before) : x * y;
            }
        rnn_row_outer(C, big, v, v, n, m, add);
        for (int i = 0; i < n; i++)
            expect_bits(C + i * big, want + i * big, (size_t)RNN_PADDED(m), "outer", where);
    }
    free(A);
    free(B);
    free(C);
    free(want);
    free(v);
}

int main(void)
{
    for (int n = 1; n <= 100; n++) {
        check_reductions(n, 1);
        check_reductions(n, 100);
        check_tables(n);
    }
    check_reductions(10007, 5);
    check_extremes();
    check_argmax();
    check_sample();
    for (int i = 0; i < TEST_SIZES; i++)
        for (int j = 0; j < TEST_SIZES; j++)
            for (int k = 0; k < TEST_SIZES; k += 3)
                check_matrices(test_sizes[i], test_sizes[j], test_sizes[k]);
    return test_end("row");
}
