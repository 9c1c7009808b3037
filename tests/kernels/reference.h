/* reference.h: what each kernel means, one number at a time, in the most obvious way. Never shipped. */
#ifndef REFERENCE_H
#define REFERENCE_H
#include "kernel_test.h"

/* Column of unit n of a slot in an output row of a group. */
TEST_API int ref_column(int n, int slot, int S)
{
    return (n / 16 * S + slot) * 16 + n % 16;
}

/* Depth of the k-th of a matrix that is alone, or slot ds of dS. */
TEST_API int ref_depth(int k, int ds, int dS)
{
    return dS > 0 ? ref_column(k, ds, dS) : k;
}

/* A packed matrix as dense [Ktotal][P * S * 16]. */
TEST_API void ref_unpack(rnn_real *dense, const rnn_real *packed, int N, int S, int NP, int Ktotal)
{
    int panels = (N + 15) / 16, columns = panels * S * 16;
    const rnn_real *from = packed;
    for (int block = 0; block < panels; block += NP)
        for (int k = 0; k < Ktotal; k++)
            for (int p = block; p < block + NP && p < panels; p++)
                for (int i = 0; i < S * 16; i++)
                    dense[k * columns + p * S * 16 + i] = *from++;
}

/* C[m][columns] = init + A B with a dense B[K][columns]: chains over rising k. */
TEST_API void ref_product(rnn_real *C, int ldc, const rnn_real *A, int lda, int M, int K, const rnn_real *B,
                          int columns, const rnn_real *init, int ldi)
{
    for (int m = 0; m < M; m++)
        for (int c = 0; c < columns; c++) {
            rnn_real s = init ? init[m * ldi + c] : 0;
            for (int k = 0; k < K; k++)
                s = ref_fma(A[m * lda + k], B[k * columns + c], s);
            C[m * ldc + c] = s;
        }
}

/* Sum over steps and rows of G[t][r][c] X[t][r][k], or of G alone (X NULL), in leaves; add: start from *sum. */
TEST_API rnn_real ref_deferred(const rnn_real *G, const rnn_real *X, int ldg, int ldx, int steps, int rows, int falling,
                               rnn_real sum, int add)
{
    int leaf_steps = (256 + rows - 1) / rows > 1 ? (256 + rows - 1) / rows : 1;
    rnn_real leaf = 0;
    for (int i = 0; i < steps; i++) {
        int t = falling ? steps - 1 - i : i;
        int ends = falling ? t % leaf_steps == 0 : (t + 1) % leaf_steps == 0 || t + 1 == steps;
        for (int r = 0; r < rows; r++) {
            rnn_real g = G[(t * rows + r) * ldg];
            leaf = X ? ref_fma(X[(t * rows + r) * ldx], g, leaf) : leaf + g;
        }
        if (ends) {
            sum = add ? sum + leaf : leaf;
            add = 1;
            leaf = 0;
        }
    }
    return add ? sum : 0;
}

/* ---- Rows: 16 partial results and a tree ---- */

TEST_API rnn_real ref_tree(rnn_real *t, rnn_real (*join)(rnn_real, rnn_real))
{
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] = join(t[i], t[i + half]);
    return t[0];
}

TEST_API rnn_real ref_add(rnn_real a, rnn_real b)
{
    return a + b;
}

TEST_API rnn_real ref_greater(rnn_real a, rnn_real b)
{
    return a != a ? a : b != b ? b : b > a ? b : a;
}

TEST_API rnn_real ref_lesser(rnn_real a, rnn_real b)
{
    return a != a ? a : b != b ? b : b < a ? b : a;
}

TEST_API rnn_real ref_row_fold(const rnn_real *x, int n, rnn_real start, rnn_real (*join)(rnn_real, rnn_real))
{
    rnn_real t[16];
    for (int i = 0; i < 16; i++)
        t[i] = start;
    for (int i = 0; i < n; i++)
        t[i % 16] = join(t[i % 16], x[i]);
    return ref_tree(t, join);
}

TEST_API rnn_real ref_row_dot(const rnn_real *a, const rnn_real *b, int n)
{
    rnn_real t[16] = {0};
    for (int i = 0; i < n; i++)
        t[i % 16] = ref_fma(a[i], b[i], t[i % 16]);
    return ref_tree(t, ref_add);
}

/* ---- Random numbers, from the paper's description ---- */

TEST_API void ref_philox(uint32_t *out, const uint32_t *counter, const uint32_t *key)
{
    uint32_t x[4], k[2] = {key[0], key[1]};
    memcpy(x, counter, sizeof x);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53U * x[0], p1 = (uint64_t)0xCD9E8D57U * x[2];
        uint32_t y[4] = {(uint32_t)(p1 >> 32) ^ x[1] ^ k[0], (uint32_t)p1, (uint32_t)(p0 >> 32) ^ x[3] ^ k[1],
                         (uint32_t)p0};
        memcpy(x, y, sizeof x);
        k[0] += 0x9E3779B9U;
        k[1] += 0xBB67AE85U;
    }
    memcpy(out, x, sizeof x);
}
#endif
