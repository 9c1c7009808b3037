/* Written by rnnc 1.0.0 from elman.rnn; do not edit. Language 1, real = float.
 * SHA-256 of the source: 7fdbc43db0122595fc4aa299aff268903f458d56fd40c1b3db9ffafce1ec24f7
 * Bytes: parameters 4928, packed 6528, state 528, work 19656, tape 15752.
 * Operations of a full window: forward 64001, backward 130081 (a multiply-add counts as two).
 */
#include "model.h"
#include "rnn/kernels.h"
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the code below relies on. */
typedef char elman_check_real[(sizeof(float) == 4 && sizeof(rnn_real) == 4) ? 1 : -1];
typedef char elman_check_int[(sizeof(int) >= 4) ? 1 : -1];
typedef char elman_check_params[(sizeof(elman_params) / sizeof(float) == ELMAN_PARAM_FLOATS) ? 1 : -1];
typedef char elman_check_memory[(ELMAN_TAPE_FLOATS <= PTRDIFF_MAX / sizeof(float)) ? 1 : -1];

/* name, offset, count, rank, dims, flags */
const rnn_param_info elman_param_info[ELMAN_P_COUNT] = {
    {"Emb", 0, 180, 2, {9, 20}, 0},
    {"Wo", 192, 180, 2, {9, 20}, 0},
    {"rnn.W", 384, 400, 2, {20, 20}, 0},
    {"rnn.U", 784, 400, 2, {20, 20}, 0},
    {"rnn.b", 1184, 20, 1, {20, 1}, 0}};

int32_t elman_param_index(const char *name)
{
    int32_t found = -1;
    for (int32_t i = 0; name != NULL && found < 0 && i < ELMAN_P_COUNT; i++)
        if (strcmp(name, elman_param_info[i].name) == 0)
            found = i;
    return found;
}

rnn_status elman_params_init(elman_params *p, uint64_t seed)
{
    if (p == NULL)
        return RNN_ARG;
    memset(p, 0, sizeof *p);
    rnn_init_normal(p->v + 0, 9, 20, 0.1, seed, ELMAN_P_Emb); /* Emb */
    rnn_init_glorot(p->v + 192, 9, 20, seed, ELMAN_P_Wo); /* Wo */
    rnn_init_orthogonal(p->v + 384, 20, 20, 1.0, seed, ELMAN_P_rnn_W); /* rnn.W */
    rnn_init_glorot(p->v + 784, 20, 20, seed, ELMAN_P_rnn_U); /* rnn.U */
    return RNN_OK;
}

rnn_status elman_check(uint64_t layout_hash)
{
    return layout_hash == ELMAN_LAYOUT_HASH ? RNN_OK : RNN_VERSION;
}

/* Notes what is wrong with what; axis, step and row are -1 where they do not apply. */
static rnn_status elman_fail(rnn_fault *fault, rnn_status code, const char *what, int32_t axis, int32_t step,
    int32_t row)
{
    size_t n = 0;
    for (; n + 1 < sizeof fault->what && what[n] != '\0'; n++)
        fault->what[n] = what[n];
    fault->what[n] = '\0';
    fault->code = code;
    fault->axis = axis;
    fault->step = step;
    fault->row = row;
    return code;
}

/* ---- Where everything is ---- */

/* What takes (part, parts) does a share of its work. All parts of one function may run in any order or at the same
 * time; together they do its work; no part reads what another part of the same function writes. Between two functions
 * of a run all parts must have met. No bit of a result depends on parts. What has no parts (places, lengths, totals,
 * results, checks) a run does itself, once. */

/* What one call works on. Vectors are padded to a multiple of 16; a sequence that is read at other steps
   has room for those before the first and after the last. Adjoints begin with d_. */
typedef struct elman_frame {
    const rnn_real *p;            /* parameters */
    const rnn_real *w;            /* packed weights */
    const elman_controls *c;      /* not given to backward */
    rnn_real *wb;                 /* packed weights that only backward uses */
    const elman_adjoint_in *up;   /* adjoints of outputs, or NULL */
    rnn_real *grad;               /* gradients of the parameters */
    double dloss;                 /* the adjoint of the loss */
    ptrdiff_t rows, steps;        /* of this window */
    ptrdiff_t from, to;           /* steps of the chunk at hand: from .. to - 1 */
    ptrdiff_t valid;              /* steps inside the rows' lengths, all rows together */
    rnn_key key;                  /* of all randomness */
    int32_t *length;              /* [rows] */
    int32_t *position;            /* [rows] */
    rnn_real *h_sum;              /* [steps][rows][32]  rnn.b + rnn.U @ Emb_row[t] */
    rnn_real *Wo_h;               /* [steps][rows][16]  Wo @ h[t] */
    rnn_real *Emb_row;            /* [steps][rows][32]  Emb[x[t]] */
    rnn_real *h;                  /* [steps + 1][rows][32] */
    rnn_real *logsumexp_Wo_h;     /* [steps][rows]  logsumexp(Wo_h[t]) */
    rnn_real *Wo_h_picked;        /* [rows]  Wo_h[t][y[t]] */
    rnn_real *y_picked_minus;     /* [steps][rows]  logsumexp_Wo_h[t] - Wo_h_picked[t] */
    int32_t *x;                   /* [steps][rows] */
    int32_t *y;                   /* [steps][rows] */
    rnn_real *d_h;                /* [steps][rows][32]  Wo' @ d_Wo_h[t] */
    rnn_real *d_Emb_row;          /* [steps][rows][32]  rnn.U' @ d_h_sum[t] */
    rnn_real *d_loss_over;        /* one number  d_loss / count[t, batch] */
    rnn_real *d_h_sum;            /* [steps + 1][rows][32] */
    rnn_real *partial_15;         /* [512]  partial sums of d_Wo */
    rnn_real *partial_16;         /* [1024]  partial sums of d_rnn_W */
    rnn_real *partial_17;         /* [1024]  partial sums of d_rnn_U */
    rnn_real *partial_18;         /* [32]  partial sums of d_rnn_b */
} elman_frame;

/* Windows without a tape. */
static RNN_NOINLINE void elman_place_eval(elman_frame *f, elman_work *work)
{
    f->length = work->i;
    f->position = work->i + 16;
    f->h_sum = work->r;
    f->Wo_h = work->r;
    f->Emb_row = work->r + 1040;
    f->h = work->r + 2080;
    f->logsumexp_Wo_h = work->r + 528;
    f->Wo_h_picked = work->r + 576;
    f->y_picked_minus = work->r + 608;
    f->x = work->i + 32;
    f->y = work->i + 64;
}

/* What forward leaves on the tape for backward. */
static RNN_NOINLINE void elman_place_forward(elman_frame *f, elman_tape *tape)
{
    f->length = tape->i;
    f->position = tape->i + 16;
    f->h_sum = tape->r;
    f->Wo_h = tape->r + 1040;
    f->Emb_row = tape->r + 1568;
    f->h = tape->r + 2608;
    f->logsumexp_Wo_h = tape->r + 3776;
    f->Wo_h_picked = tape->r;
    f->y_picked_minus = tape->r + 32;
    f->x = tape->i + 32;
    f->y = tape->i + 64;
}

/* What backward needs besides the tape. */
static RNN_NOINLINE void elman_place_backward(elman_frame *f, elman_work *work)
{
    f->d_h = work->r;
    f->d_Emb_row = work->r;
    f->d_loss_over = work->r;
    f->d_h_sum = work->r + 1040;
    f->partial_15 = work->r + 2208;
    f->partial_16 = work->r + 2208;
    f->partial_17 = work->r + 2208;
    f->partial_18 = work->r + 2208;
    f->wb = work->r + 3248;
    (void)work;
}

/* One step. */
static RNN_NOINLINE void elman_place_step(elman_frame *f, elman_work *work)
{
    f->length = work->i;
    f->position = work->i + 16;
    f->h_sum = work->r;
    f->Wo_h = work->r + 144;
    f->Emb_row = work->r + 224;
    f->h = work->r + 368;
    f->logsumexp_Wo_h = work->r + 640;
    f->Wo_h_picked = work->r + 672;
    f->y_picked_minus = work->r + 704;
    f->x = work->i + 32;
    f->y = work->i + 48;
}

/* How many steps stand inside the rows' lengths. */
static RNN_NOINLINE void elman_count_valid(elman_frame *f)
{
    f->valid = 0;
    for (ptrdiff_t row = 0; row < f->rows; row++) {
        f->valid += f->length[row];
    }
}

/* Lengths of the rows (NULL: all steps), and how many steps each has behind it. */
static RNN_NOINLINE void elman_start(elman_frame *f, const int32_t *length, const elman_state *s)
{
    for (ptrdiff_t row = 0; row < f->rows; row++) {
        f->length[row] = length != NULL ? length[row] : (int32_t)f->steps;
        f->position[row] = s != NULL ? s->i[row] : 0;
    }
    elman_count_valid(f);
}

/* The rows have these steps behind them, too. */
static RNN_NOINLINE void elman_advance(const elman_frame *f, elman_state *s, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    for (ptrdiff_t row = rows.from; row < rows.to; row++) {
        s->i[row] = f->position[row] < INT32_MAX - f->length[row] ? f->position[row] + f->length[row] : INT32_MAX;
    }
}

/* ---- Weights in panels ---- */

static RNN_NOINLINE void elman_do_pack(const elman_params *params, elman_packed *packed, int part, int parts)
{
    const rnn_real *const p = params->v;
    rnn_real *const to = packed->w;
    /* rnn.U: 2 panels of 16 units, each of 20 terms */
    rnn_pack_rows_part(to, p + 784, 20, 20, 20, 0, 1, 2, 4, 0, 20, 0, 0, part, parts);
    /* rnn.W: 2 panels of 16 units, each of 20 terms */
    rnn_pack_rows_part(to + 640, p + 384, 20, 20, 20, 0, 1, 2, 2, 0, 20, 0, 0, part, parts);
    /* Wo: 1 panel of 16 units, each of 20 terms */
    rnn_pack_rows_part(to + 1280, p + 192, 20, 9, 20, 0, 1, 1, 4, 0, 20, 0, 0, part, parts);
    /* rnn.b: what the sums of a row start from */
    rnn_pack_vector_part(to + 1600, p + 1184, 20, 0, 1, part, parts);
}

