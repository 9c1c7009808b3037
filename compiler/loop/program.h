/* program.h: a scheduled model: buffers with places in memory, blocks of fused work, loops over time, and for every
 * entry point the order in which they run. Made by loop/schedule.c and plan.c from a Graph (after chains,
 * grad, retime); printed by --dump=loop and --dump=plan; turned into C by emit/.
 *
 * A block computes some nodes for one step and one row, its vectors in panels of 16 units. Blocks outside loops run
 * over all steps and rows at once (their products are one large matrix product), blocks of a loop run step by step.
 * eval, forward, step and generate run the same blocks over buffers that stand in other places, so they cannot differ. */
#ifndef RNNC_PROGRAM_H
#define RNNC_PROGRAM_H
#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "support/vec.h"

enum { MAX_SLOTS = 6 };

/* ---- memory ---- */
typedef enum BufferSpan {           /* what a buffer has a copy for */
                          SPAN_SEQ, /* each step of the axis, with lead steps before and trail steps after, and each row */
                          SPAN_ROWS, /* each row */
                          SPAN_ONCE  /* one copy */
} BufferSpan;
typedef enum PlanRegion {                /* memory in which buffers stand */
                          PLAN_TAPE,     /* M_tape: forward */
                          PLAN_EVAL,     /* M_work: eval and infer */
                          PLAN_BACKWARD, /* M_work: backward, besides the tape */
                          PLAN_STEP,     /* M_work: step and generate */
                          PLAN_REGIONS
} PlanRegion;
typedef struct Strip Strip;
typedef struct Buffer {
    int id;
    const char *name;  /* of what it holds, C-safe */
    const char *field; /* of the frame: unique */
    BufferSpan span;
    bool token;      /* int32_t; else rnn_real */
    int axis;        /* SEQ */
    int lead, trail; /* SEQ: steps before step 0 and after the last one */
    bool chunk;      /* SEQ: of the steps of one chunk only, which stand from the start */
    bool passes;     /* SEQ, on the tape: so in eval and infer, which keep nothing for backward */
    int64_t width;   /* elements a step and row: values * matrix rows * units padded to 16; scalars and tokens: 1 */
    Strip *strip;    /* whose sums stand here side by side; NULL: one value */
    bool forward, backward;                     /* used by the forward programs, by backward */
    bool tape;                                  /* kept from forward to backward */
    int first[2], last[2];                      /* [pass] first and last block of that pass that touches it; -1: none */
    int64_t tape_at, work_at, back_at, step_at; /* offset in reals (ints) in M_tape for forward, M_work for eval, M_work
                                                  for backward, M_work for step and generate; -1: not there */
} Buffer;
typedef struct Loc { /* where a node is kept: panel p of a vector is number slot + p * slots of the row's panels */
    Buffer *buffer;  /* NULL: nowhere */
    int slot;
    int slots; /* 1: whole; more: interleaved with the other values of its group */
} Loc;

/* ---- products ---- */
typedef struct PackedMatrix { /* weights in M_packed (or, for backward, made at its start) */
    int id;
    const char *name;
    int64_t panels,
        depth;         /* panels of 16 outputs of the joined matrix; depth padded where it runs over several values */
    int at_once;       /* panels of a block: rnn/kernels.h */
    int64_t at, count; /* reals from the start of M_packed, or of the region for backward */
    bool backward;     /* packed when backward starts */
    bool late;         /* backward: packed right before its one product; all of these share a place */
    struct PackPiece {
        Node *matrix;    /* PARAM (or a computed matrix that no row owns) */
        bool transposed; /* unit n is column n of the matrix */
        int64_t units, depth;
        int slot, slots; /* panel p of its outputs is panel slot + p * slots */
        int depth_slot,
            depth_slots; /* panel p of its depth likewise; depth_slots 0: it is the whole depth, not padded */
    } * piece;
    int pieces;
} PackedMatrix;
typedef struct BiasRow { /* start values of the sums of a strip, in M_packed */
    int64_t at, count;
    const Strip *strip;
} BiasRow;

/* ---- the whole ---- */
typedef struct StateSlot { /* past values that a stream keeps: M_state.r (tokens: .i) [back - 1][rows][width] at `at` */
    GVar *var;
    int back;      /* how many steps: var's largest look back */
    int64_t width; /* as the buffer of the variable */
    bool token;
    int64_t at;
} StateSlot;

typedef struct ProgramSizes { /* elements of the caller's structs; at least 1 each */
    int64_t params, packed, state_reals, state_ints, work_reals, work_ints, tape_reals, tape_ints;
} ProgramSizes;

typedef struct Schedule Schedule; /* loop/schedule.h: blocks, loops, items */

typedef struct Program {
    Arena *arena;
    const Model *model;
    Graph *graph;
    int axis; /* the one sequence axis; -1: none */
    ProgramSizes sizes;
    int64_t *param_at; /* [params] offsets in reals, multiples of 16, in the order of Model.params */
    VEC(Buffer *) buffers;
    VEC(PackedMatrix *) packed;
    VEC(BiasRow *) bias;
    VEC(StateSlot) state;
    int64_t position_at; /* M_state.i[position_at + row]: steps of this row since its reset; 0: starts afresh */
    int64_t back_packed; /* reals of M_work where matrices that only backward uses are packed */
    int64_t region[PLAN_REGIONS]; /* reals in use: forward in M_tape, eval, backward and step in M_work */
    int unroll_k, unroll_steps;   /* --unroll, 0: by the cost model */
    Schedule *schedule;
} Program;
#endif
