/* kernels_gradient.h: gradients of weights and biases, deferred to after the backward loop:
 *
 *     rnn_gemm_dw(work, G, ..., X, ...)          sums[column of G][column of X] over all steps and rows
 *     rnn_unpack_add(dW, work, ...)              one slot's sums into its logical gradient
 *     rnn_colsum(row, G, ...)                    sums[column of G]
 *     rnn_unpack_add_vector(db, row, ...)        one slot's sums into its logical gradient
 *
 * G holds the adjoints of a group's output row (kernels.h), X what the group was multiplied by. Step t, row r, column c
 * is at t * step + r * ld + c. Order of additions: steps in the order of the backward loop (falling = 1: t falls), rows
 * rising inside a step, cut into leaves of RNN_LEAF_STEPS(rows) whole steps counted from t = 0; each leaf is one chain
 * started at +0; leaf sums are added in the order in which the loop meets them. Where there is no sequence axis give
 * steps = rows of the batch, rows = 1, step = ld, falling = 0: leaves of 256 rows.
 * The shares of rnn_gemm_dw_part, rnn_unpack_add_part and _t_part are ranges of the same blocks of 64 columns of G, those
 * of rnn_colsum_part and rnn_unpack_add_vector_part ranges of the same panels of 16: whoever sums may unpack at once.
 * A window may be given in several calls, in order, each but the last one met first cut at a leaf: add = 1 goes on with
 * the sums in work, add = 0 starts. */
#ifndef RNN_KERNELS_GRADIENT_H_INCLUDED
#define RNN_KERNELS_GRADIENT_H_INCLUDED
#include "rnn/kernels_pack.h"
#include "rnn/kernels_product.h"

#define RNN_LEAF_ROWS 256
#define RNN_LEAF_STEPS(rows) ((rows) >= RNN_LEAF_ROWS ? 1 : (RNN_LEAF_ROWS + (rows)-1) / (rows))
/* Reals of `work` for P * S * 16 columns of G and K of X. */
#define RNN_DW_REALS(columns, K) ((columns) * (K))
#define RNN_DW_BLOCK 64 /* columns of G in a block of work: [block][K][64], the last block narrower */

/* One leaf: which rows of G and X, and in which order. */
typedef struct rnn_leaf {
    const rnn_real *G, *X;              /* the first step met */
    ptrdiff_t ldg, g_step, ldx, x_step; /* steps are negative where t falls */
    int steps, rows;
    int add; /* there are sums of earlier leaves */
} rnn_leaf;

/* One leaf of one block of columns of G: all K columns of X. The rows of the tiles are columns of X. */
RNN_API void rnn_dw_block(const rnn_leaf *f, int column, int width, int K, rnn_real *work)
{
    rnn_tile t = {NULL, width, f->X, 1, f->ldx, f->x_step, NULL, f->ldg, f->g_step, NULL, 0, f->rows, f->steps, f->add};
    if (f->rows == 1) { /* steps take the place of rows */
        t.a_depth = f->x_step;
        t.b_depth = f->g_step;
        t.depths = f->steps;
        t.steps = 1;
    }
    for (int v = 0; v < width / RNN_VL;) {
        int vectors = rnn_tile_vectors(width / RNN_VL - v);
        t.B = f->G + column + v * RNN_VL;
        t.C = work + (ptrdiff_t)column * K + v * RNN_VL;
        rnn_tile_column(t, K, vectors);
        v += vectors;
    }
}

/* The leaf that the loop meets as number j of its leaves. */
RNN_API rnn_leaf rnn_leaf_at(const rnn_leaf *all, int falling, int j)
{
    int most = RNN_LEAF_STEPS(all->rows), leaves = (all->steps + most - 1) / most;
    int index = falling ? leaves - 1 - j : j, from = index * most;
    rnn_leaf f = *all;
    f.steps = all->steps - from < most ? all->steps - from : most;
    int first = falling ? from + f.steps - 1 : from;
    f.G += first * all->g_step;
    f.X += first * all->x_step;
    if (falling) {
        f.g_step = -f.g_step;
        f.x_step = -f.x_step;
    }
    f.add = all->add || j > 0;
    return f;
}

RNN_INLINE int rnn_leaf_count(int steps, int rows)
{
    return rows > 0 ? (steps + RNN_LEAF_STEPS(rows) - 1) / RNN_LEAF_STEPS(rows) : 0;
}

/* The next chunk of a window, one leaf: steps *from .. *to - 1. 0 when there is none. Begin with *to = 0. */
RNN_INLINE int rnn_next_chunk(ptrdiff_t *from, ptrdiff_t *to, ptrdiff_t steps, ptrdiff_t rows)
{
    ptrdiff_t most = RNN_LEAF_STEPS((int)rows);
    *from = *to;
    *to = steps - *from < most ? steps : *from + most;
    return *from < steps;
}

