/* kernels_row.h: whole rows and small matrices in working memory. Component reductions are 16 partial results (element
 * i into partial i mod 16) and a fixed tree, see rnn_acc16 in simd.h. Rules of rows and padding: kernels.h. */
#ifndef RNN_KERNELS_ROW_H_INCLUDED
#define RNN_KERNELS_ROW_H_INCLUDED
#include "rnn/math.h"

/* 1.0 in the lanes below n */
RNN_INLINE rnn_vec rnn_inside(ptrdiff_t n)
{
    return rnn_keep(rnn_splat(1), n);
}

RNN_API rnn_real rnn_row_sum(const rnn_real *x, int n)
{
    rnn_acc16 s = rnn_acc16_zero();
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL)
            s.v[u / RNN_VL] = s.v[u / RNN_VL] + rnn_load_rest(x + i, u, n - i);
    return rnn_acc16_sum(&s);
}

RNN_API rnn_real rnn_row_dot(const rnn_real *a, const rnn_real *b, int n)
{
    rnn_acc16 s = rnn_acc16_zero();
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL)
            s.v[u / RNN_VL] = rnn_fma(rnn_load_rest(a + i, u, n - i), rnn_load_rest(b + i, u, n - i), s.v[u / RNN_VL]);
    return rnn_acc16_sum(&s);
}

RNN_API rnn_real rnn_row_sumsq(const rnn_real *x, int n)
{
    return rnn_row_dot(x, x, n);
}

/* -inf for n = 0 */
RNN_API rnn_real rnn_row_max(const rnn_real *x, int n)
{
    rnn_acc16 s = rnn_acc16_lowest();
    rnn_vec lowest = rnn_splat(-(rnn_real)INFINITY);
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL) {
            rnn_vec v = rnn_select(rnn_inside(n - i - u), rnn_load_rest(x + i, u, n - i), lowest);
            s.v[u / RNN_VL] = rnn_max2(s.v[u / RNN_VL], v);
        }
    return rnn_acc16_max(&s);
}

/* +inf for n = 0 */
RNN_API rnn_real rnn_row_min(const rnn_real *x, int n)
{
    rnn_acc16 s = rnn_acc16_highest();
    rnn_vec highest = rnn_splat((rnn_real)INFINITY);
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL) {
            rnn_vec v = rnn_select(rnn_inside(n - i - u), rnn_load_rest(x + i, u, n - i), highest);
            s.v[u / RNN_VL] = rnn_min2(s.v[u / RNN_VL], v);
        }
    return rnn_acc16_min(&s);
}

/* y = exp(x - shift), padded; returns the sum. y may be x. */
RNN_API rnn_real rnn_row_exp_sum(const rnn_real *x, rnn_real *y, int n, rnn_real shift)
{
    rnn_acc16 s = rnn_acc16_zero();
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL) {
            rnn_vec v = rnn_exp(rnn_load_rest(x + i, u, n - i) - rnn_splat(shift));
            v = rnn_keep(v, n - i - u);
            rnn_store(y + i + u, v);
            s.v[u / RNN_VL] = s.v[u / RNN_VL] + v;
        }
    return rnn_acc16_sum(&s);
}

/* y = softmax(x); y may be x */
RNN_API void rnn_row_softmax(const rnn_real *x, rnn_real *y, int n)
{
    rnn_vec sum = rnn_splat(rnn_row_exp_sum(x, y, n, rnn_row_max(x, n)));
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL)
            rnn_store(y + i + u, rnn_keep(rnn_load(y + i + u) / sum, n - i - u));
}

/* log of the sum of exp(x): finite for finite x of any size */
RNN_API rnn_real rnn_row_logsumexp(const rnn_real *x, int n)
{
    rnn_real most = rnn_row_max(x, n);
    rnn_vec shift = rnn_splat(most - most == 0 ? most : 0); /* an infinite shift would make inf - inf */
    rnn_acc16 s = rnn_acc16_zero();
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL) {
            rnn_vec v = rnn_exp(rnn_load_rest(x + i, u, n - i) - shift);
            s.v[u / RNN_VL] = s.v[u / RNN_VL] + rnn_keep(v, n - i - u);
        }
    return rnn_first(shift + rnn_log(rnn_splat(rnn_acc16_sum(&s))));
}

/* The largest and the smallest entry of a matrix. */
RNN_API rnn_real rnn_matrix_max(const rnn_real *A, ptrdiff_t lda, int rows, int cols)
{
    rnn_real most = rnn_row_max(A, cols);
    for (int i = 1; i < rows; i++)
        most = rnn_first(rnn_max2(rnn_splat(most), rnn_splat(rnn_row_max(A + i * lda, cols))));
    return most;
}