static RNN_NOINLINE void elman_pack_backward(const rnn_real *p, rnn_real *to, int part, int parts)
{
    /* Wo': 2 panels of 16 units, each of 9 terms */
    rnn_pack_cols_part(to, p + 192, 20, 20, 9, 0, 1, 2, 4, 0, 9, 0, 0, part, parts);
    /* rnn.W': 2 panels of 16 units, each of 20 terms */
    rnn_pack_cols_part(to + 288, p + 384, 20, 20, 20, 0, 1, 2, 2, 0, 20, 0, 0, part, parts);
    /* rnn.U': 2 panels of 16 units, each of 20 terms */
    rnn_pack_cols_part(to + 928, p + 784, 20, 20, 20, 0, 1, 2, 4, 0, 20, 0, 0, part, parts);
}

/* ---- Forward ---- */

/* x in padded rows; past a row's length zeros, of tokens -1. */
static RNN_NOINLINE void elman_x_input0(const elman_frame *f, const int32_t *from, int part, int parts)
{
    const rnn_area area = rnn_area_of(0, f->steps, f->rows, part, parts);
    for (ptrdiff_t t = area.steps.from; t < area.steps.to; t++) {
        for (ptrdiff_t row = area.rows.from; row < area.rows.to; row++) {
            if (t < f->length[row]) {
                f->x[t * f->rows + row] = from[t * f->rows + row];
            } else {
                f->x[t * f->rows + row] = -1;
            }
        }
    }
}

/* y in padded rows; past a row's length zeros, of tokens -1. */
static RNN_NOINLINE void elman_y_input1(const elman_frame *f, const int32_t *from, int part, int parts)
{
    const rnn_area area = rnn_area_of(0, f->steps, f->rows, part, parts);
    for (ptrdiff_t t = area.steps.from; t < area.steps.to; t++) {
        for (ptrdiff_t row = area.rows.from; row < area.rows.to; row++) {
            if (t < f->length[row]) {
                f->y[t * f->rows + row] = from[t * f->rows + row];
            } else {
                f->y[t * f->rows + row] = -1;
            }
        }
    }
}

/* h outside the window. */
static RNN_NOINLINE void elman_h_lead2(const elman_frame *f, const elman_state *s, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    for (ptrdiff_t row = rows.from; row < rows.to; row++) {
        if (s != NULL && f->position[row] > 0) {
            memcpy(f->h + row * 32, s->r + row * 32, 32 * sizeof(rnn_real));
        } else {
            for (ptrdiff_t panel = 0; panel < 2; panel++) {
                for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
                    rnn_store(f->h + row * 32 + panel * 16 + u, rnn_zero());
                }
            }
        }
    }
}

/* At one step, of one row:
 *   Emb_row[t] = Emb[x[t]] */
static RNN_NOINLINE void elman_Emb_row_row3(const elman_frame *f, ptrdiff_t t, ptrdiff_t row)
{
    rnn_real *const Emb_row_at = f->Emb_row + (t * f->rows + row) * 32;
    int32_t *const x_at = f->x + t * f->rows + row;
    if (t >= f->length[row]) {
        memset(Emb_row_at, 0, 32 * sizeof(rnn_real));
        return;
    }
    rnn_gather_row(Emb_row_at, f->p, 20, 20, *x_at);
}

/* Over all steps and rows:
 *   h_sum[t] = rnn.b + rnn.U @ Emb_row[t] */
static RNN_NOINLINE void elman_rnn_U_Emb_row_product4(const elman_frame *f, int part, int parts)
{
    rnn_real *to = f->h_sum + f->from * f->rows * 32;
    const rnn_real *from = f->Emb_row + f->from * f->rows * 32;
    const ptrdiff_t width = 32;
    rnn_gemm_part(to, width, from, 32, (int)((f->to - f->from) * f->rows), 20, f->w, 2, 1, 4, f->w + 1600, 0, part,
        parts);
}

/* Behind the products of this phase, 16 units at one step, of one row:
 *   h[t] = tanh(h_sum[t] + rnn.W @ h[t-1]) */
static void elman_h_units6_cell(const elman_frame *f, ptrdiff_t t, ptrdiff_t row, ptrdiff_t panel, const rnn_real *z)
{
    rnn_real *const h_at = f->h + ((t + 1) * f->rows + row) * 32;
    if (t >= f->length[row]) {
        for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
            rnn_store(h_at + panel * 16 + u, rnn_zero());
        }
        return;
    }
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        /* std/cells.rnn:6  h[t] = g(W @ h[t-1] + U @ x[t] + b) */
        const rnn_vec h = rnn_tanh(rnn_load(z + u));
        rnn_store(h_at + panel * 16 + u, rnn_keep(h, 20 - (int)(panel * 16 + u)));
    }
}

/* The sums of 4 rows by 2 panels of 16 units; a0_1: first row, second panel. */
static RNN_NOINLINE void elman_h_units6_4x2(const elman_frame *f, ptrdiff_t t, ptrdiff_t row, ptrdiff_t block)
{
    rnn_real z[128];
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        rnn_vec a0_0 = rnn_load(f->h_sum + (t * f->rows + row) * 32 + block * 2 * 16 + u);
        rnn_vec a0_1 = rnn_load(f->h_sum + (t * f->rows + row) * 32 + (block * 2 + 1) * 16 + u);
        rnn_vec a1_0 = rnn_load(f->h_sum + (t * f->rows + row + 1) * 32 + block * 2 * 16 + u);
        rnn_vec a1_1 = rnn_load(f->h_sum + (t * f->rows + row + 1) * 32 + (block * 2 + 1) * 16 + u);
        rnn_vec a2_0 = rnn_load(f->h_sum + (t * f->rows + row + 2) * 32 + block * 2 * 16 + u);
        rnn_vec a2_1 = rnn_load(f->h_sum + (t * f->rows + row + 2) * 32 + (block * 2 + 1) * 16 + u);
        rnn_vec a3_0 = rnn_load(f->h_sum + (t * f->rows + row + 3) * 32 + block * 2 * 16 + u);
        rnn_vec a3_1 = rnn_load(f->h_sum + (t * f->rows + row + 3) * 32 + (block * 2 + 1) * 16 + u);
        {
            const rnn_real *weights = f->w + 640 + block * 640;
            const rnn_real *from = f->h + (t * f->rows + row) * 32;
            for (ptrdiff_t k = 0; k < 16; k += 16) {
                {
                    const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 1) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 1) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 1]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 1]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 1]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 1]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 2) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 2) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 2]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 2]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 2]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 2]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 3) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 3) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 3]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 3]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 3]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 3]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 4) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 4) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 4]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 4]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 4]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 4]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 5) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 5) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 5]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 5]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 5]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 5]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 6) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 6) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 6]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 6]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 6]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 6]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 7) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 7) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 7]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 7]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 7]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 7]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 8) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 8) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 8]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 8]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 8]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 8]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 9) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 9) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 9]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 9]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 9]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 9]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 10) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 10) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 10]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 10]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 10]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 10]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 11) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 11) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 11]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 11]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 11]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 11]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 12) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 12) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 12]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 12]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 12]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 12]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 13) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 13) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 13]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 13]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 13]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 13]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 14) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 14) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 14]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 14]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 14]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 14]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 15) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 15) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 15]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 15]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 15]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 15]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
            }
            for (ptrdiff_t k = 16; k < 20; k++) {
                const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                const rnn_vec x0 = rnn_splat(from[k]);
                a0_0 = rnn_fma(x0, w0, a0_0);
                a0_1 = rnn_fma(x0, w1, a0_1);
                const rnn_vec x1 = rnn_splat(from[32 + k]);
                a1_0 = rnn_fma(x1, w0, a1_0);
                a1_1 = rnn_fma(x1, w1, a1_1);
                const rnn_vec x2 = rnn_splat(from[64 + k]);
                a2_0 = rnn_fma(x2, w0, a2_0);
                a2_1 = rnn_fma(x2, w1, a2_1);
                const rnn_vec x3 = rnn_splat(from[96 + k]);
                a3_0 = rnn_fma(x3, w0, a3_0);
                a3_1 = rnn_fma(x3, w1, a3_1);
            }
        }
        rnn_store(z + u, a0_0);
        rnn_store(z + 16 + u, a0_1);
        rnn_store(z + 32 + u, a1_0);
        rnn_store(z + 48 + u, a1_1);
        rnn_store(z + 64 + u, a2_0);
        rnn_store(z + 80 + u, a2_1);
        rnn_store(z + 96 + u, a3_0);
        rnn_store(z + 112 + u, a3_1);
    }
    for (ptrdiff_t r = 0; r < 4; r++) {
        elman_h_units6_cell(f, t, row + r, block * 2, z + r * 32);
        elman_h_units6_cell(f, t, row + r, block * 2 + 1, z + r * 32 + 16);
    }
}