/* The same from the last chunk to the first. Begin with *from = steps. */
RNN_INLINE int rnn_next_chunk_falling(ptrdiff_t *from, ptrdiff_t *to, ptrdiff_t rows)
{
    ptrdiff_t most = RNN_LEAF_STEPS((int)rows);
    *to = *from;
    *from = *to > 0 ? (*to - 1) / most * most : 0;
    return *to > 0;
}

RNN_INLINE rnn_share rnn_dw_share(int columns, int part, int parts)
{
    return rnn_share_of((columns + RNN_DW_BLOCK - 1) / RNN_DW_BLOCK, part, parts);
}

/* work[RNN_DW_REALS(columns, K)]: sums over steps and rows of G[c] X[k], for columns c of G (a multiple of 16) and
 * k < K. The share is a range of blocks of columns; with add = 0 and nothing to sum the sums are 0. */
RNN_API void rnn_gemm_dw_part(rnn_real *work, const rnn_real *G, ptrdiff_t ldg, ptrdiff_t g_step, const rnn_real *X,
                              ptrdiff_t ldx, ptrdiff_t x_step, int steps, int rows, int falling, int columns, int K,
                              int add, int part, int parts)
{
    rnn_share blocks = rnn_dw_share(columns, part, parts);
    int from = (int)blocks.from, to = (int)blocks.to;
    int leaves = rnn_leaf_count(steps, rows);
    rnn_leaf all = {G, X, ldg, g_step, ldx, x_step, steps, rows, add};
    if (leaves == 0 && !add)
        for (int b = from * RNN_DW_BLOCK; b < to * RNN_DW_BLOCK && b < columns; b += 16)
            memset(work + (ptrdiff_t)b * K, 0, sizeof *work * 16 * (size_t)K);
    for (int j = 0; j < leaves; j++) {
        rnn_leaf f = rnn_leaf_at(&all, falling, j);
        for (int b = from; b < to; b++) {
            int column = b * RNN_DW_BLOCK;
            rnn_dw_block(&f, column, columns - column < RNN_DW_BLOCK ? columns - column : RNN_DW_BLOCK, K, work);
        }
    }
}

RNN_API void rnn_gemm_dw(rnn_real *work, const rnn_real *G, ptrdiff_t ldg, ptrdiff_t g_step, const rnn_real *X,
                         ptrdiff_t ldx, ptrdiff_t x_step, int steps, int rows, int falling, int columns, int K, int add)
{
    rnn_gemm_dw_part(work, G, ldg, g_step, X, ldx, x_step, steps, rows, falling, columns, K, add, 0, 1);
}

/* One leaf of 16 columns a panel from column c on. Several panels at once: rows of G may be a page apart. */
RNN_INLINE void rnn_colsum_leaf(const int panels, rnn_real *row, const rnn_leaf *f, int c)
{
    rnn_acc16 x[4];
    for (int p = 0; p < panels; p++)
        x[p] = rnn_acc16_zero();
    for (int s = 0; s < f->steps; s++)
        for (int r = 0; r < f->rows; r++)
            for (int p = 0; p < panels; p++)
                for (int u = 0; u < 16; u += RNN_VL)
                    x[p].v[u / RNN_VL] =
                        x[p].v[u / RNN_VL] + rnn_load(f->G + s * f->g_step + r * f->ldg + c + p * 16 + u);
    for (int p = 0; p < panels; p++)
        for (int u = 0; u < 16; u += RNN_VL) {
            rnn_real *to = row + c + p * 16 + u;
            rnn_vec leaf = x[p].v[u / RNN_VL];
            rnn_store(to, f->add ? rnn_load(to) + leaf : leaf);
        }
}

/* row[columns]: sums of G over steps and rows in the same order and leaves. The share is a range of panels of 16. */
RNN_API void rnn_colsum_part(rnn_real *row, const rnn_real *G, ptrdiff_t ldg, ptrdiff_t g_step, int steps, int rows,
                             int falling, int columns, int add, int part, int parts)
{
    rnn_share panels = rnn_share_of(columns / 16, part, parts);
    int from = (int)panels.from * 16, to = (int)panels.to * 16;
    int leaves = rnn_leaf_count(steps, rows);
    rnn_leaf all = {G, G, ldg, g_step, 0, 0, steps, rows, add};
    if (leaves == 0 && !add && from < to)
        memset(row + from, 0, sizeof *row * (size_t)(to - from));
    for (int j = 0; j < leaves; j++) {
        rnn_leaf f = rnn_leaf_at(&all, falling, j);
        int c = from;
        for (; c + 64 <= to; c += 64)
            rnn_colsum_leaf(4, row, &f, c);
        for (; c < to; c += 16)
            rnn_colsum_leaf(1, row, &f, c);
    }
}

