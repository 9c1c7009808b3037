/* body.h: what the files that emit the inside of a model share: where a value stands as a C expression, and the
 * value of a node as an expression over rnn_vec. emit_body.c calls the parts in order:
 *   emit_share.c   how functions that take (part, parts) begin
 *   emit_frame.c   the struct of pointers that every block gets, and one function a place (tape, work) that fills it
 *   emit_pack.c    packed weights
 *   emit_units.c   vectors element by element       emit_product.c  tiles of products of a phase
 *   emit_numbers.c component reductions, numbers    emit_row.c      whole-row functions
 *   emit_sums.c    deferred sums and gradients      emit_window.c   inputs, leads, outputs, state
 *   emit_walk.c    walks over steps and rows        emit_chunk.c    runs of blocks by chunks of steps
 *   emit_run.c     the order of everything in each entry point
 *   explain.c      formulas in the comments
 *
 * Every emitted function that an entry point calls to do a share of the work ends in (int part, int parts). All parts of
 * one function may run in any order or at the same time, together they do its work, and none reads what another part of
 * the same function writes. Between two functions of a run all parts must have met. No bit depends on parts.
 *   - Products, packing, sums: columns (rnn_gemm_part and its like); sums and where they are added by the same share.
 *   - Loops: rows. Everything of one row is done by one part, so nothing has to meet inside a loop; one in which rows
 *     look at each other (a mean over the batch at each step) is run by part 0 alone.
 *   - Walks, inputs, outputs: whole steps, or rows; state, what stands before and after a window: rows.
 * Work of a window is done for steps f->from .. f->to - 1; inputs, leads and state are of the whole window. */
#ifndef RNNC_EMIT_BODY_H
#define RNNC_EMIT_BODY_H
#include "emit/ctree.h"
#include "emit/emit.h"
#include "loop/schedule.h"

/* Row pointers that a function declares at its top, once each. */
typedef struct RowPointer {
    const Buffer *buffer;
    int offset;
    const char *name;
} RowPointer;
typedef struct RowPointers {
    CBlock *to;
    const CExpr *t, *row; /* of which step and row */
    VEC(RowPointer) known;
} RowPointers;

typedef struct Ctx {
    Emit *emit;
    Arena *arena;
    const Program *program;
    const Pass *pass;
    const Block *block;
    const CExpr *t, *row;      /* ptrdiff_t expressions; NULL outside */
    const CExpr *panel, *lane; /* of a vector: units panel * 16 + lane .. */
    const CExpr *matrix_row;   /* of a rank-2 value */
    RowPointers *pointers;     /* NULL: written out where they are used */
    const CExpr **local;       /* [nodes] value already computed in this block, or NULL */
} Ctx;

Ctx ctx_new(Emit *emit, const Pass *pass, const Block *block);

/* --- where things are --- */
Loc node_loc(const Program *program, const Pass *pass, const Node *node); /* of READ and INPUT: the variable's */
int node_offset(const Node *node);
/* Pointer to the row of a buffer at (t + offset, row): "f->h + ((t + 1) * f->rows + row) * 128" */
const CExpr *row_pointer(const Ctx *ctx, const Buffer *buffer, int offset);
/* Pointer to a whole row of a contiguous node: a Loc, an input, a parameter. */
const CExpr *node_pointer(const Ctx *ctx, const Node *node);
/* Index of the vector's first unit in a buffer row: panel * slots * 16 + slot * 16 + lane */
const CExpr *unit_index(const Ctx *ctx, int slots, int slot);
const CExpr *unit_position(const Ctx *ctx);             /* panel * 16 + lane */
const CExpr *units_left(const Ctx *ctx, int64_t units); /* from there: "20 - (int)(panel * 16 + u)" */
const CExpr *param_pointer(const Ctx *ctx, const GVar *param);
int64_t param_offset(const Program *program, const GVar *param);
/* "f->grad + 384", "f->grad" for 0 */
const char *lay_offset(Arena *arena, const char *pointer, int64_t offset);
int64_t row_stride(const Node *matrix); /* reals between rows of a rank-2 value in memory; parameters: not padded */

