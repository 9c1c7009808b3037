/* schedule.h: blocks, loops, product groups, and the order in which they run: the inside of a Program.
 *
 * Two passes over the graph are scheduled by the same code: the forward nodes, and the nodes of the gradient together
 * with the forward nodes that are cheaper to compute again than to keep. In each pass every node that is no leaf has a
 * home, the block that computes it; it has a Loc when somebody outside its home reads it.
 *
 *   components -> pull (elementwise work into the loop that alone uses it) -> levels inside loops -> groups of products,
 *   side by side in strips -> levels of everything -> blocks -> walks -> what must be kept (Loc) -> buffers -> chunks
 *
 * Levels are longest paths where an edge costs 1 when its value must be complete before it is used (the operand of a
 * product, of a reduction over components, a number that a vector needs) and 0 when both ends can share registers. */
#ifndef RNNC_SCHEDULE_H
#define RNNC_SCHEDULE_H
#include "graph/loops.h"
#include "loop/program.h"
#include "support/diag.h"

typedef enum BlockKind {
    BLOCK_INPUT,    /* copies an input or target into a padded buffer: zeros (token -1) past a row's length */
    BLOCK_LEAD,     /* fills the steps before the first and after the last one from state or init */
    BLOCK_UNITS,    /* vectors element by element, in panels of 16; in a loop behind the products of its group */
    BLOCK_SCALARS,  /* numbers: component reductions and arithmetic on them */
    BLOCK_ROW,      /* one node, by a function of the runtime on whole rows */
    BLOCK_PRODUCT,  /* one round of a group over all steps and rows: a large matrix product */
    BLOCK_CONTRACT, /* sums over steps and rows of outer products: weight gradients */
    BLOCK_SUM,      /* sum over steps and rows of vectors (bias, peephole) or scattered rows (embedding) */
    BLOCK_TOTAL,    /* numbers free of rows that depend on sums over rows: double */
    BLOCK_LOOP,     /* a cycle: blocks run step by step */
    BLOCK_WALK,     /* blocks outside loops that run side by side at each step and row */
    BLOCK_CHUNK     /* blocks over steps, loops among them, that run one after the other for some steps at a time */
} BlockKind;
typedef enum Domain { DOMAIN_ONCE, DOMAIN_ROWS, DOMAIN_SEQ } Domain;

typedef struct Operand { /* the row that a product runs over: part of a buffer row at some offset of the axis */
    Buffer *buffer;
    int offset;
    int64_t from, depth; /* reals; whole panels where several values are joined */
} Operand;
typedef struct Round { /* products with one operand, joined side by side and over k */
    Operand operand;
    PackedMatrix *packed;
    VEC(Node *) products;
    struct Block *block; /* BLOCK_PRODUCT that runs it over all steps; NULL: inside the loop */
} Round;
typedef struct Group { /* products of one phase with the same number of units: accumulators side by side */
    int id;
    int64_t units;
    int slots, panels_at_once;
    Node *result[MAX_SLOTS]; /* the last product of each slot's chain */
    Node *start[MAX_SLOTS];  /* what each chain starts from; NULL: zero */
    VEC(Round *) rounds;     /* in the loop */
    Strip *strip;
    int first, ordinal; /* where it begins in its strip: panel, and slot counted from the strip's first */
} Group;
/* Groups that stand side by side in one row of one buffer: [panel][slot][16] of the first one, of the next one, ... What
 * they multiply the same operand by before their loop, or outside of loops, is one product. */
struct Strip {
    int id;
    VEC(Group *) groups;
    int slots, panels;   /* of all groups */
    VEC(Round *) rounds; /* over all steps, before the loop; each goes on with the sums of the one before */
    Buffer *buffer;      /* of hoisted sums and what takes their place; may be NULL */
    BiasRow *bias;       /* start of the first round, or NULL */
    struct Block *prefill_block;
    bool prefill; /* starts are written into the slots before the first round */
};
typedef struct Copy { /* a store beside the node's own: of a leaf, or a second place */
    Node *node;
    Loc to;
} Copy;

/* A block of the forward pass that backward runs once more: of its values nobody keeps all steps. */
typedef struct Again {
    struct Block *block;
    bool only_up; /* for adjoints from outside alone */
} Again;

