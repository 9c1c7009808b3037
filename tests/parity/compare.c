/* compare.c: are two files of tensors the same but for rounding?
 *     compare EXPECT ACTUAL TOLERANCE     every tensor of EXPECT is in ACTUAL and close, and ACTUAL has no other
 *     compare --self-test EXPECT...       planted differences must all be found
 * Close means: |a - e| in the 2-norm at most TOLERANCE * |e|, and the largest difference at most TOLERANCE times the
 * largest element of e. Integers must be equal; a tensor of zeros must be zeros; NaN is never close.
 * Prints what differs; exit 0, 1 (different) or 2 (unreadable). The reader is tensors.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensors.h"

static int quiet;

static int differ(const char *name, const char *why, double much)
{
    if (!quiet)
        printf("    %s: %s %.3g\n", name, why, much);
    return 1;
}

static int same_shape(const Tensor *a, const Tensor *e)
{
    int i, same = a->rank == e->rank;
    for (i = 0; same && i < e->rank; i++)
        same = a->dim[i] == e->dim[i];
    return same;
}

static int values_differ(const Tensor *a, const Tensor *e, double tolerance)
{
    double sum = 0, norm = 0, most = 0, largest = 0;
    size_t i;
    int exact = e->type[0] == 'I';
    for (i = 0; i < e->count; i++) {
        double d = fabs(a->value[i] - e->value[i]), size = fabs(e->value[i]);
        if (!(d <= HUGE_VAL) || d == HUGE_VAL || (exact && d > 0))
            return differ(e->name, exact ? "an integer differs by" : "not a number at element", exact ? d : (double)i);
        sum += d * d;
        norm += size * size;
        most = d > most ? d : most;
        largest = size > largest ? size : largest;
    }
    if (sqrt(sum) > tolerance * sqrt(norm))
        return differ(e->name, "relative 2-norm of the difference", norm > 0 ? sqrt(sum / norm) : HUGE_VAL);
    if (most > tolerance * largest)
        return differ(e->name, "largest difference, of the largest element", most / largest);
    return 0;
}

static int tensor_differs(const Tensor *a, const Tensor *e, double tolerance)
{
    if (a == NULL)
        return differ(e->name, "missing, elements:", (double)e->count);
    if (!same_shape(a, e))
        return differ(e->name, "another shape, elements:", (double)a->count);
    if ((a->type[0] == 'I') != (e->type[0] == 'I'))
        return differ(e->name, "another type, elements:", (double)a->count);
    return values_differ(a, e, tolerance);
}

static int files_differ(const Tensors *actual, const Tensors *expect, double tolerance)
{
    int i, found = 0;
    for (i = 0; i < expect->count; i++)
        found += tensor_differs(tensors_find(actual, expect->tensor[i].name), &expect->tensor[i], tolerance);
    for (i = 0; i < actual->count; i++)
        if (tensors_find(expect, actual->tensor[i].name) == NULL)
            found += differ(actual->tensor[i].name, "not expected, elements:", (double)actual->tensor[i].count);
    return found;
}

/* ---- Planted differences: each changes tensor t and says whether it applies to it. ---- */

static size_t largest_of(const Tensor *t)
{
    size_t i, at = 0;
    for (i = 1; i < t->count; i++)
        at = fabs(t->value[i]) > fabs(t->value[at]) ? i : at;
    return at;
}

static int plant_small(Tensor *t, double tolerance)
{
    double step = 2 * tolerance * fabs(t->value[largest_of(t)]);
    t->value[t->count / 2] += t->type[0] == 'I' ? 1 : step > 0 ? step : 1e-300;
    return 1;
}

static int plant_spread(Tensor *t, double tolerance)
{
    size_t i;
    for (i = 0; i < t->count; i++)
        t->value[i] *= 1 + 1.1 * tolerance;
    return t->type[0] != 'I' && t->value[largest_of(t)] != 0;
}