/* The sums of one row by 2 panels of 16 units; a0_1: first row, second panel. */
static RNN_NOINLINE void elman_h_units6_1x2(const elman_frame *f, ptrdiff_t t, ptrdiff_t row, ptrdiff_t block)
{
    rnn_real z[32];
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        rnn_vec a0_0 = rnn_load(f->h_sum + (t * f->rows + row) * 32 + block * 2 * 16 + u);
        rnn_vec a0_1 = rnn_load(f->h_sum + (t * f->rows + row) * 32 + (block * 2 + 1) * 16 + u);
        {
            const rnn_real *weights = f->w + 640 + block * 640;
            const rnn_real *from = f->h + (t * f->rows + row) * 32;
            for (ptrdiff_t k = 0; k < 16; k += 16) {
                {
                    const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 1) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 1) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 1]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 2) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 2) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 2]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 3) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 3) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 3]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 4) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 4) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 4]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 5) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 5) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 5]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 6) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 6) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 6]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 7) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 7) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 7]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 8) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 8) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 8]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 9) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 9) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 9]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 10) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 10) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 10]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 11) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 11) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 11]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 12) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 12) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 12]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 13) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 13) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 13]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 14) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 14) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 14]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 15) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 15) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 15]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
            }
            for (ptrdiff_t k = 16; k < 20; k++) {
                const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                const rnn_vec x0 = rnn_splat(from[k]);
                a0_0 = rnn_fma(x0, w0, a0_0);
                a0_1 = rnn_fma(x0, w1, a0_1);
            }
        }
        rnn_store(z + u, a0_0);
        rnn_store(z + 16 + u, a0_1);
    }
    elman_h_units6_cell(f, t, row, block * 2, z);
    elman_h_units6_cell(f, t, row, block * 2 + 1, z + 16);
}

/* One step of these rows: all units, in tiles. */
static RNN_NOINLINE void elman_h_units6(const elman_frame *f, ptrdiff_t t, rnn_share rows)
{
    for (ptrdiff_t row = rows.from; row < rows.to;) {
        const ptrdiff_t left = rows.to - row;
        if (left >= 4) {
            elman_h_units6_4x2(f, t, row, 0);
            row += 4;
        } else {
            elman_h_units6_1x2(f, t, row, 0);
            row++;
        }
    }
}

/* The loop over t, from the first step on. */
static RNN_NOINLINE void elman_h_loop5(const elman_frame *f, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    ptrdiff_t t = f->from;
    for (; t + 2 <= f->to; t += 2) {
        elman_h_units6(f, t, rows);
        elman_h_units6(f, t + 1, rows);
    }
    for (; t < f->to; t++) {
        elman_h_units6(f, t, rows);
    }
}

/* Over all steps and rows:
 *   Wo_h[t] = Wo @ h[t] */
static RNN_NOINLINE void elman_Wo_h_product7(const elman_frame *f, int part, int parts)
{
    rnn_real *to = f->Wo_h + f->from * f->rows * 16;
    const rnn_real *from = f->h + (f->from + 1) * f->rows * 32;
    const ptrdiff_t width = 16;
    rnn_gemm_part(to, width, from, 32, (int)((f->to - f->from) * f->rows), 20, f->w + 1280, 1, 1, 4, NULL, 0, part,
        parts);
}

/* At one step, of one row:
 *   logsumexp_Wo_h[t] = logsumexp(Wo_h[t]) */
static RNN_NOINLINE void elman_logsumexp_Wo_h_numbers8(const elman_frame *f, ptrdiff_t t, ptrdiff_t row)
{
    rnn_real *const Wo_h_at = f->Wo_h + (t * f->rows + row) * 16;
    rnn_real *const logsumexp_Wo_h_at = f->logsumexp_Wo_h + t * f->rows + row;
    if (t >= f->length[row]) {
        *logsumexp_Wo_h_at = 0;
        return;
    }
    const rnn_vec v12 = rnn_splat(rnn_row_logsumexp(Wo_h_at, 9));
    *logsumexp_Wo_h_at = rnn_first(v12);
}

/* At one step, of one row:
 *   Wo_h_picked[t] = Wo_h[t][y[t]] */
static RNN_NOINLINE void elman_Wo_h_picked_numbers9(const elman_frame *f, ptrdiff_t t, ptrdiff_t row)
{
    rnn_real *const Wo_h_at = f->Wo_h + (t * f->rows + row) * 16;
    rnn_real *const Wo_h_picked_at = f->Wo_h_picked + row;
    int32_t *const y_at = f->y + t * f->rows + row;
    if (t >= f->length[row]) {
        *Wo_h_picked_at = 0;
        return;
    }
    const rnn_vec v14 = rnn_splat(Wo_h_at[*y_at]);
    *Wo_h_picked_at = rnn_first(v14);
}

/* At one step, of one row:
 *   y_picked_minus[t] = logsumexp_Wo_h[t] - Wo_h_picked[t] */
static RNN_NOINLINE void elman_y_picked_minus_numbers10(const elman_frame *f, ptrdiff_t t, ptrdiff_t row)
{
    rnn_real *const logsumexp_Wo_h_at = f->logsumexp_Wo_h + t * f->rows + row;
    rnn_real *const Wo_h_picked_at = f->Wo_h_picked + row;
    rnn_real *const y_picked_minus_at = f->y_picked_minus + t * f->rows + row;
    if (t >= f->length[row]) {
        *y_picked_minus_at = 0;
        return;
    }
    const rnn_vec v15 = rnn_splat(*logsumexp_Wo_h_at) - rnn_splat(*Wo_h_picked_at);
    *y_picked_minus_at = rnn_first(v15);
}

/* ---- What leaves a window: outputs and the state of the rows ---- */

/* h, to the caller's array; zero past a row's length */
static RNN_NOINLINE void elman_give_h(const elman_frame *f, rnn_real *to, int part, int parts)
{
    const rnn_area area = rnn_area_of(f->from, f->to, f->rows, part, parts);
    for (ptrdiff_t t = area.steps.from; t < area.steps.to; t++) {
        for (ptrdiff_t row = area.rows.from; row < area.rows.to; row++) {
            if (t < f->length[row]) {
                for (ptrdiff_t panel = 0; panel < 2; panel++) {
                    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
                        rnn_store_part(to + (t * f->rows + row) * 20 + panel * 16 + u,
                            rnn_load(f->h + ((t + 1) * f->rows + row) * 32 + panel * 16 + u),
                            20 - (int)(panel * 16 + u));
                    }
                }
            } else {
                memset(to + (t * f->rows + row) * 20, 0, 20 * sizeof(rnn_real));
            }
        }
    }
}

/* h, for the next call */
static RNN_NOINLINE void elman_save_h(const elman_frame *f, elman_state *s, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    for (ptrdiff_t row = rows.from; row < rows.to; row++) {
        memcpy(s->r + row * 32, f->h + (f->length[row] * f->rows + row) * 32, 32 * sizeof(rnn_real));
    }
}

/* ---- Backward ---- */

/* d_h_sum outside the window. */
static RNN_NOINLINE void elman_d_h_sum_lead14(const elman_frame *f, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    for (ptrdiff_t row = rows.from; row < rows.to; row++) {
        for (ptrdiff_t panel = 0; panel < 2; panel++) {
            for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
                rnn_store(f->d_h_sum + (f->steps * f->rows + row) * 32 + panel * 16 + u, rnn_zero());
            }
        }
    }
}

/* At one step, of one row:
 *   d_Wo_h[t] = d_loss_over * exp(Wo_h[t] - logsumexp_Wo_h[t]) - d_loss_over * onehot(y[t]) */
static RNN_NOINLINE void elman_d_Wo_h_units16(const elman_frame *f, ptrdiff_t t, ptrdiff_t row)
{
    rnn_real *const Wo_h_at = f->Wo_h + (t * f->rows + row) * 16;
    rnn_real *const logsumexp_Wo_h_at = f->logsumexp_Wo_h + t * f->rows + row;
    int32_t *const y_at = f->y + t * f->rows + row;
    if (t >= f->length[row]) {
        for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
            rnn_store(Wo_h_at + u, rnn_zero());
        }
        return;
    }
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        const rnn_vec v11 = rnn_load(Wo_h_at + u);
        const rnn_vec v12 = rnn_splat(*logsumexp_Wo_h_at);
        const rnn_vec v20 = rnn_splat(*f->d_loss_over);
        const rnn_vec d_Wo_h = v20 * rnn_exp(v11 - v12) - v20 * rnn_eq(rnn_iota() + rnn_splat((rnn_real)u),
            rnn_splat((rnn_real)*y_at));
        rnn_store(Wo_h_at + u, rnn_keep(d_Wo_h, 9 - (int)u));
    }
}

/* Over all steps and rows:
 *   d_h[t] = Wo' @ d_Wo_h[t] */
static RNN_NOINLINE void elman_d_Wo_d_Wo_h_product17(const elman_frame *f, int part, int parts)
{
    rnn_real *to = f->d_h + f->from * f->rows * 32;
    const rnn_real *from = f->Wo_h + f->from * f->rows * 16;
    const ptrdiff_t width = 32;
    rnn_gemm_part(to, width, from, 16, (int)((f->to - f->from) * f->rows), 9, f->wb, 2, 1, 4, NULL, 0, part, parts);
}

/* Added into the gradients:
 *   d_Wo = sum[t, batch](outer(d_Wo_h[t], h[t])) */
static RNN_NOINLINE void elman_d_Wo_weights22(const elman_frame *f, int part, int parts)
{
    rnn_gemm_dw_part(f->partial_15, f->Wo_h + f->from * f->rows * 16, 16, f->rows * 16, f->h + (f->from + 1) * f->rows *
        32, 32, f->rows * 32, (int)(f->to - f->from), (int)f->rows, 1, 16, 20, 0, part, parts);
    /* d_Wo */
    rnn_unpack_add_part(f->grad + 192, 20, f->partial_15, 16, 9, 20, 0, 1, part, parts);
}

/* Behind the products of this phase, 16 units at one step, of one row:
 *   d_h_sum[t] = d_h[t] * (1 - h[t] * h[t]) */