typedef struct Block {
    BlockKind kind;
    int id;
    bool backward;
    Domain domain;
    int component;              /* of the loop it is inside of (LOOP: which it is), or -1 */
    int level;                  /* inside its loop, or among all blocks */
    int rank;                   /* UNITS: 1 or 2 */
    int64_t units, matrix_rows; /* UNITS: last dimension; rows of a matrix state, else 1 */
    unsigned needs;             /* NEEDS_* */
    VEC(Node *) nodes;          /* by id */
    VEC(Copy) copies;
    Group *group; /* UNITS in a loop */
    Strip *strip; /* PRODUCT */
    Round *round; /* PRODUCT */
    GVar *var;    /* INPUT, LEAD */
    /* CONTRACT, SUM */
    Buffer *scratch;    /* partial sums */
    VEC(Node *) inside; /* SUM: values that its loop computes and nobody stores, by id */
    /* LOOP, WALK, CHUNK */
    int axis, direction;
    VEC(struct Block *) body; /* in order; of a loop its phases */
    VEC(Again) again;         /* CHUNK of backward: what runs before the body, in order */
    int unroll_steps;
    /* UNITS with a group */
    int unroll_k;
    bool pairs;            /* of blocks of panels, when there is a single row */
    const char *name;      /* of its function, C-safe and unique */
    struct Block *walk;    /* that it is a part of, or NULL */
    struct Block *chunk;   /* likewise */
    struct Block *partner; /* CHUNK of forward: the one of backward that runs parts of it again, or NULL */
    bool late;             /* forward: runs in backward's chunks, or after them, when both are one call (late.c) */
} Block;
typedef VEC(const Block *) BlockList;
enum {
    NEEDS_TARGET = 1,
    NEEDS_FUTURE = 2,
    NEEDS_UP = 4,         /* backward: computed only for adjoints from outside */
    NEEDS_GENERATED = 8,  /* the first of the bits for inputs that generate entries define, at the same step */
    NEEDS_ENTRY = 1 << 20 /* the first of the bits for step and generate entries that ask for it */
};                        /* a block never mixes these */

typedef VEC(Node *) NodeList;
typedef struct Pass {
    bool backward;
    bool *in;        /* [nodes] computed in this pass (leaves: used) */
    int *component;  /* [nodes] loop it runs in, or -1; pulled nodes included */
    int *level;      /* [nodes] */
    Block **home;    /* [nodes] */
    Loc *loc;        /* [nodes] */
    bool *keep;      /* [nodes] needs a Loc */
    bool *fused;     /* [nodes] only sums over steps and rows read it: computed inside their loops, never stored */
    NodeList *users; /* [nodes] nodes of the pass that read it, by id */
    Group **group;   /* [nodes] of a product in a chain, or NULL */
    int *slot;       /* [nodes] its slot there */
    Round **round;   /* [nodes] */
    Group **mirror;  /* [nodes] backward: adjoint of slot mirror_slot of a forward group: may stand in its place */
    int *mirror_slot;
    unsigned *needs;     /* [nodes] NEEDS_* */
    int *loop_level;     /* [loops] of the whole loop among the blocks */
    VEC(Block *) blocks; /* top level, in order */
    VEC(Group *) groups;
    VEC(Strip *) strips;
} Pass;

struct Schedule {
    Pass forward, backward;
    bool has_backward;
    bool has_late;    /* some blocks are */
    Loc *var_loc[2];  /* [pass][vars] where READ finds a variable: SEQ buffers with lead and trail */
    Loc *up_loc;      /* [vars] copy of the adjoint of an output from outside, where whole rows of it are needed */
    Buffer **control; /* [vars] a control's value on the tape, where backward needs it; NULL else */
    bool *on_tape;    /* [nodes] */
    GraphLoops *loops;
    int block_count, group_count, strip_count, packed_count;
    VEC(Block *) all_blocks;
};

typedef struct ScheduleOptions {
    int unroll_k, unroll_steps; /* 0: cost model */
    bool only_forward;
    bool whole; /* windows, not chunks of steps */
} ScheduleOptions;
/* The graph has gone through simplify, chains, grad, retime, chains. */
Program *schedule_build(Arena *arena, Graph *graph, const ScheduleOptions *options);