static int plant_sign(Tensor *t, double tolerance)
{
    size_t i;
    (void)tolerance;
    for (i = 0; i < t->count; i++)
        t->value[i] = -t->value[i];
    return t->value[largest_of(t)] != 0;
}

static int plant_zero(Tensor *t, double tolerance)
{
    int applies = t->value[largest_of(t)] != 0;
    (void)tolerance;
    memset(t->value, 0, t->count * sizeof *t->value);
    return applies;
}

static int plant_nan(Tensor *t, double tolerance)
{
    (void)tolerance;
    t->value[t->count - 1] = NAN;
    return 1;
}

static int plant_infinity(Tensor *t, double tolerance)
{
    (void)tolerance;
    t->value[0] = HUGE_VAL;
    return 1;
}

static int plant_shift(Tensor *t, double tolerance)
{
    double first = t->value[0];
    size_t i, equal = 1;
    (void)tolerance;
    for (i = 1; i < t->count; i++)
        equal = equal && t->value[i] == first;
    memmove(t->value, t->value + 1, (t->count - 1) * sizeof *t->value);
    t->value[t->count - 1] = first;
    return !equal;
}

static int plant_shape(Tensor *t, double tolerance)
{
    size_t d = t->dim[0];
    (void)tolerance;
    t->dim[0] = t->dim[1];
    t->dim[1] = d;
    return t->rank == 2 && t->dim[0] != d;
}

static int plant_name(Tensor *t, double tolerance)
{
    (void)tolerance;
    t->name[0] = '?';
    return 1;
}

typedef struct Plant {
    const char *name;
    int (*change)(Tensor *t, double tolerance);
} Plant;

static const Plant plants[] = {
    {"one element by twice the tolerance", plant_small},
    {"all elements by 1.1 tolerances", plant_spread},
    {"the sign", plant_sign},
    {"zeros", plant_zero},
    {"a NaN", plant_nan},
    {"an infinity", plant_infinity},
    {"elements moved by one", plant_shift},
    {"dimensions swapped", plant_shape},
    {"another name", plant_name},
};

static int missed_in(const char *path, double tolerance, int *planted)
{
    static Tensors expect, actual;
    size_t k;
    int i, missed = 0, count;
    tensors_read(&expect, path);
    missed += files_differ(&expect, &expect, tolerance);
    count = expect.count;
    for (i = 0; i < count; i++)
        for (k = 0; k < sizeof plants / sizeof plants[0]; k++) {
            tensors_read(&actual, path);
            if (plants[k].change(&actual.tensor[i], tolerance)) {
                ++*planted;
                if (!files_differ(&actual, &expect, tolerance)) {
                    printf("    missed in %s: %s of %s\n", path, plants[k].name, expect.tensor[i].name);
                    missed++;
                }
            }
            tensors_free(&actual);
        }
    tensors_free(&expect);
    return missed;
}

static int self_test(int files, char **path)
{
    int i, missed = 0, planted = 0;
    quiet = 1;
    for (i = 0; i < files; i++) {
        missed += missed_in(path[i], 1e-10, &planted);
        missed += missed_in(path[i], 2e-5, &planted);
    }
    printf("%s compare: %d planted differences, %d missed\n", missed > 0 ? "FAIL" : "ok", planted, missed);
    return missed > 0 || planted == 0;
}

int main(int argc, char **argv)
{
    static Tensors expect, actual;
    int found;
    if (argc >= 3 && strcmp(argv[1], "--self-test") == 0)
        return self_test(argc - 2, argv + 2);
    if (argc != 4) {
        fprintf(stderr, "usage: compare EXPECT ACTUAL TOLERANCE | compare --self-test EXPECT...\n");
        return 2;
    }
    tensors_read(&expect, argv[1]);
    tensors_read(&actual, argv[2]);
    found = files_differ(&actual, &expect, strtod(argv[3], NULL));
    tensors_free(&expect);
    tensors_free(&actual);
    return found > 0;
}