RNN_API void rnn_colsum(rnn_real *row, const rnn_real *G, ptrdiff_t ldg, ptrdiff_t g_step, int steps, int rows,
                        int falling, int columns, int add)
{
    rnn_colsum_part(row, G, ldg, g_step, steps, rows, falling, columns, add, 0, 1);
}

/* The 16 columns of panel p, from column k of X on: 16 neighbours at each k, *width apart. */
RNN_INLINE const rnn_real *rnn_dw_panel(const rnn_real *work, int columns, int K, int p, int k, ptrdiff_t *width)
{
    int column = p * 16, block = column / RNN_DW_BLOCK * RNN_DW_BLOCK;
    *width = columns - block < RNN_DW_BLOCK ? columns - block : RNN_DW_BLOCK;
    return work + (ptrdiff_t)block * K + k * *width + (column - block);
}

/* grad[n][k] += sums of unit n, which stands in panel slot + n / 16 * S, and column k of X: logical [N][K]. work as
 * rnn_gemm_dw left it. */
RNN_API void rnn_unpack_add_part(rnn_real *grad, ptrdiff_t ld, const rnn_real *work, int columns, int N, int K,
                                 int slot, int S, int part, int parts)
{
    rnn_share blocks = rnn_dw_share(columns, part, parts);
    for (int n = 0; n < N; n += 16)
        for (int k = 0; k < K && rnn_share_has(blocks, (n / 16 * S + slot) * 16 / RNN_DW_BLOCK); k += 16) {
            ptrdiff_t width;
            const rnn_real *from = rnn_dw_panel(work, columns, K, n / 16 * S + slot, k, &width);
            rnn_real square[16 * 16];
            int units = N - n < 16 ? N - n : 16, depths = K - k < 16 ? K - k : 16;
            if (depths == 16) {
                rnn_transpose16(square, 16, from, width);
            } else {
                for (int j = 0; j < depths; j++)
                    for (int l = 0; l < 16; l++)
                        square[l * 16 + j] = from[j * width + l];
            }
            for (int l = 0; l < units; l++)
                for (int u = 0; u < 16; u += RNN_VL) {
                    rnn_real *to = grad + (n + l) * ld + k;
                    rnn_vec sum = rnn_load_rest(to, u, depths) + rnn_load_rest(square + l * 16, u, depths);
                    rnn_store_rest(to, u, sum, depths);
                }
        }
}

RNN_API void rnn_unpack_add(rnn_real *grad, ptrdiff_t ld, const rnn_real *work, int columns, int N, int K, int slot,
                            int S)
{
    rnn_unpack_add_part(grad, ld, work, columns, N, K, slot, S, 0, 1);
}

/* The same for the transposed use: grad[k][n] += ..., logical [K][N]. */
RNN_API void rnn_unpack_add_t_part(rnn_real *grad, ptrdiff_t ld, const rnn_real *work, int columns, int N, int K,
                                   int slot, int S, int part, int parts)
{
    rnn_share blocks = rnn_dw_share(columns, part, parts);
    for (int n = 0; n < N; n += 16) {
        ptrdiff_t width;
        if (!rnn_share_has(blocks, (n / 16 * S + slot) * 16 / RNN_DW_BLOCK))
            continue;
        const rnn_real *from = rnn_dw_panel(work, columns, K, n / 16 * S + slot, 0, &width);
        for (int k = 0; k < K; k++)
            for (int u = 0; u < 16; u += RNN_VL) {
                rnn_real *to = grad + k * ld + n;
                rnn_store_rest(to, u, rnn_load_rest(to, u, N - n) + rnn_load(from + k * width + u), N - n);
            }
    }
}

RNN_API void rnn_unpack_add_t(rnn_real *grad, ptrdiff_t ld, const rnn_real *work, int columns, int N, int K, int slot,
                              int S)
{
    rnn_unpack_add_t_part(grad, ld, work, columns, N, K, slot, S, 0, 1);
}

/* grad[n] += sums of unit n, which stands in panel slot + n / 16 * S of a row of rnn_colsum with so many columns. */
RNN_API void rnn_unpack_add_vector_part(rnn_real *grad, const rnn_real *row, int columns, int N, int slot, int S,
                                        int part, int parts)
{
    rnn_share panels = rnn_share_of(columns / 16, part, parts);
    for (int n = 0; n < N; n += 16)
        for (int u = 0; u < 16 && rnn_share_has(panels, n / 16 * S + slot); u += RNN_VL) {
            rnn_vec sum = rnn_load_rest(grad + n, u, N - n) + rnn_load(row + (n / 16 * S + slot) * 16 + u);
            rnn_store_rest(grad + n, u, sum, N - n);
        }
}

RNN_API void rnn_unpack_add_vector(rnn_real *grad, const rnn_real *row, int columns, int N, int slot, int S)
{
    rnn_unpack_add_vector_part(grad, row, columns, N, slot, S, 0, 1);
}
#endif