RNN_API rnn_real rnn_matrix_min(const rnn_real *A, ptrdiff_t lda, int rows, int cols)
{
    rnn_real least = rnn_row_min(A, cols);
    for (int i = 1; i < rows; i++)
        least = rnn_first(rnn_min2(rnn_splat(least), rnn_splat(rnn_row_min(A + i * lda, cols))));
    return least;
}

/* log of the sum of exp of all entries of a matrix */
RNN_API rnn_real rnn_matrix_logsumexp(const rnn_real *A, ptrdiff_t lda, int rows, int cols)
{
    rnn_real most = rnn_matrix_max(A, lda, rows, cols);
    rnn_vec shift = rnn_splat(most - most == 0 ? most : 0);
    rnn_acc16 s = rnn_acc16_zero();
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j += 16)
            for (int u = 0; u < 16; u += RNN_VL) {
                rnn_vec v = rnn_exp(rnn_load_rest(A + i * lda + j, u, cols - j) - shift);
                s.v[u / RNN_VL] = s.v[u / RNN_VL] + rnn_keep(v, cols - j - u);
            }
    return rnn_first(shift + rnn_log(rnn_splat(rnn_acc16_sum(&s))));
}

/* y = x - logsumexp(x); y may be x */
RNN_API void rnn_row_log_softmax(const rnn_real *x, rnn_real *y, int n)
{
    rnn_vec lse = rnn_splat(rnn_row_logsumexp(x, n));
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL)
            rnn_store(y + i + u, rnn_keep(rnn_load_rest(x + i, u, n - i) - lse, n - i - u));
}

/* The first of the largest; the first NaN if there is one. */
RNN_API int rnn_row_argmax(const rnn_real *x, int n)
{
    rnn_real most = rnn_row_max(x, n);
    for (int i = 0; i < n; i++)
        if (most != most ? x[i] != x[i] : x[i] == most)
            return i;
    return 0;
}

/* Y (rows padded to 16) = 1 at the first of the largest entries of A, else 0 */
RNN_API void rnn_matrix_is_max(const rnn_real *A, ptrdiff_t lda, int rows, int cols, rnn_real *Y)
{
    ptrdiff_t ldy = (cols + 15) / 16 * 16;
    int best = 0, at = rnn_row_argmax(A, cols);
    for (int i = 1; i < rows; i++) {
        int here = rnn_row_argmax(A + i * lda, cols);
        rnn_real old = A[best * lda + at], now = A[i * lda + here];
        if (now > old || (now != now && old == old)) {
            best = i;
            at = here;
        }
    }
    memset(Y, 0, (size_t)(rows * ldy) * sizeof *Y);
    Y[best * ldy + at] = 1;
}

/* How many rows have the step t. */
RNN_API int32_t rnn_rows_at(const int32_t *length, ptrdiff_t rows, ptrdiff_t t)
{
    int32_t n = 0;
    for (ptrdiff_t b = 0; b < rows; b++)
        n += t < length[b];
    return n;
}

/* exp((x - most) / temperature) of the panel that starts at i, into e[16]; returns their sum. */
RNN_API rnn_real rnn_sample_panel(rnn_real *e, const rnn_real *x, int n, int i, rnn_real most, rnn_real temperature)
{
    rnn_acc16 s;
    for (int u = 0; u < 16; u += RNN_VL) {
        rnn_vec v = (rnn_load_rest(x + i, u, n - i) - rnn_splat(most)) / rnn_splat(temperature);
        s.v[u / RNN_VL] = rnn_keep(rnn_exp(v), n - i - u);
        rnn_store(e + u, s.v[u / RNN_VL]);
    }
    return rnn_acc16_sum(&s);
}

/* A draw from softmax(x / temperature), by the inverse of its distribution function at the uniform number made from
 * (high, low); at temperature 0, and where the scores are no numbers, argmax. */
RNN_API int rnn_row_sample(const rnn_real *x, int n, rnn_real temperature, uint32_t high, uint32_t low)
{
    int best = rnn_row_argmax(x, n), panel = 0, last = best;
    rnn_real e[16], most = x[best], total = 0, below = 0;
    if (!(temperature > 0) || most - most != 0)
        return best;
    for (int i = 0; i < n; i += 16)
        total = total + rnn_sample_panel(e, x, n, i, most, temperature);
#if RNN_REAL_DOUBLE
    rnn_real uniform = (double)(((uint64_t)high << 21) | (low >> 11)) * (1.0 / 9007199254740992.0);
#else
    rnn_real uniform = (float)(high >> 8) * (1.0F / 16777216.0F);
    (void)low;
#endif
    rnn_real target = uniform * total;
    for (; panel < n; panel += 16) { /* the panel in which the running sum passes the target */
        rnn_real sum = rnn_sample_panel(e, x, n, panel, most, temperature);
        if (below + sum > target)
            break;
        below = below + sum;
    }
    for (int l = 0; panel < n && l < 16; l++) {
        below = below + e[l];
        if (e[l] > 0)
            last = panel + l;
        if (below > target)
            return last;
    }
    return last; /* rounding left the target above the last sum */
}