/* --- between the files of this folder --- */
bool node_is_leaf(const Node *node);                 /* read where it is used; never computed in a block */
bool up_is_copied(const Pass *pass, const Node *up); /* a whole-row function reads this UP leaf */
bool node_is_total(const Node *node);                /* double scalar: BLOCK_TOTAL */
bool node_is_product(const Node *node);              /* of a parameter and a vector: runs on packed weights */
Node *product_operand(const Node *product);
Node *product_matrix(const Node *product);
Node *product_start(const Node *product);                                       /* NULL: zero */
bool pass_loads(const Program *program, const Pass *pass, const Node *node);    /* backward loads it from the tape */
bool pass_computes(const Program *program, const Pass *pass, const Node *node); /* no leaf, not loaded, in the pass */
void pass_loop_levels(Program *program, Pass *pass);                            /* level.c */
bool node_is_asked_for(const Program *program, const Node *node);               /* by more than its users: group.c */
bool node_is_row_sum(const Node *node);                                         /* fuse.c: of vectors, to one vector */
bool same_vectors(const Node *a, const Node *b); /* level.c: one block can compute them side by side */
Domain node_domain(const Node *node);
bool node_is_elementwise(const Node *node);             /* computed in panels or as a number; ONEHOT and OUTER too */
bool node_is_computed_number(const Node *node);         /* rank 0 and real, computed in a SCALARS block */
NodeList gradient_terms(Arena *arena, Node *sum);       /* of a parameter's gradient, in order */
bool is_direct_sum(const Node *term);                   /* goes into the gradient without a place of its own */
const char *value_name(Arena *arena, const Node *node); /* naming.c: the user's, or one that tells how it is made */
/* "n_sum" for the one product that n = tanh(...) takes, "gates" for several. */
const char *group_name(Arena *arena, const Pass *pass, const Group *group);
void name_buffers(Program *program); /* their fields in the frame of the emitted C */
void pass_find_users(Program *program, Pass *pass);
const int *pass_first_levels(Program *program, Pass *pass); /* level.c: [nodes] when nothing is joined yet */
void pass_levels(Program *program, Pass *pass);             /* level.c */
/* The bits from NEEDS_GENERATED on of a node, or of the sums of its group: group.c. */
unsigned generated_needs(const Pass *pass, const Node *node);
void pass_groups(Program *program,
                 Pass *pass); /* group.c: products of a phase side by side, their hoisted beginnings */
void pass_strips(Program *program, Pass *pass, const int *level); /* strip.c: groups that stand side by side */
void pass_rounds(Program *program, Pass *pass);                   /* round.c: products that share an operand */
NodeList group_chain(Program *program, const Pass *pass, const Group *group, int slot); /* first to last */
int group_panels(const Group *group);                                                   /* of all slots */
bool start_is_plain(const Node *start);                                                 /* zero, or a bias */
void pass_blocks(Program *program, Pass *pass);                                         /* block.c */
void pass_find_fused(Program *program, Pass *pass); /* fuse.c: which values are computed inside sums */
bool sum_falls(const Program *program, const Pass *pass, const Node *value); /* fuse.c: steps fall in its sum */
bool sums_apart(const Pass *pass, const Block *block);                       /* fuse.c */
void pass_fill_sums(Program *program, Pass *pass); /* fuse.c: what their loops compute, what they load */
void pass_drop_idle(Program *program, Pass *pass); /* at the end of placing */
bool node_is_scratch(const Program *program, const Pass *pass, const Node *node); /* place.c: one step's rows */
void pass_walks(Program *program, Pass *pass);                                    /* walk.c */
void place_in_place(Program *program, Pass *pass);                                /* inplace.c */
typedef struct Access { /* what a block does to a buffer when it computes a step */
    Buffer *buffer;
    bool write;
    bool any_step;   /* not only the steps from least to most, counted from the one computed */
    int least, most; /* of a write: 0 */
} Access;
typedef VEC(Access) Accesses;
Accesses block_accesses(const Program *program, const Pass *pass, const Block *block); /* access.c: with its body */
bool accesses_touch(const Accesses *accesses, const Buffer *buffer, bool only_write);
void pass_chunks(Program *program, Pass *pass);                     /* chunk.c */
int64_t chunk_rows(const Program *program);                         /* chunk.c: the most rows of all steps of a chunk */
int64_t chunk_count(const Program *program);                        /* chunk.c: of the largest window */
bool buffer_is_large(const Program *program, const Buffer *buffer); /* chunk.c: too large to be held for a window */
void chunk_buffers(Program *program);         /* again.c: which buffers hold a chunk; what runs again for it */
void find_late(Program *program);             /* late.c */
void pass_locs(Program *program, Pass *pass); /* place.c */
Buffer *buffer_new(Program *program, const Pass *pass, const char *name, BufferSpan span, int64_t width); /* place.c */
BufferSpan span_of(const Node *node);                                                                     /* place.c */
void place_mirrors(Program *program,
                   Pass *pass);                  /* place_strip.c: adjoints in the place of what they are adjoints of */
void place_groups(Program *program, Pass *pass); /* place_strip.c: sums, and what takes their place */
void copy_starts(Program *program, Pass *pass);  /* place_strip.c: starts that are no bias */
void tape_choose(Program *program);              /* tape.c */
void plan_memory(Program *program);              /* plan.c */
typedef struct PanelSpan { /* panels of a row that hold some values; joined: not one whole value */
    int first, end;
    bool joined;
} PanelSpan;
void panel_span(PanelSpan *span, Loc loc, int64_t units); /* plan.c: takes in a value more */
/* fuse.c: which argument of a deferred sum is the adjoint, and where those of all sums of a block stand */
int sum_adjoint(const Pass *pass, const Node *sum);
PanelSpan sum_span(const Pass *pass, const Block *block);
void choose_unrolling(Program *program); /* unroll.c */
#endif
