/* gradcheck.h: what the parts of the checking program share: a model at a point, and its value as numbers that are
 * independent of each other. compile.c writes the models and the table of them; drive.c has main. */
#ifndef GRADCHECK_H
#define GRADCHECK_H
#include <stdbool.h>

#include "rnn/rnn.h"

typedef struct GradcheckModel {
    const char *name;
    const char *fault; /* what is planted in it; "-" for none */
    const rnn_model *(*model)(void);
} GradcheckModel;
extern const GradcheckModel gradcheck_models[]; /* a row of NULLs ends it */

/* drive.c: a line that is printed when the model is found wrong */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- point.c: weights and one window of data ---- */
enum { GROUPS_MAX = 40, ROWS_MAX = 16 };

/* A model made by make.awk has an output l1, l2, ... for each shape, whose mean over rows is what the shape adds to the
 * loss: entries of all shapes (and inputs of all rows) are moved at the same time. Other models have one value, the
 * loss, in group 0. */
typedef struct Point {
    const rnn_model *model;
    void *params, *packed, *work, *tape;
    double *grad;
    void **in, **out; /* [fields] */
    double **down;    /* [fields] */
    double **up;      /* [fields]: adjoints of outputs from above; NULL: none */
    size_t *size;     /* [fields]: elements */
    int32_t *len;     /* [rows] of axis 1, or NULL */
    const int32_t *lens[RNN_AXES_MAX];
    int32_t steps[RNN_AXES_MAX];
    rnn_call call;
    int groups;               /* 1: group 0 is the loss */
    int field_of[GROUPS_MAX]; /* the output of a group */
    double value[GROUPS_MAX][ROWS_MAX];
    double dloss; /* the value is dloss * loss + the sum of up * output */
    double scale; /* the largest value: what rounding is relative to */
    uint64_t random;
} Point;

typedef struct Window {  /* the shape of a window of data */
    int32_t rows, steps; /* 0: as many as the model takes */
    bool ragged;         /* rows of unequal lengths, from 1 to all steps */
    bool all_entries;    /* else directions only */
    double dloss;
    bool up; /* outputs have adjoints */
} Window;

bool point_open(Point *point, const rnn_model *model, const Window *window, uint64_t seed);
void point_close(Point *point);
double point_uniform(Point *point, double low, double high);
/* Fills value. False after a message. */
bool point_evaluate(Point *point);
/* Fills grad and down. */
bool point_differentiate(Point *point);
/* What stands past the ends of rows: NaN and -1, or 0. */
void point_fill_padding(Point *point, bool poison);
/* The group a name belongs to: the number at its end; 0 in models without groups; -1: none. */
int point_group(const Point *point, const char *name);
/* Elements of one step of one row. */
int32_t point_width(const rnn_field_info *field);
bool point_fail(const Point *point, const char *what);

/* ---- difference.c ---- */
/* Compares the gradients of the point with differences and notes what is wrong. */
bool difference_check(Point *point, bool all_entries);
/* ---- relations.c: what must hold to the last bit ---- */
bool relations_check(Point *point);
#endif
