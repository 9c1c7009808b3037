/* kernels.h: everything numeric that is longer than an expression. This file is the overview; it includes
 *
 *   share.h            which share of the work one of several parts does
 *   kernels_row.h      whole rows: sums, softmax, argmax, sampling, gather and scatter, small matrices
 *   kernels_pack.h     logical weights into packed blocks
 *   kernels_product.h  rnn_gemm: rows times a packed matrix
 *   kernels_gradient.h rnn_gemm_dw, rnn_colsum: weight and bias gradients summed over steps and rows
 *   philox.h           random numbers, dropout masks, initial.h: initial values of parameters
 *
 * Common rules
 * - Sizes are ints, strides ("ld", "step") ptrdiff_t, both counted in reals. Nothing needs alignment.
 * - Rows in working memory are padded: a row of n has room for RNN_PADDED(n) reals. What reads a row of n reads n reals
 *   only (the rest may be NaN, or belong to somebody else); what writes a row of n writes the padding as +0.
 * - Every result has the same bits for any RNN_LANES, any (part, parts), any compiler; only RNN_FMA may change them.
 * - A function with the suffix _part does the share `part` of `parts` (share.h); all shares together do what the one
 *   without does; they may run in any order or at the same time.
 *
 * Groups. A group joins S matrices ("slots", 1 to 6) with the same number of output units N and the same depth, so that
 * they are multiplied as one. Its output row has P * S * 16 reals, P = ceil(N / 16): unit 16 p + l of slot s stands at
 * column (p * S + s) * 16 + l. Columns of units N .. 16 P - 1 are padding.
 *
 * Packed matrix of a group: blocks of NP panels; block b holds panels b NP .. b NP + NP - 1, the last block what is
 * left; S * NP <= 6 (4 is best for speed, or 6). [block][k][panel in block][slot][16], depth k outermost inside a block,
 * so a block's row is S * np * 16 wide and block b starts at b * NP * S * 16 * Ktotal. Padded units are zero.
 * RNN_PACKED_REALS(N, S, Ktotal) reals in all.
 *
 * Depth may itself be laid out like an output row of a group ("interleaved"): depth k of the k-th unit of slot ds of a
 * group of dS slots is ((k / 16) * dS + ds) * 16 + k % 16, padded depths are zero. So the sum over gates of Wg' dg is
 * one product over the contiguous row of dg. RNN_DEPTH(K, dS) depths; dS = 0: plain, depth k is k. */
#ifndef RNN_KERNELS_H_INCLUDED
#define RNN_KERNELS_H_INCLUDED
#include "rnn/share.h"
#include "rnn/kernels_row.h"
#include "rnn/kernels_pack.h"
#include "rnn/kernels_product.h"
#include "rnn/kernels_gradient.h"
#include "rnn/philox.h"
#include "rnn/initial.h"
#endif
