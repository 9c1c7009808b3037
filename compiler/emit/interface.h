/* interface.h: what the files that print the emitted interface (header, tables, checks, entry points) share.
 *
 *   emit_header.c, emit_structs.c    the header           names.c, emit_layout.c    names; lines of at most 120
 *   emit_prototypes.c                signatures           fields.c                  what the parts of a model are
 *   emit_tables.c, emit_metrics.c    constants, readers   emit_hash.c               the two hashes
 *   emit_checks.c, emit_spans.c      arguments            emit_entries.c, emit_steps.c, emit_state.c  public functions
 *   emit_model_table.c, emit_thunks.c  M_model()
 *
 * These parts are layouts with names and numbers in them, printed with text_printf; computed expressions are trees
 * (emit/ctree.h) and belong to emit_body.c. */
#ifndef RNNC_EMIT_INTERFACE_H
#define RNNC_EMIT_INTERFACE_H
#include "emit/emit.h"

enum { EMIT_COLUMNS = 120 };

/* --- emit.c --- */
Emit emit_open(Arena *arena, const Program *program, const SourceMap *sources, const EmitOptions *options);

/* --- names.c --- */
const char *emit_upper(Arena *arena, const char *name);
const char *emit_param_name(Emit *emit, const Var *param); /* after M_P_ */

/* --- emit_layout.c --- */
typedef struct Wrap { /* a list "a, b, c" that goes on in a new line, indented, where the line would grow too long */
    Text *out;
    int indent, n;
} Wrap;
void wrap_item(Wrap *wrap, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text of the user inside a comment: cannot end it, nor hide or reorder what follows. */
void lay_comment_text(Text *out, const char *text);
/* `##` text as a comment of its own; nothing when NULL. */
void lay_doc(Text *out, const char *indent, const char *doc);
/* "    declaration;   / * comment * /", the comment in a column of its own or above where the line is too long. */
void lay_field(Text *out, const char *declaration, const char *format, ...) __attribute__((format(printf, 3, 4)));
void lay_string(Text *out, const char *text, int most); /* a C string literal of at most `most` bytes */
const char *lay_real(const Emit *emit, double value);   /* "0.5F", or in a double model "0.5" */
const char *lay_double(Arena *arena, double value);

/* --- fields.c --- */
typedef struct Field { /* rnn_field_info */
    Var *var;
    int role; /* rnn_role */
    int means, first_mean;
} Field;
typedef VEC(Field) FieldList;
FieldList emit_fields(Emit *emit);
int emit_field_index(const FieldList *fields, const Var *var);
int emit_metric_means(const Emit *emit, const Var *metric);
bool emit_is_token(const Var *var);
const char *emit_element(const Emit *emit, const Var *var);            /* "float" or "int32_t" */
const char *emit_dim(const Emit *emit, Dim dim);                       /* "CHARLM_DIM_V", or the number */
const char *emit_type(const Emit *emit, const Var *var);               /* "[D]", "real", "index(V)" */
const char *emit_array(const Emit *emit, const Var *var, int without); /* "[t_steps][rows][CHARLM_DIM_D]" */
const char *emit_bytes(const Emit *emit, const Var *var, const char *rows, const char *in, int without);
bool emit_varies(const Var *var, int axis);
bool emit_is_real_input(const Var *var);
int64_t emit_rows_max(const Emit *emit);

/* --- emit_prototypes.c --- */
typedef enum PointKind {
    POINT_EVAL,
    POINT_INFER,
    POINT_FORWARD,
    POINT_BACKWARD,
    POINT_GRADIENT,
    POINT_BEGIN,
    POINT_STEP
} PointKind;
typedef struct Point { /* a public function that checks its arguments and calls the static one */
    PointKind kind;
    const GEntry *entry; /* BEGIN, STEP */
    const char *name;    /* after the prefix */
} Point;
typedef VEC(Point) PointList;
PointList emit_points(Emit *emit);
/* "name(types and parameters)", with remarks for readers of the header. */
void emit_signature(Emit *emit, Text *out, const char *head, const Point *point, bool remarks);
void emit_arguments(Emit *emit, Text *out, const Point *point); /* "(p, w, in, ...)" of the same parameters */
void emit_prototypes(Emit *emit, Text *out);

/* --- emit_prologue.c --- */
void emit_paste(Emit *emit, Text *out, const char *path); /* the text of an embedded header, "rnn/rnn.h" */

/* --- emit_structs.c --- */
void emit_structs(Emit *emit, Text *out);
/* ints at the end of M_tape.i and M_work.i: what they were made by */
enum { EMIT_MARK_INTS = 2 };
int64_t emit_tape_ints(const Emit *emit);
int64_t emit_work_ints(const Emit *emit);

/* --- emit_hash.c --- */
uint64_t emit_layout_hash(Emit *emit);
uint64_t emit_params_hash(const Emit *emit);

/* --- the C file --- */
void emit_metrics(Emit *emit, Text *out);
void emit_fail(Emit *emit, Text *out); /* static rnn_status M_fail(fault, code, what, axis, step, row) */
void emit_checks(Emit *emit, Text *out);
void emit_overlap_function(Emit *emit, Text *out);
void emit_overlap_call(Emit *emit, Text *out, const Point *point);
void emit_window_overlaps(Emit *emit, Text *out);
void emit_steps(Emit *emit, Text *out, const Point *point);
void emit_state(Emit *emit, Text *out);
void emit_thunks(Emit *emit, Text *out, const FieldList *fields);
bool emit_checks_state(const Emit *emit);
bool emit_checks_controls(const Emit *emit);
uint32_t emit_mark(const Emit *emit, int which);
#endif
