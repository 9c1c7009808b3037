/* kernels_pack.h: logical weights, row-major, into the packed blocks that kernels.h describes. Packing is done after
 * every update of the weights, so it moves 16x16 pieces. The share of a part is a range of blocks of the packed matrix,
 * the same as in rnn_gemm_part: whoever packs a block may multiply by it at once. */
#ifndef RNN_KERNELS_PACK_H_INCLUDED
#define RNN_KERNELS_PACK_H_INCLUDED
#include "rnn/share.h"

#define RNN_PACKED_REALS(N, S, Ktotal) (RNN_PADDED(N) * (S) * (Ktotal))
#define RNN_DEPTH(K, depth_S) ((depth_S) > 0 ? RNN_PADDED(K) * (depth_S) : (K))

/* d[c][r] = s[r][c], 16 x 16 */
RNN_API void rnn_transpose16(rnn_real *d, ptrdiff_t ldd, const rnn_real *s, ptrdiff_t lds)
{
#if RNN_LANES == 16 && !RNN_REAL_DOUBLE
    rnn_transpose16_avx512(d, ldd, s, lds);
#else
    rnn_real t[16 * 16];
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 16; c++)
            t[c * 16 + r] = s[r * lds + c];
    for (int c = 0; c < 16; c++)
        memcpy(d + c * ldd, t + c * 16, 16 * sizeof *t);
#endif
}

/* A square that a matrix fills only in part: units < 16 rows and depths < 16 columns of s, the rest +0. */
RNN_API void rnn_pack_corner(rnn_real *square, const rnn_real *s, ptrdiff_t lds, int units, int depths)
{
    memset(square, 0, 16 * 16 * sizeof *square);
    for (int l = 0; l < units; l++)
        for (int k = 0; k < depths; k++)
            square[l * 16 + k] = s[l * lds + k];
}

/* Where panel p of `panels`, `at_once` a block, starts at depth 0, and the width of its block's rows. */
RNN_INLINE rnn_real *rnn_packed_panel(rnn_real *dst, int p, int panels, int at_once, int Ktotal, ptrdiff_t *width)
{
    int first = p / at_once * at_once;
    *width = (panels - first < at_once ? panels - first : at_once) * 16;
    return dst + (ptrdiff_t)first * 16 * Ktotal + (p - first) * 16;
}

/* The depth at which depths k .. k + 15 of a matrix start, k a multiple of 16. */
RNN_INLINE ptrdiff_t rnn_packed_depth(int k, int depth_slot, int depth_S)
{
    return depth_S > 0 ? ((ptrdiff_t)(k / 16) * depth_S + depth_slot) * 16 : k;
}

RNN_INLINE rnn_share rnn_pack_share(int panels, int at_once, int part, int parts)
{
    return rnn_share_of((panels + at_once - 1) / at_once, part, parts);
}

/* One matrix of a packed one (kernels.h) of `panels` panels, `at_once` a block: output unit n is row n of src [N][K] (src
 * NULL: zeros) and stands in panel slot + n / 16 * S; in a group of S matrices slot < S, where groups stand side by side
 * slot is the panel at which the group begins, plus the slot. Its depths are k0 .. k0 + RNN_DEPTH(K, depth_S) - 1 of
 * Ktotal, of which, if depth_S > 0, those of depth_slot are written (interleaved depth, see kernels.h; plain:
 * depth_slot = depth_S = 0). Matrices may be joined over depth one after the other. */
RNN_API void rnn_pack_rows_part(rnn_real *dst, const rnn_real *src, ptrdiff_t ld, int N, int K, int slot, int S,
                                int panels, int at_once, int k0, int Ktotal, int depth_slot, int depth_S, int part,
                                int parts)
{
    rnn_share blocks = rnn_pack_share(panels, at_once, part, parts);
    for (int n = 0; n < N; n += 16)
        for (int k = 0; k < K && rnn_share_has(blocks, (n / 16 * S + slot) / at_once); k += 16) {
            ptrdiff_t width;
            rnn_real *to = rnn_packed_panel(dst, n / 16 * S + slot, panels, at_once, Ktotal, &width) +
                           (k0 + rnn_packed_depth(k, depth_slot, depth_S)) * width;
            int units = N - n < 16 ? N - n : 16, depths = K - k < 16 ? K - k : 16;
            if (src && units == 16 && depths == 16) {
                rnn_transpose16(to, width, src + n * ld + k, ld);
                continue;
            }
            rnn_real corner[16 * 16];
            rnn_pack_corner(corner, src ? src + n * ld + k : dst, ld, src ? units : 0, depths);
            for (int j = 0; j < (depth_S > 0 ? 16 : depths); j++)
                for (int l = 0; l < 16; l++)
                    to[j * width + l] = corner[l * 16 + j];
        }
}

