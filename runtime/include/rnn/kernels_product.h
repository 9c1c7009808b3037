/* kernels_product.h: rnn_gemm, rows times a packed matrix (kernels.h has the layout). Each element of the result is one
 * chain of rnn_fma over rising depth, started from init; tiles, blocks over depth and shares do not change the chain.
 *
 * The heart is a register tile: up to 6 rows x 4 vectors of accumulators, one broadcast of A and one load of B a depth.
 * A piece of a block (up to 4 vectors wide) stays in the first or second cache while all rows pass by. If the part of A
 * that all those pieces read again does not fit the second cache, rows and depth are cut, and accumulators rest in C. */
#ifndef RNN_KERNELS_PRODUCT_H_INCLUDED
#define RNN_KERNELS_PRODUCT_H_INCLUDED
#include "rnn/share.h"

/* Widest tile in vectors: 4 where there are 32 vector registers, else 2. */
#if RNN_LANES == 16 || RNN_LANES == 1 || defined(__aarch64__)
#define RNN_TILE_VECTORS 4
#else
#define RNN_TILE_VECTORS 2
#endif
#define RNN_DEPTH_WHOLE 1024             /* depths that are never cut */
#define RNN_DEPTH_BLOCK 768              /* otherwise at most so many before the accumulators are put down */
#define RNN_ROW_BLOCK_REALS (128 * 1024) /* of A: rows times depths that should stay in the second cache */

/* x[rows][vectors] += A B over K depths: element (i, k) of A at a[i * row + k * depth], depth k of B at b + k * ldb.
 * Both counts are constants at every call, so that all of x is in registers. */
RNN_INLINE void rnn_tile_chain(const int rows, const int vectors, rnn_vec (*x)[RNN_TILE_VECTORS], const rnn_real *a,
                               ptrdiff_t row, ptrdiff_t depth, const rnn_real *b, ptrdiff_t ldb, int K)
{
    RNN_UNROLL(2)
    for (int k = 0; k < K; k++) {
        rnn_vec w[RNN_TILE_VECTORS];
        RNN_UNROLL_FULL
        for (int q = 0; q < vectors; q++)
            w[q] = rnn_load(b + q * RNN_VL);
        RNN_UNROLL_FULL
        for (int i = 0; i < rows; i++) {
            rnn_vec v = rnn_splat(a[i * row]);
            RNN_UNROLL_FULL
            for (int q = 0; q < vectors; q++)
                x[i][q] = rnn_fma(v, w[q], x[i][q]);
        }
        a += depth;
        b += ldb;
    }
}

/* What a tile works on: C = init + A B, the sum over `steps` steps of `depths` depths each, in one chain an element.
 * rnn_gemm has one step; weight gradients (kernels_gradient.h) run over time steps, and add the chain to C. */
typedef struct rnn_tile {
    rnn_real *C;
    ptrdiff_t ldc;
    const rnn_real *A;
    ptrdiff_t a_row, a_depth, a_step;
    const rnn_real *B;
    ptrdiff_t b_depth, b_step;
    const rnn_real *init; /* NULL: zeros */
    ptrdiff_t ldi;
    int depths, steps;
    int add; /* C += the chain, else C = the chain */
} rnn_tile;

/* t->init is not NULL here */
RNN_INLINE void rnn_tile_of(const int rows, const int vectors, const rnn_tile *t)
{
    rnn_vec x[6][RNN_TILE_VECTORS];
    if (t->add) /* C was written a leaf ago: it is on its way while the chain runs */
        for (int i = 0; i < rows; i++)
            for (int q = 0; q < vectors; q++)
                RNN_PREFETCH(t->C + i * t->ldc + q * RNN_VL);
    RNN_UNROLL_FULL
    for (int i = 0; i < rows; i++) {
        RNN_UNROLL_FULL
        for (int q = 0; q < vectors; q++)
            x[i][q] = rnn_load(t->init + i * t->ldi + q * RNN_VL);
    }
    for (int s = 0; s < t->steps; s++)
        rnn_tile_chain(rows, vectors, x, t->A + s * t->a_step, t->a_row, t->a_depth, t->B + s * t->b_step, t->b_depth,
                       t->depths);
    if (t->add) {
        RNN_UNROLL_FULL
        for (int i = 0; i < rows; i++) {
            RNN_UNROLL_FULL
            for (int q = 0; q < vectors; q++)
                x[i][q] = rnn_load(t->C + i * t->ldc + q * RNN_VL) + x[i][q];
        }
    }
    RNN_UNROLL_FULL
    for (int i = 0; i < rows; i++) {
        RNN_UNROLL_FULL
        for (int q = 0; q < vectors; q++)
            rnn_store(t->C + i * t->ldc + q * RNN_VL, x[i][q]);
    }
}