/* From here on row pointers of (t, row) are declared in a group at this place of `body`. */
void open_pointers(Ctx *ctx, CBlock *body);

/* --- values --- */
const CExpr *real_literal(const Ctx *ctx, double value);   /* "0.5F" */
const CExpr *value_of(const Ctx *ctx, const Node *node);   /* rnn_vec */
const CExpr *number_of(const Ctx *ctx, const Node *node);  /* rnn_real */
const CExpr *token_of(const Ctx *ctx, const Node *node);   /* int32_t */
const CExpr *compute(const Ctx *ctx, const Node *node);    /* the node's own expression over value_of its arguments */
const char *local_name(const Ctx *ctx, const Node *node);  /* the user's name or vN */
const char *loaded_name(const Ctx *ctx, const Node *node); /* "h_prev" of h[t-1]; else local_name */
const char *unique_name(const Ctx *ctx, const char *name, int id);    /* not yet the name of a value of this block */
void comment_equation(const Ctx *ctx, CBlock *out, const Node *node); /* "charlm.rnn:20  h[t] = ..." */

/* --- functions --- */
const char *block_function(const Ctx *ctx, const Block *block, const char *suffix);
bool has_lengths(const Ctx *ctx);
bool block_keeps(const Ctx *ctx, const Node *node);
void store_vector(const Ctx *ctx, CBlock *out, Loc to, const CExpr *value, int64_t units);
/* What stands in a place at steps past a row's length: the start value where a reverse read looks there; NULL: zero. */
const Node *start_past_end(const Ctx *ctx, Loc place);

/* --- shares (emit_share.c): f, `more` parameters, part and parts --- */
CBlock *share_function(Emit *emit, CBlock *out, const char *name, const char *const *more, int n);
void share_rows(CBlock *body);                                      /* declares `rows`: the part's */
void share_none(CBlock *body);                                      /* part 0 does it all */
CBlock *share_each_row(CBlock *out);                                /* a loop over `rows` */
CBlock *share_area(CBlock *body, const char *from, const char *to); /* loops over the part's steps and rows */
bool reads_other_rows(const Block *block);                          /* it, or a block inside of it */

/* --- comments (explain.c) --- */
/* "Over all rows: h, c": what the blocks compute for others. */
const char *explain_values(Emit *emit, const Pass *pass, const BlockList *blocks, const char *over);
const char *explain_buffer(Emit *emit, const Buffer *buffer); /* the formula of what it holds; NULL: its name says it */
void explain_block(Emit *emit, CBlock *out, const Pass *pass, const Block *block); /* above its function */

void emit_frame(Emit *emit, CBlock *out);
void emit_places(Emit *emit, CBlock *out);
void emit_pack(Emit *emit, CBlock *out);
bool packs_at_start(const Program *program); /* is there anything that backward packs when it starts? */
/* One matrix; `to` and `from`: the start of its region and of the parameters, as C. */
void emit_pack_matrix(Emit *emit, CBlock *out, const PackedMatrix *packed, const char *to, const char *from);
void emit_block_functions(Emit *emit, CBlock *out, const Pass *pass);
void emit_units(Ctx *ctx, CBlock *out);
void emit_tiles(Ctx *ctx, CBlock *out);
void emit_numbers(Ctx *ctx, CBlock *out);
void emit_row(Ctx *ctx, CBlock *out);
void emit_product(Ctx *ctx, CBlock *out);
void emit_sums(Ctx *ctx, CBlock *out);
void emit_sum_loop(Ctx *ctx, CBlock *body); /* emit_sum_loop.c: several sums, of values computed on the way */
const char *goes_on(const Block *block);    /* a C condition of a block of sums: not the first chunk; "0": no chunks */
bool varies_over_steps(const Node *node);   /* some argument does */
void emit_input(Ctx *ctx, CBlock *out);
void emit_lead(Ctx *ctx, CBlock *out);
void emit_total(const Ctx *ctx, CBlock *out, const Node *node); /* statements that compute a double */
void emit_window(Emit *emit, CBlock *out);                      /* outputs, state */
void emit_gradients(Emit *emit, CBlock *out);
#endif