RNN_API void rnn_pack_rows(rnn_real *dst, const rnn_real *src, ptrdiff_t ld, int N, int K, int slot, int S, int panels,
                           int at_once, int k0, int Ktotal, int depth_slot, int depth_S)
{
    rnn_pack_rows_part(dst, src, ld, N, K, slot, S, panels, at_once, k0, Ktotal, depth_slot, depth_S, 0, 1);
}

/* The same for the transposed use: output unit n is column n of src [K][N], depth k its row k. */
RNN_API void rnn_pack_cols_part(rnn_real *dst, const rnn_real *src, ptrdiff_t ld, int N, int K, int slot, int S,
                                int panels, int at_once, int k0, int Ktotal, int depth_slot, int depth_S, int part,
                                int parts)
{
    rnn_share blocks = rnn_pack_share(panels, at_once, part, parts);
    for (int n = 0; n < N; n += 16)
        for (int k = 0; k < K && rnn_share_has(blocks, (n / 16 * S + slot) / at_once); k += 16) {
            ptrdiff_t width;
            rnn_real *to = rnn_packed_panel(dst, n / 16 * S + slot, panels, at_once, Ktotal, &width) +
                           (k0 + rnn_packed_depth(k, depth_slot, depth_S)) * width;
            int depths = K - k < 16 ? K - k : 16;
            for (int j = 0; j < (depth_S > 0 ? 16 : depths); j++)
                for (int u = 0; u < 16; u += RNN_VL) {
                    int inside = src && j < depths ? N - n : 0;
                    rnn_store(to + j * width + u, rnn_load_rest(inside ? src + (k + j) * ld + n : dst, u, inside));
                }
        }
}

RNN_API void rnn_pack_cols(rnn_real *dst, const rnn_real *src, ptrdiff_t ld, int N, int K, int slot, int S, int panels,
                           int at_once, int k0, int Ktotal, int depth_slot, int depth_S)
{
    rnn_pack_cols_part(dst, src, ld, N, K, slot, S, panels, at_once, k0, Ktotal, depth_slot, depth_S, 0, 1);
}

/* Zeros, for matrices that do not fill all panels or depths. */
RNN_API void rnn_pack_clear_part(rnn_real *dst, int panels, int at_once, int Ktotal, int part, int parts)
{
    rnn_share blocks = rnn_pack_share(panels, at_once, part, parts);
    ptrdiff_t from = blocks.from * at_once, to = blocks.to * at_once < panels ? blocks.to * at_once : panels;
    if (from < to)
        memset(dst + from * 16 * Ktotal, 0, sizeof *dst * 16 * (size_t)Ktotal * (size_t)(to - from));
}

/* A vector of one value a unit (a bias) as row of a group: dst[(p * S + slot) * 16 + l] = src[16 p + l], padding +0;
 * src NULL: zeros. The share is a range of its panels of 16 units. */
RNN_API void rnn_pack_vector_part(rnn_real *dst, const rnn_real *src, int N, int slot, int S, int part, int parts)
{
    rnn_share panels = rnn_share_of((N + 15) / 16, part, parts);
    for (int p = (int)panels.from; p < panels.to; p++)
        for (int u = 0; u < 16; u += RNN_VL)
            rnn_store(dst + (p * S + slot) * 16 + u, rnn_load_rest(src ? src + p * 16 : dst, u, src ? N - p * 16 : 0));
}

RNN_API void rnn_pack_vector(rnn_real *dst, const rnn_real *src, int N, int slot, int S)
{
    rnn_pack_vector_part(dst, src, N, slot, S, 0, 1);
}
#endif