static void elman_d_h_sum_units19_cell(const elman_frame *f, ptrdiff_t t, ptrdiff_t row, ptrdiff_t panel,
    const rnn_real *z)
{
    rnn_real *const h_at = f->h + ((t + 1) * f->rows + row) * 32;
    rnn_real *const d_h_sum_at = f->d_h_sum + (t * f->rows + row) * 32;
    if (t >= f->length[row]) {
        for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
            rnn_store(d_h_sum_at + panel * 16 + u, rnn_zero());
        }
        return;
    }
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        const rnn_vec d_h = rnn_load(z + u);
        const rnn_vec h = rnn_load(h_at + panel * 16 + u);
        const rnn_vec d_h_sum = d_h * (rnn_splat(1.0F) - h * h);
        rnn_store(d_h_sum_at + panel * 16 + u, rnn_keep(d_h_sum, 20 - (int)(panel * 16 + u)));
    }
}

/* The sums of 4 rows by 2 panels of 16 units; a0_1: first row, second panel. */
static RNN_NOINLINE void elman_d_h_sum_units19_4x2(const elman_frame *f, ptrdiff_t t, ptrdiff_t row, ptrdiff_t block)
{
    rnn_real z[128];
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        rnn_vec a0_0 = rnn_load(f->d_h + (t * f->rows + row) * 32 + block * 2 * 16 + u);
        rnn_vec a0_1 = rnn_load(f->d_h + (t * f->rows + row) * 32 + (block * 2 + 1) * 16 + u);
        rnn_vec a1_0 = rnn_load(f->d_h + (t * f->rows + row + 1) * 32 + block * 2 * 16 + u);
        rnn_vec a1_1 = rnn_load(f->d_h + (t * f->rows + row + 1) * 32 + (block * 2 + 1) * 16 + u);
        rnn_vec a2_0 = rnn_load(f->d_h + (t * f->rows + row + 2) * 32 + block * 2 * 16 + u);
        rnn_vec a2_1 = rnn_load(f->d_h + (t * f->rows + row + 2) * 32 + (block * 2 + 1) * 16 + u);
        rnn_vec a3_0 = rnn_load(f->d_h + (t * f->rows + row + 3) * 32 + block * 2 * 16 + u);
        rnn_vec a3_1 = rnn_load(f->d_h + (t * f->rows + row + 3) * 32 + (block * 2 + 1) * 16 + u);
        {
            const rnn_real *weights = f->wb + 288 + block * 640;
            const rnn_real *from = f->d_h_sum + ((t + 1) * f->rows + row) * 32;
            for (ptrdiff_t k = 0; k < 16; k += 16) {
                {
                    const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 1) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 1) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 1]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 1]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 1]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 1]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 2) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 2) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 2]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 2]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 2]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 2]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 3) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 3) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 3]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 3]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 3]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 3]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 4) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 4) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 4]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 4]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 4]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 4]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 5) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 5) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 5]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 5]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 5]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 5]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 6) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 6) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 6]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 6]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 6]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 6]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 7) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 7) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 7]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 7]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 7]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 7]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 8) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 8) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 8]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 8]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 8]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 8]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 9) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 9) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 9]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 9]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 9]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 9]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 10) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 10) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 10]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 10]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 10]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 10]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 11) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 11) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 11]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 11]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 11]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 11]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 12) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 12) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 12]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 12]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 12]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 12]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 13) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 13) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 13]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 13]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 13]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 13]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 14) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 14) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 14]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 14]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 14]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 14]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 15) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 15) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 15]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                    const rnn_vec x1 = rnn_splat(from[32 + k + 15]);
                    a1_0 = rnn_fma(x1, w0, a1_0);
                    a1_1 = rnn_fma(x1, w1, a1_1);
                    const rnn_vec x2 = rnn_splat(from[64 + k + 15]);
                    a2_0 = rnn_fma(x2, w0, a2_0);
                    a2_1 = rnn_fma(x2, w1, a2_1);
                    const rnn_vec x3 = rnn_splat(from[96 + k + 15]);
                    a3_0 = rnn_fma(x3, w0, a3_0);
                    a3_1 = rnn_fma(x3, w1, a3_1);
                }
            }
            for (ptrdiff_t k = 16; k < 20; k++) {
                const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                const rnn_vec x0 = rnn_splat(from[k]);
                a0_0 = rnn_fma(x0, w0, a0_0);
                a0_1 = rnn_fma(x0, w1, a0_1);
                const rnn_vec x1 = rnn_splat(from[32 + k]);
                a1_0 = rnn_fma(x1, w0, a1_0);
                a1_1 = rnn_fma(x1, w1, a1_1);
                const rnn_vec x2 = rnn_splat(from[64 + k]);
                a2_0 = rnn_fma(x2, w0, a2_0);
                a2_1 = rnn_fma(x2, w1, a2_1);
                const rnn_vec x3 = rnn_splat(from[96 + k]);
                a3_0 = rnn_fma(x3, w0, a3_0);
                a3_1 = rnn_fma(x3, w1, a3_1);
            }
        }
        rnn_store(z + u, a0_0);
        rnn_store(z + 16 + u, a0_1);
        rnn_store(z + 32 + u, a1_0);
        rnn_store(z + 48 + u, a1_1);
        rnn_store(z + 64 + u, a2_0);
        rnn_store(z + 80 + u, a2_1);
        rnn_store(z + 96 + u, a3_0);
        rnn_store(z + 112 + u, a3_1);
    }
    for (ptrdiff_t r = 0; r < 4; r++) {
        elman_d_h_sum_units19_cell(f, t, row + r, block * 2, z + r * 32);
        elman_d_h_sum_units19_cell(f, t, row + r, block * 2 + 1, z + r * 32 + 16);
    }
}

/* The sums of one row by 2 panels of 16 units; a0_1: first row, second panel. */
static RNN_NOINLINE void elman_d_h_sum_units19_1x2(const elman_frame *f, ptrdiff_t t, ptrdiff_t row, ptrdiff_t block)
{
    rnn_real z[32];
    for (ptrdiff_t u = 0; u < 16; u += RNN_VL) {
        rnn_vec a0_0 = rnn_load(f->d_h + (t * f->rows + row) * 32 + block * 2 * 16 + u);
        rnn_vec a0_1 = rnn_load(f->d_h + (t * f->rows + row) * 32 + (block * 2 + 1) * 16 + u);
        {
            const rnn_real *weights = f->wb + 288 + block * 640;
            const rnn_real *from = f->d_h_sum + ((t + 1) * f->rows + row) * 32;
            for (ptrdiff_t k = 0; k < 16; k += 16) {
                {
                    const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 1) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 1) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 1]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 2) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 2) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 2]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 3) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 3) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 3]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 4) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 4) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 4]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 5) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 5) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 5]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 6) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 6) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 6]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 7) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 7) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 7]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 8) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 8) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 8]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 9) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 9) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 9]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 10) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 10) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 10]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 11) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 11) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 11]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 12) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 12) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 12]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 13) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 13) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 13]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 14) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 14) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 14]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
                {
                    const rnn_vec w0 = rnn_load(weights + (k + 15) * 32 + u);
                    const rnn_vec w1 = rnn_load(weights + (k + 15) * 32 + 16 + u);
                    const rnn_vec x0 = rnn_splat(from[k + 15]);
                    a0_0 = rnn_fma(x0, w0, a0_0);
                    a0_1 = rnn_fma(x0, w1, a0_1);
                }
            }
            for (ptrdiff_t k = 16; k < 20; k++) {
                const rnn_vec w0 = rnn_load(weights + k * 32 + u);
                const rnn_vec w1 = rnn_load(weights + k * 32 + 16 + u);
                const rnn_vec x0 = rnn_splat(from[k]);
                a0_0 = rnn_fma(x0, w0, a0_0);
                a0_1 = rnn_fma(x0, w1, a0_1);
            }
        }
        rnn_store(z + u, a0_0);
        rnn_store(z + 16 + u, a0_1);
    }
    elman_d_h_sum_units19_cell(f, t, row, block * 2, z);
    elman_d_h_sum_units19_cell(f, t, row, block * 2 + 1, z + 16);
}

/* One step of these rows: all units, in tiles. */
static RNN_NOINLINE void elman_d_h_sum_units19(const elman_frame *f, ptrdiff_t t, rnn_share rows)
{
    for (ptrdiff_t row = rows.from; row < rows.to;) {
        const ptrdiff_t left = rows.to - row;
        if (left >= 4) {
            elman_d_h_sum_units19_4x2(f, t, row, 0);
            row += 4;
        } else {
            elman_d_h_sum_units19_1x2(f, t, row, 0);
            row++;
        }
    }
}

/* The loop over t, from the last step back. */
static RNN_NOINLINE void elman_d_h_sum_loop18(const elman_frame *f, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    ptrdiff_t t = f->to - 1;
    for (; t >= f->from + 1; t -= 2) {
        elman_d_h_sum_units19(f, t, rows);
        elman_d_h_sum_units19(f, t - 1, rows);
    }
    for (; t >= f->from; t--) {
        elman_d_h_sum_units19(f, t, rows);
    }
}

/* Over all steps and rows:
 *   d_Emb_row[t] = rnn.U' @ d_h_sum[t] */
static RNN_NOINLINE void elman_d_Emb_row_product20(const elman_frame *f, int part, int parts)
{
    rnn_real *to = f->d_Emb_row + f->from * f->rows * 32;
    const rnn_real *from = f->d_h_sum + f->from * f->rows * 32;
    const ptrdiff_t width = 32;
    rnn_gemm_part(to, width, from, 32, (int)((f->to - f->from) * f->rows), 20, f->wb + 928, 2, 1, 4, NULL, 0, part,
        parts);
}

/* Added into the gradients:
 *   d_rnn_W = sum[t, batch](outer(d_h_sum[t], h[t-1])) */
static RNN_NOINLINE void elman_d_rnn_W_weights23(const elman_frame *f, int part, int parts)
{
    rnn_gemm_dw_part(f->partial_16, f->d_h_sum + f->from * f->rows * 32, 32, f->rows * 32, f->h + f->from * f->rows *
        32, 32, f->rows * 32, (int)(f->to - f->from), (int)f->rows, 1, 32, 20, 0, part, parts);
    /* d_rnn.W */
    rnn_unpack_add_part(f->grad + 384, 20, f->partial_16, 32, 20, 20, 0, 1, part, parts);
}

