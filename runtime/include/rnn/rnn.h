/* rnn.h: the types that emitted models, trainers and applications share. Plain C99, also C++98; no code.
 * A model's header includes it (or carries this text, under this guard, when it was made with --standalone).
 * The training loops are in rnn/train.h, files of tensors in rnn/tensors.h, the vectors in rnn/simd.h. */
#ifndef RNN_RNN_H_INCLUDED
#define RNN_RNN_H_INCLUDED
#include <stddef.h>
#include <stdint.h>

#define RNN_RUNTIME_ABI 2

#if defined(__GNUC__) || defined(__clang__)
#define RNN_NODISCARD __attribute__((warn_unused_result))
#define RNN_ALIGNED(n) __attribute__((aligned(n)))
#else
#define RNN_NODISCARD
#define RNN_ALIGNED(n)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What every call returns: RNN_OK or a negative code; the caller's rnn_fault has the details. */
typedef int32_t rnn_status;
enum {
    RNN_OK = 0,
    RNN_ARG = -1,       /* NULL, out of bounds, overlapping outputs */
    RNN_RANGE = -2,     /* a token outside its vocabulary */
    RNN_LENGTH = -3,    /* a row's length outside 1 .. steps */
    RNN_ORDER = -4,     /* backward without its forward, step on a state of another layout */
    RNN_NONFINITE = -5, /* NaN or infinity; a mean over nothing */
    RNN_VERSION = -6,   /* hashes or ABI do not match */
    RNN_IO = -7,
    RNN_FORMAT = -8,  /* a file that is not what it should be */
    RNN_MEMORY = -9,  /* only the trainer and file functions allocate */
    RNN_STOPPED = -10 /* a hook asked to stop; everything is consistent */
};

/* All randomness is a function of (seed, tick, position, row, site, component): Philox4x32-10 (Salmon et al. 2011). */
typedef struct rnn_key {
    uint64_t seed;
    uint32_t tick; /* the caller's count of windows */
} rnn_key;

/* A mean that accumulates over calls: sum / weight. */
typedef struct rnn_mean {
    double sum, weight;
} rnn_mean;

typedef struct rnn_fault {
    rnn_status code;
    int32_t axis;      /* index of the axis, -1: none */
    int32_t step, row; /* -1: none */
    char what[96];     /* the user's name of the argument, variable or parameter */
} rnn_fault;

enum { /* rnn_param_info.flags */
       RNN_PARAM_FROZEN = 1
};
typedef struct rnn_param_info {
    char name[96];  /* "rnn[2].Wz": also its name in files of tensors */
    int32_t offset; /* in reals from the start of M_params; a multiple of 16 */
    int32_t count;
    int32_t rank;   /* 0, 1, 2 */
    int32_t dim[2]; /* unused ones are 1 */
    int32_t flags;
} rnn_param_info;

/* ---- Any model as data: what M_model() returns when RNN_WITH_MODEL is defined. A trainer knows no model. ---- */

enum { RNN_AXES_MAX = 8, RNN_RANK_MAX = 2 };

typedef struct rnn_axis_info {
    char name[64];
    int32_t least, most; /* of the length of a row; axis 0 is batch: of the rows */
    int32_t carry;
} rnn_axis_info;

typedef enum rnn_role {
    RNN_ROLE_INPUT = 0,
    RNN_ROLE_TARGET = 1,
    RNN_ROLE_OUTPUT = 2,
    RNN_ROLE_METRIC = 3,
    RNN_ROLE_CONTROL = 4,
    RNN_ROLE_ENTRY = 5 /* written by entries only: a variable that is no output of the model */
} rnn_role;
typedef struct rnn_field_info {
    char name[96];
    int32_t role;               /* rnn_role */
    int32_t is_token;           /* int32_t elements; else reals of real_bytes */
    int32_t vocab;              /* tokens: 0 .. vocab - 1 */
    int32_t axes;               /* how many sequence axes, in the order of memory */
    int32_t axis[RNN_AXES_MAX]; /* indices into rnn_model.axes */
    int32_t has_batch;          /* [axis0_steps][axis1_steps]..[rows][dim0][dim1] */
    int32_t rank;
    int32_t dim[RNN_RANK_MAX];
    double initial;       /* controls: the default */
    int32_t needs_target; /* outputs: not available without targets */
    int32_t means;        /* metrics: how many rnn_mean it accumulates in the array `metrics` of rnn_call */
    int32_t first_mean;
} rnn_field_info;

