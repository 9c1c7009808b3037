/* shape.h: dimensions as polynomials over named atoms (S3), and shapes of at most two of them.
 * Two dims are equal when their normal forms are, never because today's numbers are. A literal equals only itself. */
#ifndef RNNC_SHAPE_H
#define RNNC_SHAPE_H
#include <stdbool.h>
#include <stdint.h>

#include "support/arena.h"

enum { PANEL = 16 }; /* units: what vectors in memory are padded to, whatever the lanes */
static inline int64_t padded(int64_t units)
{
    return (units + PANEL - 1) / PANEL * PANEL;
}

typedef struct DimMonomial { /* coefficient * product of atoms; atoms sorted by pointer-free order (id) */
    int64_t coefficient;
    int atoms;
    const struct DimAtom *atom[4];
} DimMonomial;
typedef struct DimAtom {
    int id;           /* order of declaration */
    const char *name; /* as the user wrote it */
    int64_t value;
} DimAtom;
typedef struct DimForm { /* normal form: monomials in a fixed order, no zero coefficient */
    int n;
    DimMonomial *term;
} DimForm;
typedef struct Dim {
    int64_t value;       /* today's number: what is compiled */
    const DimForm *form; /* NULL: known by number only (inside the graph) */
} Dim;
typedef struct Shape {
    int rank; /* 0: a scalar */
    Dim dim[2];
} Shape;

Dim dim_number(Arena *arena, int64_t value);
Dim dim_atom(Arena *arena, const DimAtom *atom);
Dim dim_add(Arena *arena, Dim a, Dim b);
Dim dim_sub(Arena *arena, Dim a, Dim b);
Dim dim_mul(Arena *arena, Dim a, Dim b);
/* Exact division by a number; form NULL and value -1 when it does not divide. */
Dim dim_div(Arena *arena, Dim a, int64_t by);
bool dim_equal(Dim a, Dim b);
bool shape_equal(Shape a, Shape b);
/* "H", "2 * H", "E + 2 * H", "10" as in messages; "[K, H]" for shapes, "a scalar" for rank 0. */
const char *dim_text(Arena *arena, Dim dim);
const char *shape_text(Arena *arena, Shape shape);
static inline int64_t shape_count(Shape s)
{
    return s.rank == 0 ? 1 : s.rank == 1 ? s.dim[0].value : s.dim[0].value * s.dim[1].value;
}
#endif