/* Added into the gradients:
 *   d_rnn_U = sum[t, batch](outer(d_h_sum[t], Emb_row[t])) */
static RNN_NOINLINE void elman_d_rnn_U_weights24(const elman_frame *f, int part, int parts)
{
    rnn_gemm_dw_part(f->partial_17, f->d_h_sum + f->from * f->rows * 32, 32, f->rows * 32, f->Emb_row + f->from *
        f->rows * 32, 32, f->rows * 32, (int)(f->to - f->from), (int)f->rows, 1, 32, 20, 0, part, parts);
    /* d_rnn.U */
    rnn_unpack_add_part(f->grad + 784, 20, f->partial_17, 32, 20, 20, 0, 1, part, parts);
}

/* Added into the gradients:
 *   d_rnn_b = sum[t, batch](d_h_sum[t]) */
static RNN_NOINLINE void elman_d_rnn_b_sum25(const elman_frame *f, int part, int parts)
{
    rnn_colsum_part(f->partial_18, f->d_h_sum + f->from * f->rows * 32, 32, f->rows * 32, (int)(f->to - f->from),
        (int)f->rows, 1, 32, 0, part, parts);
    /* d_rnn.b */
    rnn_unpack_add_vector_part(f->grad + 1184, f->partial_18, 32, 20, 0, 1, part, parts);
}

/* Added into the gradients:
 *   d_Emb = sum[t, batch](scatter(d_Emb_row[t], x[t])) */
static RNN_NOINLINE void elman_d_Emb_sum21(const elman_frame *f, int part, int parts)
{
    /* d_Emb */
    const rnn_share columns = rnn_share_of_units(20, part, parts);
    for (ptrdiff_t t = f->to - 1; t >= f->from; t--) {
        for (ptrdiff_t row = 0; row < f->rows; row++) {
            if (t < f->length[row]) {
                rnn_scatter_add_row(f->grad + columns.from, 20, (int)(columns.to - columns.from),
                    f->x[t * f->rows + row], f->d_Emb_row + (t * f->rows + row) * 32 + columns.from);
            }
        }
    }
}

/* ---- Whole calls, their arguments checked before ---- */

/* Over all steps and rows: Emb_row */
static RNN_NOINLINE void elman_Emb_row_row3_walk(const elman_frame *f, int part, int parts)
{
    const rnn_area area = rnn_area_of(f->from, f->to, f->rows, part, parts);
    for (ptrdiff_t t = area.steps.from; t < area.steps.to; t++) {
        for (ptrdiff_t row = area.rows.from; row < area.rows.to; row++) {
            elman_Emb_row_row3(f, t, row);
        }
    }
}

/* Over all steps and rows: logsumexp_Wo_h, Wo_h_picked, y_picked_minus */
static RNN_NOINLINE void elman_logsumexp_Wo_h_numbers8_walk(const elman_frame *f, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    for (ptrdiff_t t = f->from; t < f->to; t++) {
        for (ptrdiff_t row = rows.from; row < rows.to; row++) {
            elman_logsumexp_Wo_h_numbers8(f, t, row);
            elman_Wo_h_picked_numbers9(f, t, row);
            elman_y_picked_minus_numbers10(f, t, row);
        }
    }
}

static rnn_status elman_do_eval(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, elman_state *s, elman_work *work, elman_result *r)
{
    elman_frame frame;
    elman_frame *const f = &frame;
    memset(f, 0, sizeof *f);
    f->p = p->v;
    f->w = w->w;
    f->c = c;
    f->key = c->key;
    f->rows = in->rows;
    f->steps = in->t_steps;
    f->to = f->steps;
    elman_place_eval(f, work);
    elman_start(f, in->t_len, NULL);
    elman_x_input0(f, in->x, 0, 1);
    elman_y_input1(f, in->y, 0, 1);
    elman_h_lead2(f, NULL, 0, 1);
    elman_Emb_row_row3_walk(f, 0, 1);
    elman_rnn_U_Emb_row_product4(f, 0, 1);
    elman_h_loop5(f, 0, 1);
    elman_Wo_h_product7(f, 0, 1);
    elman_logsumexp_Wo_h_numbers8_walk(f, 0, 1);
    double total_16 = 0.0;
    for (ptrdiff_t t = 0; t < f->steps; t++) {
        for (ptrdiff_t row = 0; row < f->rows; row++) {
            if (t < f->length[row]) {
                total_16 += (double)f->y_picked_minus[t * f->rows + row];
            }
        }
    }
    /* elman.rnn:11  J = mean[t, batch](xent(Wo @ h[t], y[t])) */
    const double J_18 = total_16 / (double)f->valid;
    r->loss = J_18;
    r->loss_weight = (double)f->valid;
    if (!(r->loss - r->loss == 0.0)) {
        return elman_fail(&r->fault, RNN_NONFINITE, "the loss", -1, -1, -1);
    }
    if (s != NULL) {
        elman_save_h(f, s, 0, 1);
        elman_advance(f, s, 0, 1);
    }
    return RNN_OK;
}

static rnn_status elman_do_infer(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, elman_state *s, elman_work *work, elman_result *r)
{
    elman_frame frame;
    elman_frame *const f = &frame;
    memset(f, 0, sizeof *f);
    f->p = p->v;
    f->w = w->w;
    f->c = c;
    f->key = c->key;
    f->rows = in->rows;
    f->steps = in->t_steps;
    f->to = f->steps;
    elman_place_eval(f, work);
    elman_start(f, in->t_len, NULL);
    (void)r;
    elman_x_input0(f, in->x, 0, 1);
    elman_h_lead2(f, NULL, 0, 1);
    elman_Emb_row_row3_walk(f, 0, 1);
    elman_rnn_U_Emb_row_product4(f, 0, 1);
    elman_h_loop5(f, 0, 1);
    if (s != NULL) {
        elman_save_h(f, s, 0, 1);
        elman_advance(f, s, 0, 1);
    }
    return RNN_OK;
}

static rnn_status elman_do_forward(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, elman_state *s, elman_tape *tape, elman_result *r)
{
    elman_frame frame;
    elman_frame *const f = &frame;
    memset(f, 0, sizeof *f);
    f->p = p->v;
    f->w = w->w;
    f->c = c;
    f->key = c->key;
    f->rows = in->rows;
    f->steps = in->t_steps;
    f->to = f->steps;
    elman_place_forward(f, tape);
    elman_start(f, in->t_len, NULL);
    elman_x_input0(f, in->x, 0, 1);
    elman_y_input1(f, in->y, 0, 1);
    elman_h_lead2(f, NULL, 0, 1);
    elman_Emb_row_row3_walk(f, 0, 1);
    elman_rnn_U_Emb_row_product4(f, 0, 1);
    elman_h_loop5(f, 0, 1);
    elman_Wo_h_product7(f, 0, 1);
    elman_logsumexp_Wo_h_numbers8_walk(f, 0, 1);
    double total_16 = 0.0;
    for (ptrdiff_t t = 0; t < f->steps; t++) {
        for (ptrdiff_t row = 0; row < f->rows; row++) {
            if (t < f->length[row]) {
                total_16 += (double)f->y_picked_minus[t * f->rows + row];
            }
        }
    }
    /* elman.rnn:11  J = mean[t, batch](xent(Wo @ h[t], y[t])) */
    const double J_18 = total_16 / (double)f->valid;
    r->loss = J_18;
    r->loss_weight = (double)f->valid;
    if (!(r->loss - r->loss == 0.0)) {
        return elman_fail(&r->fault, RNN_NONFINITE, "the loss", -1, -1, -1);
    }
    if (s != NULL) {
        elman_save_h(f, s, 0, 1);
        elman_advance(f, s, 0, 1);
    }
    return RNN_OK;
}

/* Over all steps and rows: d_Wo_h */
static RNN_NOINLINE void elman_d_Wo_h_units16_walk(const elman_frame *f, int part, int parts)
{
    const rnn_area area = rnn_area_of(f->from, f->to, f->rows, part, parts);
    for (ptrdiff_t t = area.steps.from; t < area.steps.to; t++) {
        for (ptrdiff_t row = area.rows.from; row < area.rows.to; row++) {
            elman_d_Wo_h_units16(f, t, row);
        }
    }
}

static rnn_status elman_do_backward(const elman_params *p, const elman_packed *w, const elman_batch *in,
    elman_tape *tape, elman_work *work, double dloss, const elman_adjoint_in *up, elman_params *grad,
    elman_adjoint_out *down, rnn_fault *fault)
{
    (void)fault;
    elman_frame frame;
    elman_frame *const f = &frame;
    memset(f, 0, sizeof *f);
    f->p = p->v;
    f->w = w->w;
    f->rows = in->rows;
    f->steps = in->t_steps;
    f->to = f->steps;
    f->grad = grad->v;
    f->dloss = dloss;
    f->up = up;
    elman_place_forward(f, tape);
    elman_place_backward(f, work);
    elman_count_valid(f);
    elman_pack_backward(f->p, f->wb, 0, 1);
    elman_d_h_sum_lead14(f, 0, 1);
    const double total_20 = f->dloss / (double)f->valid;
    *f->d_loss_over = (rnn_real)total_20;
    elman_d_Wo_h_units16_walk(f, 0, 1);
    elman_d_Wo_d_Wo_h_product17(f, 0, 1);
    elman_d_Wo_weights22(f, 0, 1);
    elman_d_h_sum_loop18(f, 0, 1);
    elman_d_Emb_row_product20(f, 0, 1);
    elman_d_rnn_W_weights23(f, 0, 1);
    elman_d_rnn_U_weights24(f, 0, 1);
    elman_d_rnn_b_sum25(f, 0, 1);
    elman_d_Emb_sum21(f, 0, 1);
    if (down != NULL) {
        if (down->state != NULL) {
            memset(down->state, 0, 128 * sizeof(rnn_real));
        }
    }
    return RNN_OK;
}