#define RNN_TILES(rows)                                                                                                \
    RNN_API void rnn_tile_##rows(const rnn_tile *t, int vectors)                                                       \
    {                                                                                                                  \
        if (RNN_TILE_VECTORS == 4 && vectors == 4)                                                                     \
            rnn_tile_of(rows, RNN_TILE_VECTORS, t);                                                                    \
        else if (vectors == 2)                                                                                         \
            rnn_tile_of(rows, 2, t);                                                                                   \
        else                                                                                                           \
            rnn_tile_of(rows, 1, t);                                                                                   \
    }
RNN_TILES(6)
RNN_TILES(4)
RNN_TILES(2)
RNN_TILES(1)

/* Height of the next tile when n rows are left: sixes, with fours where that leaves no single rows. */
RNN_INLINE int rnn_tile_rows(int n)
{
    return n == 4 || n == 5 || n == 8 || n == 9 ? 4 : n >= 6 ? 6 : n >= 2 ? 2 : 1;
}

/* Width of the next piece, in vectors. */
RNN_INLINE int rnn_tile_vectors(int n)
{
    return n >= RNN_TILE_VECTORS ? RNN_TILE_VECTORS : n >= 2 ? 2 : 1;
}

/* All n rows of one piece. */
RNN_API void rnn_tile_column(rnn_tile t, int n, int vectors)
{
    static const rnn_real zeros[RNN_TILE_VECTORS * 16] = {0};
    if (!t.init) {
        t.init = zeros;
        t.ldi = 0;
    }
    while (n > 0) {
        int rows = rnn_tile_rows(n);
        if (rows == 6)
            rnn_tile_6(&t, vectors);
        else if (rows == 4)
            rnn_tile_4(&t, vectors);
        else if (rows == 2)
            rnn_tile_2(&t, vectors);
        else
            rnn_tile_1(&t, vectors);
        n -= rows;
        t.C += rows * t.ldc;
        t.A += rows * t.a_row;
        t.init += rows * t.ldi;
    }
}

/* One row, two streams of 4 vectors: a single row needs 8 chains to hide the latency of the multiply-add. */
RNN_API void rnn_gemm_pair(const rnn_tile *t, const rnn_real *B2, ptrdiff_t ldb2, ptrdiff_t columns)
{
    rnn_vec x[4], y[4];
    for (int q = 0; q < 4; q++) {
        x[q] = t->init ? rnn_load(t->init + q * RNN_VL) : rnn_zero();
        y[q] = t->init ? rnn_load(t->init + columns + q * RNN_VL) : rnn_zero();
    }
    const rnn_real *b = t->B;
    RNN_UNROLL(4)
    for (int k = 0; k < t->depths; k++) {
        rnn_vec v = rnn_splat(t->A[k]);
        RNN_UNROLL_FULL
        for (int q = 0; q < 4; q++) {
            x[q] = rnn_fma(v, rnn_load(b + q * RNN_VL), x[q]);
            y[q] = rnn_fma(v, rnn_load(B2 + q * RNN_VL), y[q]);
        }
        b += t->b_depth;
        B2 += ldb2;
    }
    for (int q = 0; q < 4; q++) {
        rnn_store(t->C + q * RNN_VL, x[q]);
        rnn_store(t->C + columns + q * RNN_VL, y[q]);
    }
}

/* The first vectors of two streams of one row at once, as far as both have 4; returns how many vectors were done. */
RNN_INLINE int rnn_gemm_pairs(rnn_tile t, int first, int second, const rnn_real *B2, ptrdiff_t ldb2, ptrdiff_t columns)
{
    int done = 0;
    for (; done + 4 <= first && done + 4 <= second; done += 4) {
        rnn_gemm_pair(&t, B2, ldb2, columns);
        t.C += 4 * RNN_VL;
        t.B += 4 * RNN_VL;
        B2 += 4 * RNN_VL;
        if (t.init)
            t.init += 4 * RNN_VL;
    }
    return done;
}

/* What stays the same while the blocks of a packed matrix pass by: t at the first column, depths k .. k + t.depths - 1. */
typedef struct rnn_gemm_blocks {
    rnn_tile t;
    const rnn_real *B; /* the whole packed matrix */
    int M, P, S, NP, k, Ktotal;
} rnn_gemm_blocks;

RNN_INLINE int rnn_gemm_block_width(const rnn_gemm_blocks *g, int block)
{
    int left = g->P - block * g->NP;
    return (left < g->NP ? left : g->NP) * g->S * 16;
}