typedef enum rnn_entry_kind { RNN_ENTRY_STEP = 0, RNN_ENTRY_GENERATE = 1 } rnn_entry_kind;
typedef struct rnn_entry_info {
    char name[64];
    int32_t kind; /* rnn_entry_kind */
    int32_t axis;
    int32_t ins; /* fields the caller gives at each step (indices into fields) */
    int32_t in[16];
    int32_t outs; /* fields it writes at each step; generate: the generated ones first */
    int32_t out[16];
    int32_t generated; /* how many of out are generated inputs or targets */
    int32_t has_stop;
} rnn_entry_info;

typedef struct rnn_constant_info {
    char name[64];
    double value;
    int32_t is_dim;
} rnn_constant_info;

/* train { ... }: advice to the trainer; a key that is absent has set = 0. */
typedef struct rnn_advice {
    char key[24];
    char text[24]; /* of a string value, else empty */
    double number;
} rnn_advice;

/* One window for the thunks below. Arrays are indexed as rnn_model.fields. */
typedef struct rnn_call {
    int32_t rows;
    const int32_t *steps;      /* [axes]; [0] unused */
    const int32_t *const *len; /* [axes], each NULL or [rows]; the array itself may be NULL */
    const void *const *in;     /* [fields]: inputs and targets */
    void *const *out;          /* [fields]: outputs, NULL where not wanted; may be NULL */
    const double *controls;    /* [fields]: values of controls; NULL: defaults */
    rnn_key key;
    int32_t train;            /* forward: let dropout drop */
    double loss, loss_weight; /* set by eval and forward */
    rnn_mean *metrics;        /* [mean_count], accumulated; may be NULL */
    rnn_fault fault;
} rnn_call;

typedef struct rnn_model {
    int32_t abi;
    int32_t real_bytes; /* 4 or 8 */
    char name[64];
    uint64_t layout_hash, params_hash;
    size_t params_bytes, packed_bytes, state_bytes, work_bytes, tape_bytes; /* of the caller's objects */
    int32_t param_reals;                                                    /* length of M_params.v */
    int32_t params, axes, fields, entries, constants, advices, mean_count;
    int32_t has_loss, has_dropout, has_infer;
    int32_t loss_field_rows; /* reserved: 0 */
    const rnn_param_info *param;
    const rnn_axis_info *axis;
    const rnn_field_info *field;
    const rnn_entry_info *entry;
    const rnn_constant_info *constant;
    const rnn_advice *advice;

    rnn_status (*params_init)(void *params, uint64_t seed);
    rnn_status (*pack)(const void *params, void *packed);
    rnn_status (*state_reset)(void *state, int32_t row);
    rnn_status (*state_copy_row)(void *to, int32_t to_row, const void *from, int32_t from_row);
    /* state may be NULL: every row starts fresh and nothing is kept */
    rnn_status (*eval)(const void *params, const void *packed, rnn_call *call, void *state, void *work);
    rnn_status (*infer)(const void *params, const void *packed, rnn_call *call, void *state, void *work);
    rnn_status (*forward)(const void *params, const void *packed, rnn_call *call, void *state, void *tape);
    /* adds into grad; up: [fields] adjoints of outputs or NULL; down: [fields] adjoints of real inputs or NULL */
    rnn_status (*backward)(const void *params, const void *packed, rnn_call *call, void *tape, void *work, double dloss,
                           const void *const *up, void *grad, void *const *down);
    /* forward, then backward without up and down: the same bits, and often less work */
    rnn_status (*gradient)(const void *params, const void *packed, rnn_call *call, void *state, void *tape, void *work,
                           double dloss, void *grad);
    /* begin: rows and the inputs that do not vary over the entry's axis. in and out as in rnn_call, one step each.
     * done: [rows], set to 1 where the stop condition holds; may be NULL for a step entry. */
    rnn_status (*entry_begin)(int32_t entry, const void *params, const void *packed, rnn_call *call, void *state,
                              void *work);
    rnn_status (*entry_step)(int32_t entry, const void *params, const void *packed, rnn_call *call, void *state,
                             void *work, uint8_t *done);
    /* The value of a metric from its means (exp for perplexity): field index and the whole array of means. */
    double (*metric)(int32_t field, const rnn_mean *means);
} rnn_model;

#ifdef __cplusplus
}
#endif
#endif