static rnn_status elman_do_gradient(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, elman_state *s, elman_tape *tape, elman_work *work, double dloss, elman_params *grad,
    elman_result *r)
{
    elman_frame frame;
    elman_frame *const f = &frame;
    memset(f, 0, sizeof *f);
    f->p = p->v;
    f->w = w->w;
    f->c = c;
    f->key = c->key;
    f->rows = in->rows;
    f->steps = in->t_steps;
    f->to = f->steps;
    elman_place_forward(f, tape);
    elman_start(f, in->t_len, NULL);
    elman_x_input0(f, in->x, 0, 1);
    elman_y_input1(f, in->y, 0, 1);
    elman_h_lead2(f, NULL, 0, 1);
    elman_Emb_row_row3_walk(f, 0, 1);
    elman_rnn_U_Emb_row_product4(f, 0, 1);
    elman_h_loop5(f, 0, 1);
    elman_Wo_h_product7(f, 0, 1);
    elman_logsumexp_Wo_h_numbers8_walk(f, 0, 1);
    double total_16 = 0.0;
    for (ptrdiff_t t = 0; t < f->steps; t++) {
        for (ptrdiff_t row = 0; row < f->rows; row++) {
            if (t < f->length[row]) {
                total_16 += (double)f->y_picked_minus[t * f->rows + row];
            }
        }
    }
    /* elman.rnn:11  J = mean[t, batch](xent(Wo @ h[t], y[t])) */
    const double J_18 = total_16 / (double)f->valid;
    f->grad = grad->v;
    f->dloss = dloss;
    elman_place_backward(f, work);
    elman_pack_backward(f->p, f->wb, 0, 1);
    elman_d_h_sum_lead14(f, 0, 1);
    const double total_20 = f->dloss / (double)f->valid;
    *f->d_loss_over = (rnn_real)total_20;
    elman_d_Wo_h_units16_walk(f, 0, 1);
    elman_d_Wo_d_Wo_h_product17(f, 0, 1);
    elman_d_Wo_weights22(f, 0, 1);
    elman_d_h_sum_loop18(f, 0, 1);
    elman_d_Emb_row_product20(f, 0, 1);
    elman_d_rnn_W_weights23(f, 0, 1);
    elman_d_rnn_U_weights24(f, 0, 1);
    elman_d_rnn_b_sum25(f, 0, 1);
    elman_d_Emb_sum21(f, 0, 1);
    r->loss = J_18;
    r->loss_weight = (double)f->valid;
    if (!(r->loss - r->loss == 0.0)) {
        return elman_fail(&r->fault, RNN_NONFINITE, "the loss", -1, -1, -1);
    }
    if (s != NULL) {
        elman_save_h(f, s, 0, 1);
        elman_advance(f, s, 0, 1);
    }
    return RNN_OK;
}

/* One step of all rows: Emb_row */
static RNN_NOINLINE void elman_Emb_row_row3_rows(const elman_frame *f, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    for (ptrdiff_t row = rows.from; row < rows.to; row++) {
        elman_Emb_row_row3(f, 0, row);
    }
}

/* One step of all rows: h */
static RNN_NOINLINE void elman_h_units6_rows(const elman_frame *f, int part, int parts)
{
    const rnn_share rows = rnn_share_of(f->rows, part, parts);
    elman_h_units6(f, 0, rows);
}

static rnn_status elman_do_next(const elman_params *p, const elman_packed *w, const elman_controls *c, elman_state *s,
    elman_work *work, int32_t rows, const int32_t *x_in, float *h_out, rnn_fault *fault)
{
    (void)fault;
    elman_frame frame;
    elman_frame *const f = &frame;
    memset(f, 0, sizeof *f);
    f->p = p->v;
    f->w = w->w;
    f->c = c;
    f->key = c->key;
    f->rows = rows;
    f->steps = 1;
    f->to = f->steps;
    elman_place_step(f, work);
    elman_start(f, NULL, s);
    elman_x_input0(f, x_in, 0, 1);
    elman_h_lead2(f, s, 0, 1);
    elman_Emb_row_row3_rows(f, 0, 1);
    elman_rnn_U_Emb_row_product4(f, 0, 1);
    elman_h_units6_rows(f, 0, 1);
    elman_give_h(f, h_out, 0, 1);
    elman_save_h(f, s, 0, 1);
    elman_advance(f, s, 0, 1);
    return RNN_OK;
}

/* ---- Checks of arguments: everything is looked at before anything is written ---- */

/* The objects that every call needs. */
static rnn_status elman_check_given(const void *p, const void *w, const void *c, const void *memory,
    const char *memory_name, rnn_fault *fault)
{
    const char *missing = NULL;
    if (p == NULL)
        missing = "params";
    else if (w == NULL)
        missing = "packed";
    else if (c == NULL)
        missing = "controls";
    else if (memory == NULL)
        missing = memory_name;
    return missing == NULL ? RNN_OK : elman_fail(fault, RNN_ARG, missing, -1, -1, -1);
}

static rnn_status elman_check_rows(int32_t rows, rnn_fault *fault)
{
    if (rows < 1 || rows > ELMAN_AXIS_batch_MAX)
        return elman_fail(fault, RNN_ARG, "rows", 0, -1, -1);
    return RNN_OK;
}

static rnn_status elman_check_axis_t(const elman_batch *in, rnn_fault *fault)
{
    if (in->t_steps < 1 || in->t_steps > ELMAN_AXIS_t_MAX)
        return elman_fail(fault, RNN_ARG, "t_steps", 1, -1, -1);
    for (int32_t row = 0; in->t_len != NULL && row < in->rows; row++)
        if (in->t_len[row] < 1 || in->t_len[row] > in->t_steps)
            return elman_fail(fault, RNN_LENGTH, "t", 1, -1, row);
    return RNN_OK;
}

static rnn_status elman_check_in_x(const elman_batch *in, rnn_fault *fault)
{
    if (in->x == NULL)
        return elman_fail(fault, RNN_ARG, "x", -1, -1, -1);
    for (int32_t t_step = 0; t_step < in->t_steps; t_step++)
        for (int32_t row = 0; row < in->rows; row++) {
            const int32_t token = in->x[(size_t)t_step * (size_t)in->rows + (size_t)row];
            if ((in->t_len == NULL || t_step < in->t_len[row]) && (token < 0 || token >= ELMAN_DIM_V))
                return elman_fail(fault, RNN_RANGE, "x", 1, t_step, row);
        }
    return RNN_OK;
}

static rnn_status elman_check_in_y(const elman_batch *in, rnn_fault *fault)
{
    if (in->y == NULL)
        return elman_fail(fault, RNN_ARG, "y", -1, -1, -1);
    for (int32_t t_step = 0; t_step < in->t_steps; t_step++)
        for (int32_t row = 0; row < in->rows; row++) {
            const int32_t token = in->y[(size_t)t_step * (size_t)in->rows + (size_t)row];
            if ((in->t_len == NULL || t_step < in->t_len[row]) && (token < 0 || token >= ELMAN_DIM_V))
                return elman_fail(fault, RNN_RANGE, "y", 1, t_step, row);
        }
    return RNN_OK;
}

/* The window: rows, steps, lengths and inputs. */
static rnn_status elman_check_batch(const elman_batch *in, rnn_fault *fault)
{
    rnn_status status;
    if (in == NULL)
        return elman_fail(fault, RNN_ARG, "batch", -1, -1, -1);
    status = elman_check_rows(in->rows, fault);
    if (status == RNN_OK)
        status = elman_check_axis_t(in, fault);
    if (status == RNN_OK)
        status = elman_check_in_x(in, fault);
    return status;
}

static rnn_status elman_check_targets(const elman_batch *in, rnn_fault *fault)
{
    rnn_status status = elman_check_in_y(in, fault);
    return status;
}

/* Rows, steps and lengths of a window in one number (FNV-1a by 32-bit words). */
static int32_t elman_check_window_sum(const elman_batch *in)
{
    uint32_t sum = (2166136261U ^ (uint32_t)in->rows) * 16777619U;
    sum = (sum ^ (uint32_t)in->t_steps) * 16777619U;
    for (int32_t row = 0; row < in->rows; row++)
        sum = (sum ^ (uint32_t)(in->t_len == NULL ? in->t_steps : in->t_len[row])) * 16777619U;
    return (int32_t)(sum & 0x7fffffffU);
}

typedef struct elman_span {
    const void *at; /* NULL: not given */
    size_t bytes;
    const char *what;
} elman_span;

/* The first `written` spans are written: none may share a byte with any other. */
static rnn_status elman_check_spans(const elman_span *span, int32_t written, int32_t count, rnn_fault *fault)
{
    for (int32_t a = 0; a < written; a++) {
        for (int32_t b = a + 1; b < count; b++) {
            const uintptr_t one = (uintptr_t)span[a].at, other = (uintptr_t)span[b].at;
            const int apart = one < other ? other - one >= span[a].bytes : one - other >= span[b].bytes;
            if (!apart && one != 0 && other != 0 && span[a].bytes > 0 && span[b].bytes > 0)
                return elman_fail(fault, RNN_ARG, span[a].what, -1, -1, -1);
        }
    }
    return RNN_OK;
}

static rnn_status elman_check_overlaps(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, const elman_state *s, const void *memory, size_t bytes, elman_result *r)
{
    rnn_fault *const fault = &r->fault;
    const elman_span span[] = {
        {r, sizeof *r, "result"},
        {s, sizeof *s, "state"},
        {memory, bytes, "memory"},
        {p, sizeof *p, "params"},
        {w, sizeof *w, "packed"},
        {c, sizeof *c, "controls"},
        {in, sizeof *in, "batch"},
        {in->t_len, sizeof(int32_t) * (size_t)in->rows, "t_len"},
        {in->x, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "x"},
        {in->y, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "y"},
    };
    return elman_check_spans(span, 3, 10, fault);
}