RNN_API void rnn_gemm_block(const rnn_gemm_blocks *g, int block, int skip)
{
    int width = rnn_gemm_block_width(g, block);
    ptrdiff_t column = (ptrdiff_t)block * g->NP * g->S * 16;
    for (int v = skip; v < width / RNN_VL;) {
        int vectors = rnn_tile_vectors(width / RNN_VL - v);
        rnn_tile t = g->t;
        t.B = g->B + column * g->Ktotal + (ptrdiff_t)g->k * width + v * RNN_VL;
        t.b_depth = width;
        t.C += column + v * RNN_VL;
        if (t.init)
            t.init += column + v * RNN_VL;
        rnn_tile_column(t, g->M, vectors);
        v += vectors;
    }
}

/* A single row: the two halves of a block, or two blocks, side by side. */
RNN_API void rnn_gemm_single(const rnn_gemm_blocks *g, int from, int to)
{
    for (int block = from; block < to; block++) {
        int width = rnn_gemm_block_width(g, block), vectors = width / RNN_VL, done;
        ptrdiff_t column = (ptrdiff_t)block * g->NP * g->S * 16;
        rnn_tile t = g->t;
        t.B = g->B + column * g->Ktotal + (ptrdiff_t)g->k * width;
        t.b_depth = width;
        t.C += column;
        if (t.init)
            t.init += column;
        if (vectors >= 8) {
            int half = vectors / 8 * 4;
            done = rnn_gemm_pairs(t, half, half, t.B + half * RNN_VL, width, half * RNN_VL);
            rnn_gemm_block(g, block, done * 2);
            continue;
        }
        done = 0;
        if (block + 1 < to) {
            int width2 = rnn_gemm_block_width(g, block + 1);
            const rnn_real *B2 = g->B + (column + width) * g->Ktotal + (ptrdiff_t)g->k * width2;
            done = rnn_gemm_pairs(t, vectors, width2 / RNN_VL, B2, width2, width);
            rnn_gemm_block(g, block, done);
            rnn_gemm_block(g, ++block, done);
        } else {
            rnn_gemm_block(g, block, 0);
        }
    }
}

/* C[m][0 .. P*S*16) = init[m] + A[m][0 .. K) B. Row m of C, A, init at m * ldc, m * lda, m * ldi.
 *   init NULL              start from +0
 *   init a row, ldi 0      start from a bias (P*S*16 reals, rnn_pack_vector)
 *   init C, ldi ldc        add to C
 * B: RNN_PACKED_REALS(N, S, K) reals with P = ceil(N / 16), packed with this S and NP and Ktotal = K.
 * C must not overlap A or B. The share is a range of blocks. */
RNN_API void rnn_gemm_part(rnn_real *C, ptrdiff_t ldc, const rnn_real *A, ptrdiff_t lda, int M, int K,
                           const rnn_real *B, int P, int S, int NP, const rnn_real *init, ptrdiff_t ldi, int part,
                           int parts)
{
    rnn_share blocks = rnn_share_of((P + NP - 1) / NP, part, parts);
    int from = (int)blocks.from, to = (int)blocks.to;
    int small = (int64_t)M * K <= RNN_ROW_BLOCK_REALS, cuts = (K + RNN_DEPTH_BLOCK - 1) / RNN_DEPTH_BLOCK;
    int depths = small || K <= RNN_DEPTH_WHOLE ? K : (K + cuts - 1) / cuts;
    int rows = small ? M : RNN_ROW_BLOCK_REALS / depths / 12 * 12;
    for (int m = 0; m < M; m += rows) {
        int k = 0;
        do {
            rnn_tile t = {C + m * ldc, ldc, A + m * lda + k, lda, 1, 0, NULL, 0, 0, NULL, 0, 0, 1, 0};
            rnn_gemm_blocks g = {t, B, 0, P, S, NP, k, K};
            g.M = M - m < rows ? M - m : rows;
            g.t.depths = K - k < depths ? K - k : depths;
            g.t.init = k > 0 ? g.t.C : init ? init + m * ldi : NULL;
            g.t.ldi = k > 0 ? ldc : ldi;
            if (g.M == 1)
                rnn_gemm_single(&g, from, to);
            else
                for (int block = from; block < to; block++)
                    rnn_gemm_block(&g, block, 0);
            k += depths;
        } while (k < K);
    }
}

RNN_API void rnn_gemm(rnn_real *C, ptrdiff_t ldc, const rnn_real *A, ptrdiff_t lda, int M, int K, const rnn_real *B,
                      int P, int S, int NP, const rnn_real *init, ptrdiff_t ldi)
{
    rnn_gemm_part(C, ldc, A, lda, M, K, B, P, S, NP, init, ldi, 0, 1);
}
#endif