/* ---- Rows of logical tables ---- */

/* dst = src[0 .. n), padded */
RNN_API void rnn_pad_row(rnn_real *dst, const rnn_real *src, int n)
{
    for (int i = 0; i < n; i += 16)
        for (int u = 0; u < 16; u += RNN_VL)
            rnn_store(dst + i + u, rnn_load_rest(src + i, u, n - i));
}

/* dst = row `token` of a table of rows of n, padded; zeros for a negative token */
RNN_API void rnn_gather_row(rnn_real *dst, const rnn_real *table, ptrdiff_t ld, int n, int32_t token)
{
    if (token < 0)
        memset(dst, 0, sizeof *dst * (size_t)RNN_PADDED(n));
    else
        rnn_pad_row(dst, table + token * ld, n);
}

/* row `token` of the table += src[0 .. n); nothing for a negative token */
RNN_API void rnn_scatter_add_row(rnn_real *table, ptrdiff_t ld, int n, int32_t token, const rnn_real *src)
{
    if (token < 0)
        return;
    rnn_real *row = table + token * ld;
    for (int i = 0; i < n; i += RNN_VL)
        rnn_store_part(row + i, rnn_load_part(row + i, n - i) + rnn_load_part(src + i, n - i), n - i);
}

/* ---- Matrices that are values, not parameters (matrix states): rows of padded leading dimension ---- */

/* y[rows] = A v, each element the partial sums of rnn_row_dot */
RNN_API void rnn_row_matvec(rnn_real *y, const rnn_real *A, ptrdiff_t lda, const rnn_real *v, int rows, int cols)
{
    for (int i = 0; i < RNN_PADDED(rows); i++)
        y[i] = i < rows ? rnn_row_dot(A + i * lda, v, cols) : 0;
}

/* y[cols] = A' v, each element a chain over rows */
RNN_API void rnn_row_matvec_t(rnn_real *y, const rnn_real *A, ptrdiff_t lda, const rnn_real *v, int rows, int cols)
{
    for (int j = 0; j < RNN_PADDED(cols); j += RNN_VL) {
        rnn_vec s = rnn_zero();
        for (int i = 0; i < rows; i++)
            s = rnn_fma(rnn_splat(v[i]), rnn_load_rest(A + i * lda, j, cols), s);
        rnn_store(y + j, s);
    }
}

/* C[rows][cols] = a b', or += where add is not 0 */
RNN_API void rnn_row_outer(rnn_real *C, ptrdiff_t ldc, const rnn_real *a, const rnn_real *b, int rows, int cols,
                           int add)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < RNN_PADDED(cols); j += RNN_VL) {
            rnn_vec x = rnn_splat(a[i]), y = rnn_load_rest(b, j, cols);
            rnn_vec r = add ? rnn_fma(x, y, rnn_load_rest(C + i * ldc, j, cols)) : x * y;
            rnn_store(C + i * ldc + j, rnn_keep(r, cols - j));
        }
}

/* Columns j .. of row k of op(B), which has n columns */
RNN_INLINE rnn_vec rnn_row_of(const rnn_real *B, ptrdiff_t ldb, int transposed, int k, int j, int n)
{
    rnn_real lane[RNN_VL];
    if (!transposed)
        return rnn_load_rest(B + k * ldb, j, n);
    for (int l = 0; l < RNN_VL; l++)
        lane[l] = j + l < n ? B[(j + l) * ldb + k] : 0;
    return rnn_load(lane);
}

/* C[n][m] = op(A) op(B), or += where add is not 0, each element a chain over the k of op(A)[n][k], op(B)[k][m];
 * ta, tb: the operand is stored transposed. C must not overlap A or B. */
RNN_API void rnn_row_matmul(rnn_real *C, ptrdiff_t ldc, const rnn_real *A, ptrdiff_t lda, int ta, const rnn_real *B,
                            ptrdiff_t ldb, int tb, int n, int m, int k, int add)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < RNN_PADDED(m); j += RNN_VL) {
            rnn_vec s = add ? rnn_load_rest(C + i * ldc, j, m) : rnn_zero();
            for (int d = 0; d < k; d++) {
                rnn_real a = ta ? A[d * lda + i] : A[i * lda + d];
                s = rnn_fma(rnn_splat(a), rnn_row_of(B, ldb, tb, d, j, m), s);
            }
            rnn_store(C + i * ldc + j, rnn_keep(s, m - j));
        }
}
#endif