static rnn_status elman_check_infer_overlaps(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, const elman_state *s, const void *memory, size_t bytes, elman_result *r)
{
    rnn_fault *const fault = &r->fault;
    const elman_span span[] = {
        {r, sizeof *r, "result"},
        {s, sizeof *s, "state"},
        {memory, bytes, "memory"},
        {p, sizeof *p, "params"},
        {w, sizeof *w, "packed"},
        {c, sizeof *c, "controls"},
        {in, sizeof *in, "batch"},
        {in->t_len, sizeof(int32_t) * (size_t)in->rows, "t_len"},
        {in->x, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "x"},
    };
    return elman_check_spans(span, 3, 9, fault);
}

/* up and down are never NULL here. */
static rnn_status elman_check_back_overlaps(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_tape *tape, const elman_work *work, const elman_adjoint_in *up, const elman_params *grad,
    const elman_adjoint_out *down, rnn_fault *fault)
{
    const elman_span span[] = {
        {tape, sizeof *tape, "tape"},
        {work, sizeof *work, "work"},
        {grad, sizeof *grad, "grad"},
        {down->state, sizeof(float) * ELMAN_STATE_FLOATS, "d_state"},
        {fault, sizeof *fault, "fault"},
        {p, sizeof *p, "params"},
        {w, sizeof *w, "packed"},
        {in, sizeof *in, "batch"},
        {in->t_len, sizeof(int32_t) * (size_t)in->rows, "t_len"},
        {in->x, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "x"},
        {in->y, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "y"},
        {up, sizeof *up, "up"},
        {down, sizeof *down, "down"},
    };
    return elman_check_spans(span, 5, 13, fault);
}

static rnn_status elman_check_gradient_overlaps(const elman_params *p, const elman_packed *w, const elman_batch *in,
    const elman_controls *c, const elman_state *s, const elman_tape *tape, const elman_work *work,
    const elman_params *grad, elman_result *r)
{
    rnn_fault *const fault = &r->fault;
    const elman_span span[] = {
        {r, sizeof *r, "result"},
        {s, sizeof *s, "state"},
        {tape, sizeof *tape, "tape"},
        {work, sizeof *work, "work"},
        {grad, sizeof *grad, "grad"},
        {p, sizeof *p, "params"},
        {w, sizeof *w, "packed"},
        {c, sizeof *c, "controls"},
        {in, sizeof *in, "batch"},
        {in->t_len, sizeof(int32_t) * (size_t)in->rows, "t_len"},
        {in->x, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "x"},
        {in->y, sizeof(int32_t) * (size_t)in->t_steps * (size_t)in->rows, "y"},
    };
    return elman_check_spans(span, 5, 12, fault);
}

static rnn_status elman_check_overlaps_next(const elman_params *p, const elman_packed *w, const elman_controls *c,
    elman_state *s, elman_work *work, int32_t rows, const int32_t *x_in, float *h_out, rnn_fault *fault)
{
    const elman_span span[] = {
        {h_out, sizeof(float) * (size_t)rows * ELMAN_DIM_H, "h"},
        {s, sizeof *s, "state"},
        {work, sizeof *work, "work"},
        {fault, sizeof *fault, "fault"},
        {p, sizeof *p, "params"},
        {w, sizeof *w, "packed"},
        {c, sizeof *c, "controls"},
        {x_in, sizeof(int32_t) * (size_t)rows, "x"},
    };
    return elman_check_spans(span, 4, 8, fault);
}

/* ---- Entry points ---- */

/* Past values that a row keeps: [back][row][width] from `at` in .r, tokens in .i. */
typedef struct elman_slot {
    size_t at, back, width;
    int32_t token;
} elman_slot;
static const elman_slot elman_slots[1] = {
    {0U, 1U, 32U, 0} /* h */
};

rnn_status elman_state_reset(elman_state *s, int32_t row)
{
    if (s == NULL || row < -1 || row >= ELMAN_AXIS_batch_MAX)
        return RNN_ARG;
    if (row < 0) {
        memset(s, 0, sizeof *s);
        return RNN_OK;
    }
    for (size_t i = 0; i < sizeof elman_slots / sizeof *elman_slots; i++) {
        const elman_slot *slot = &elman_slots[i];
        for (size_t back = 0; back < slot->back; back++) {
            const size_t at = slot->at + (back * ELMAN_AXIS_batch_MAX + (size_t)row) * slot->width;
            if (slot->token)
                memset(s->i + at, 0, slot->width * sizeof *s->i);
            else
                memset(s->r + at, 0, slot->width * sizeof *s->r);
        }
    }
    s->i[0 + row] = 0; /* steps since the start */
    return RNN_OK;
}

rnn_status elman_state_copy_row(elman_state *to, int32_t to_row, const elman_state *from, int32_t from_row)
{
    if (to == NULL || from == NULL || to_row < 0 || to_row >= ELMAN_AXIS_batch_MAX || from_row < 0 ||
        from_row >= ELMAN_AXIS_batch_MAX)
        return RNN_ARG;
    for (size_t i = 0; i < sizeof elman_slots / sizeof *elman_slots; i++) {
        const elman_slot *slot = &elman_slots[i];
        for (size_t back = 0; back < slot->back; back++) {
            const size_t start = slot->at + back * ELMAN_AXIS_batch_MAX * slot->width;
            const size_t put = start + (size_t)to_row * slot->width;
            const size_t get = start + (size_t)from_row * slot->width;
            if (slot->token)
                memmove(to->i + put, from->i + get, slot->width * sizeof *to->i);
            else
                memmove(to->r + put, from->r + get, slot->width * sizeof *to->r);
        }
    }
    to->i[0 + to_row] = from->i[0 + from_row];
    return RNN_OK;
}

rnn_status elman_pack(const elman_params *p, elman_packed *w)
{
    const uintptr_t from = (uintptr_t)p, to = (uintptr_t)w;
    if (p == NULL || w == NULL || (from < to ? to - from < sizeof *p : from - to < sizeof *w))
        return RNN_ARG;
    elman_do_pack(p, w, 0, 1);
    return RNN_OK;
}

rnn_status elman_eval(const elman_params *p, const elman_packed *w, const elman_batch *in, const elman_controls *c,
    elman_state *s, elman_work *work, elman_result *r)
{
    rnn_status status;
    if (r == NULL)
        return RNN_ARG;
    status = elman_check_given(p, w, c, work, "work", &r->fault);
    if (status == RNN_OK)
        status = elman_check_batch(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_targets(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_overlaps(p, w, in, c, s, work, sizeof *work, r);
    if (status != RNN_OK)
        return status;
    work->i[96] = 0; /* ends a generation that was begun on this memory */
    return elman_do_eval(p, w, in, c, s, work, r);
}

rnn_status elman_infer(const elman_params *p, const elman_packed *w, const elman_batch *in, const elman_controls *c,
    elman_state *s, elman_work *work, elman_result *r)
{
    rnn_status status;
    if (r == NULL)
        return RNN_ARG;
    status = elman_check_given(p, w, c, work, "work", &r->fault);
    if (status == RNN_OK)
        status = elman_check_batch(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_infer_overlaps(p, w, in, c, s, work, sizeof *work, r);
    if (status != RNN_OK)
        return status;
    work->i[96] = 0; /* ends a generation that was begun on this memory */
    return elman_do_infer(p, w, in, c, s, work, r);
}

rnn_status elman_forward(const elman_params *p, const elman_packed *w, const elman_batch *in, const elman_controls *c,
    elman_state *s, elman_tape *tape, elman_result *r)
{
    rnn_status status;
    if (r == NULL)
        return RNN_ARG;
    status = elman_check_given(p, w, c, tape, "tape", &r->fault);
    if (status == RNN_OK)
        status = elman_check_batch(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_targets(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_overlaps(p, w, in, c, s, tape, sizeof *tape, r);
    if (status != RNN_OK)
        return status;
    tape->i[112] = 0; /* no tape until it is complete */
    status = elman_do_forward(p, w, in, c, s, tape, r);
    if (status == RNN_OK) {
        tape->i[112] = 1499393245;
        tape->i[113] = elman_check_window_sum(in);
    }
    return status;
}

rnn_status elman_backward(const elman_params *p, const elman_packed *w, const elman_batch *in, elman_tape *tape,
    elman_work *work, double dloss, const elman_adjoint_in *up, elman_params *grad, elman_adjoint_out *down,
    rnn_fault *fault)
{
    const elman_adjoint_in no_up = {0};
    elman_adjoint_out no_down = {0};
    rnn_fault no_fault;
    rnn_status status;
    fault = fault == NULL ? &no_fault : fault;
    up = up == NULL ? &no_up : up;
    down = down == NULL ? &no_down : down;
    status = elman_check_given(p, w, p, tape, "tape", fault);
    if (status == RNN_OK && (work == NULL || grad == NULL))
        status = elman_fail(fault, RNN_ARG, work == NULL ? "work" : "grad", -1, -1, -1);
    if (status == RNN_OK && !(dloss >= -DBL_MAX && dloss <= DBL_MAX))
        status = elman_fail(fault, RNN_NONFINITE, "dloss", -1, -1, -1);
    if (status == RNN_OK)
        status = elman_check_batch(in, fault);
    if (status == RNN_OK)
        status = elman_check_targets(in, fault);
    if (status == RNN_OK)
        status = elman_check_back_overlaps(p, w, in, tape, work, up, grad, down, fault);
    if (status == RNN_OK && (tape->i[112] != 1499393245 || tape->i[113] != elman_check_window_sum(in)))
        status = elman_fail(fault, RNN_ORDER, "tape", -1, -1, -1);
    if (status != RNN_OK)
        return status;
    tape->i[112] = 0; /* consumed */
    work->i[96] = 0; /* ends a generation that was begun on this memory */
    return elman_do_backward(p, w, in, tape, work, dloss, up, grad, down, fault);
}

rnn_status elman_gradient(const elman_params *p, const elman_packed *w, const elman_batch *in, const elman_controls *c,
    elman_state *s, elman_tape *tape, elman_work *work, double dloss, elman_params *grad, elman_result *r)
{
    rnn_status status;
    if (r == NULL)
        return RNN_ARG;
    status = elman_check_given(p, w, c, tape, "tape", &r->fault);
    if (status == RNN_OK && (work == NULL || grad == NULL))
        status = elman_fail(&r->fault, RNN_ARG, work == NULL ? "work" : "grad", -1, -1, -1);
    if (status == RNN_OK && !(dloss >= -DBL_MAX && dloss <= DBL_MAX))
        status = elman_fail(&r->fault, RNN_NONFINITE, "dloss", -1, -1, -1);
    if (status == RNN_OK)
        status = elman_check_batch(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_targets(in, &r->fault);
    if (status == RNN_OK)
        status = elman_check_gradient_overlaps(p, w, in, c, s, tape, work, grad, r);
    if (status != RNN_OK)
        return status;
    tape->i[112] = 0; /* nothing is left for backward */
    work->i[96] = 0; /* ends a generation that was begun on this memory */
    return elman_do_gradient(p, w, in, c, s, tape, work, dloss, grad, r);
}

rnn_status elman_next(const elman_params *p, const elman_packed *w, const elman_controls *c, elman_state *s,
    elman_work *work, int32_t rows, const int32_t *x_in, float *h_out, rnn_fault *fault)
{
    rnn_fault no_fault;
    rnn_status status;
    fault = fault == NULL ? &no_fault : fault;
    status = elman_check_given(p, w, c, work, "work", fault);
    if (status == RNN_OK && s == NULL)
        status = elman_fail(fault, RNN_ARG, "state", -1, -1, -1);
    if (status == RNN_OK)
        status = elman_check_rows(rows, fault);
    if (status == RNN_OK && x_in == NULL)
        status = elman_fail(fault, RNN_ARG, "x", -1, -1, -1);
    for (int32_t row = 0; status == RNN_OK && row < rows; row++)
        if (x_in[row] < 0 || x_in[row] >= ELMAN_DIM_V)
            status = elman_fail(fault, RNN_RANGE, "x", -1, -1, row);
    if (status == RNN_OK && h_out == NULL)
        status = elman_fail(fault, RNN_ARG, "h", -1, -1, -1);
    if (status == RNN_OK)
        status = elman_check_overlaps_next(p, w, c, s, work, rows, x_in, h_out, fault);
    if (status != RNN_OK)
        return status;
    work->i[96] = 0; /* ends a generation that was begun on this memory */
    return elman_do_next(p, w, c, s, work, rows, x_in, h_out, fault);
}

#ifdef RNN_WITH_MODEL
/* ---- The model as data, for code that knows no model ---- */

/* name, least, most, carry */
static const rnn_axis_info elman_table_axes[2] = {
    {"batch", 1, 4, 0},
    {"t", 1, 8, 0}
};

/* name, role, is_token, vocab, axes, has_batch, rank, dims, initial, needs_target, means, first */
static const rnn_field_info elman_table_fields[3] = {
    {"x", RNN_ROLE_INPUT, 1, 9, 1, {1}, 1, 0, {1, 1}, 0.0, 0, 0, 0},
    {"y", RNN_ROLE_TARGET, 1, 9, 1, {1}, 1, 0, {1, 1}, 0.0, 1, 0, 0},
    {"h", RNN_ROLE_ENTRY, 0, 0, 1, {1}, 1, 1, {20, 1}, 0.0, 0, 0, 0}
};

/* name, kind, axis, fields given at each step, fields written, how many of these are generated, stop */
static const rnn_entry_info elman_table_entries[1] = {
    {"next", RNN_ENTRY_STEP, 1, 1, {0}, 1, {2}, 0, 0}
};

static const rnn_constant_info elman_table_constants[2] = {
    {"V", 9.0, 1},
    {"H", 20.0, 1}
};

static rnn_status elman_thunk_params_init(void *params, uint64_t seed)
{
    return elman_params_init(params, seed);
}

static rnn_status elman_thunk_pack(const void *params, void *packed)
{
    return elman_pack(params, packed);
}

static rnn_status elman_thunk_state_reset(void *state, int32_t row)
{
    return elman_state_reset(state, row);
}

static rnn_status elman_thunk_state_copy_row(void *to, int32_t to_row, const void *from, int32_t from_row)
{
    return elman_state_copy_row(to, to_row, from, from_row);
}

static void elman_thunk_batch(const rnn_call *call, elman_batch *in)
{
    memset(in, 0, sizeof *in);
    in->rows = call->rows;
    in->t_steps = call->steps == NULL ? 0 : call->steps[1];
    in->t_len = call->len == NULL ? NULL : call->len[1];
    in->x = call->in == NULL ? NULL : call->in[0];
    in->y = call->in == NULL ? NULL : call->in[1];
}

static void elman_thunk_controls(const rnn_call *call, elman_controls *c)
{
    c->key = call->key;
}

static void elman_thunk_result(const rnn_call *call, elman_result *r)
{
    memset(r, 0, sizeof *r);
    (void)call;
}

static rnn_status elman_thunk_done(rnn_call *call, const elman_result *r, rnn_status status)
{
    if (status != RNN_OK) {
        call->fault = r->fault;
        return status;
    }
    call->loss = r->loss;
    call->loss_weight = r->loss_weight;
    return status;
}

static rnn_status elman_thunk_eval(const void *params, const void *packed, rnn_call *call, void *state,
    void *work)
{
    elman_batch in;
    elman_controls c;
    elman_result r;
    elman_thunk_batch(call, &in);
    elman_thunk_controls(call, &c);
    elman_thunk_result(call, &r);
    return elman_thunk_done(call, &r, elman_eval(params, packed, &in, &c, state, work, &r));
}

static rnn_status elman_thunk_infer(const void *params, const void *packed, rnn_call *call, void *state,
    void *work)
{
    elman_batch in;
    elman_controls c;
    elman_result r;
    elman_thunk_batch(call, &in);
    elman_thunk_controls(call, &c);
    elman_thunk_result(call, &r);
    return elman_thunk_done(call, &r, elman_infer(params, packed, &in, &c, state, work, &r));
}

static rnn_status elman_thunk_forward(const void *params, const void *packed, rnn_call *call, void *state,
    void *tape)
{
    elman_batch in;
    elman_controls c;
    elman_result r;
    elman_thunk_batch(call, &in);
    elman_thunk_controls(call, &c);
    elman_thunk_result(call, &r);
    return elman_thunk_done(call, &r, elman_forward(params, packed, &in, &c, state, tape, &r));
}

static rnn_status elman_thunk_backward(const void *params, const void *packed, rnn_call *call, void *tape,
    void *work, double dloss, const void *const *up, void *grad, void *const *down)
{
    elman_batch in;
    elman_adjoint_in above;
    elman_adjoint_out below;
    elman_thunk_batch(call, &in);
    memset(&above, 0, sizeof above);
    memset(&below, 0, sizeof below);
    (void)up;
    (void)down;
    return elman_backward(params, packed, &in, tape, work, dloss, &above, grad, &below, &call->fault);
}

static rnn_status elman_thunk_gradient(const void *params, const void *packed, rnn_call *call, void *state,
    void *tape, void *work, double dloss, void *grad)
{
    elman_batch in;
    elman_controls c;
    elman_result r;
    elman_thunk_batch(call, &in);
    elman_thunk_controls(call, &c);
    elman_thunk_result(call, &r);
    return elman_thunk_done(call, &r, elman_gradient(params, packed, &in, &c, state, tape, work, dloss, grad, &r));
}

static rnn_status elman_thunk_begin(int32_t entry, const void *params, const void *packed, rnn_call *call,
    void *state, void *work)
{
    (void)params;
    (void)packed;
    (void)call;
    (void)state;
    (void)work;
    switch (entry) {
    case 0:
        return RNN_OK; /* a step entry has no begin */
    default:
        return RNN_ARG;
    }
}

static rnn_status elman_thunk_step(int32_t entry, const void *params, const void *packed, rnn_call *call,
    void *state, void *work, uint8_t *done)
{
    elman_controls c;
    elman_thunk_controls(call, &c);
    (void)done;
    switch (entry) {
    case 0:
        return elman_next(params, packed, &c, state, work, call->rows,
            call->in == NULL ? NULL : call->in[0],
            call->out == NULL ? NULL : call->out[2],
            &call->fault);
    default:
        return RNN_ARG;
    }
}

static const rnn_model elman_table = {
    RNN_RUNTIME_ABI, 4, "elman", ELMAN_LAYOUT_HASH, ELMAN_PARAMS_HASH,
    sizeof(elman_params), sizeof(elman_packed), sizeof(elman_state), sizeof(elman_work), sizeof(elman_tape),
    ELMAN_PARAM_FLOATS, 5, 2, 3, 1, 2, 0, 0, /* params, axes, fields, entries, constants, advices, means */
    1, 0, 1, 0, /* has loss, dropout, infer */
    elman_param_info, elman_table_axes, elman_table_fields, elman_table_entries, elman_table_constants, NULL,
    elman_thunk_params_init, elman_thunk_pack, elman_thunk_state_reset, elman_thunk_state_copy_row,
    elman_thunk_eval, elman_thunk_infer, elman_thunk_forward, elman_thunk_backward, elman_thunk_gradient,
    elman_thunk_begin, elman_thunk_step, NULL};

const rnn_model *elman_model(void)
{
    return &elman_table;
}
#endif
