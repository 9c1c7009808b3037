/* difference.c: gradients against five-point differences of the value. A probe moves some entries, at most one direction
 * a value (a value is a group and a row), and compares all the values that it moved. Where they disagree the difference
 * is taken again with narrower widths: within 1e-4 of a kink (relu, max, abs) only a narrow one tells the slope; a wrong
 * gradient disagrees at every width. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradcheck.h"

static const double widths[] = {1e-4, 1e-5, 1e-6};
/* All entries of vectors; of what is larger as many as SOME, drawn, and directions through all of it. */
enum { WIDTHS = 3, ENTRIES_MAX = 33, SOME = 12, DIRECTIONS = 4 };
static const double tolerance = 1e-6;

typedef struct Move { /* one number that a probe moves */
    double *at;
    double amount;
} Move;
typedef struct Slot { /* one value of the model: its slope by the gradient, and the best difference so far */
    bool used;
    int owner;
    double gradient, difference;
} Slot;
typedef struct Owner { /* a parameter or an input: its sums of squares */
    const char *name;
    double error, gradient, difference;
    int entries;
} Owner;
typedef struct Checker {
    Point *point;
    Owner *owner; /* [params + fields] */
    Slot slot[GROUPS_MAX][ROWS_MAX];
    Move *move;
    int moves, room;
    bool failed;
} Checker;

/* row -1: a parameter, whose slope is the sum over the rows; kept in row 0. */
static void add_move(Checker *checker, int owner, int group, int row, double *at, double amount, double gradient)
{
    if (checker->moves == checker->room) {
        checker->room = checker->room * 2 + 64;
        checker->move = realloc(checker->move, (size_t)checker->room * sizeof *checker->move);
        if (!checker->move)
            exit(2);
    }
    checker->move[checker->moves++] = (Move){at, amount};
    Slot *slot = &checker->slot[group][row < 0 ? 0 : row];
    slot->used = true;
    slot->owner = owner;
    slot->gradient += amount * gradient;
}

static bool evaluate_at(Checker *checker, double step, double *before)
{
    for (int i = 0; i < checker->moves; i++) {
        before[i] = *checker->move[i].at;
        *checker->move[i].at += step * checker->move[i].amount;
    }
    const bool done = point_evaluate(checker->point);
    for (int i = checker->moves - 1; i >= 0; i--)
        *checker->move[i].at = before[i];
    return done;
}

static bool differences(Checker *checker, double width, bool by_rows, double result[GROUPS_MAX][ROWS_MAX])
{
    static const double place[4] = {-2, -1, 1, 2}, factor[4] = {1, -8, 8, -1};
    const Point *point = checker->point;
    const int rows = point->groups == 1 ? 1 : point->call.rows;
    double *before = malloc((size_t)checker->moves * sizeof *before);
    bool done = before != NULL;
    memset(result, 0, sizeof(double[GROUPS_MAX][ROWS_MAX]));
    for (int i = 0; done && i < 4; i++) {
        done = evaluate_at(checker, place[i] * width, before);
        for (int g = 0; g < point->groups; g++)
            for (int b = 0; b < rows; b++)
                result[g][by_rows ? b : 0] += factor[i] * point->value[g][b] / (12 * width);
    }
    free(before);
    return done;
}

/* What is left of an error when rounding of the values is allowed for. */
static double error_of(const Checker *checker, const Slot *slot, double difference, double width)
{
    const double error = fabs(slot->gradient - difference);
    const double rounding = 2e-15 * (1 + checker->point->scale) / width;
    return error > rounding ? error - rounding : 0;
}

static bool agrees(const Slot *slot, double error)
{
    return error <= tolerance / 10 * (fabs(slot->gradient) + fabs(slot->difference));
}

/* Compares, adds to the sums of the owners and empties the probe. */
static void run_probe(Checker *checker, bool by_rows)
{
    static double result[GROUPS_MAX][ROWS_MAX], least[GROUPS_MAX][ROWS_MAX];
    bool open = checker->moves > 0;
    for (int w = 0; open && w < WIDTHS && !checker->failed; w++) {
        open = false;
        checker->failed = !differences(checker, widths[w], by_rows, result);
        for (int g = 0; g < GROUPS_MAX; g++)
            for (int b = 0; b < ROWS_MAX; b++) {
                Slot *slot = &checker->slot[g][b];
                const double error = error_of(checker, slot, result[g][b], widths[w]);
                if (!slot->used || (w > 0 && !(error < least[g][b])))
                    continue;
                least[g][b] = error;
                slot->difference = result[g][b];
                open = open || !agrees(slot, error);
            }
    }
    for (int g = 0; g < GROUPS_MAX; g++)
        for (int b = 0; b < ROWS_MAX; b++) {
            const Slot *slot = &checker->slot[g][b];
            if (!slot->used)
                continue;
            Owner *owner = &checker->owner[slot->owner];
            owner->error += least[g][b] * least[g][b];
            owner->gradient += slot->gradient * slot->gradient;
            owner->difference += slot->difference * slot->difference;
            owner->entries++;
        }
    memset(checker->slot, 0, sizeof checker->slot);
    checker->moves = 0;
}

/* ---- probes of parameters: those of one letter, or one path, together ---- */
static bool same_stem(const Point *point, const char *a, const char *b)
{
    if (point->groups == 1)
        return strcmp(a, b) == 0;
    const size_t n = strcspn(a, "0123456789");
    return strncmp(a, b, n) == 0 && strcspn(b, "0123456789") == n;
}

static void add_param(Checker *checker, int32_t index, int kind, int entry)
{
    Point *point = checker->point;
    const rnn_param_info *param = &point->model->param[index];
    const int group = point_group(point, param->name);
    double *at = (double *)point->params + param->offset;
    const double *gradient = point->grad + param->offset;
    checker->owner[index].name = param->name;
    if (group < 0 || (param->flags & RNN_PARAM_FROZEN) || (kind == 0 && entry >= param->count))
        return;
    if (kind == 0) {
        const int k = param->count <= ENTRIES_MAX ? entry : (int)point_uniform(point, 0, param->count);
        add_move(checker, index, group, -1, at + k, 1, gradient[k]);
        return;
    }
    for (int k = 0; k < param->count; k++)
        add_move(checker, index, group, -1, at + k, point_uniform(point, -1, 1) / sqrt(param->count), gradient[k]);
}

static void check_params(Checker *checker, bool all_entries)
{
    const Point *point = checker->point;
    const rnn_model *model = point->model;
    for (int32_t first = 0; first < model->params; first++) {
        bool seen = false;
        int most = 0;
        for (int32_t i = 0; i < first; i++)
            seen = seen || same_stem(point, model->param[i].name, model->param[first].name);
        for (int32_t i = first; !seen && i < model->params; i++)
            if (same_stem(point, model->param[i].name, model->param[first].name) && model->param[i].count > most)
                most = model->param[i].count;
        const int entries = !all_entries ? 0 : most <= ENTRIES_MAX ? most : SOME;
        const int directions = !all_entries ? 1 : most > ENTRIES_MAX ? DIRECTIONS : 0;
        for (int n = 0; most > 0 && n < entries + directions; n++) {
            for (int32_t i = first; i < model->params; i++)
                if (same_stem(point, model->param[i].name, model->param[first].name))
                    add_param(checker, i, n >= entries, n);
            run_probe(checker, false);
        }
    }
}

/* ---- probes of inputs: the same step and component of all rows and groups together ---- */
static void add_input(Checker *checker, int32_t index, int kind, int entry)
{
    Point *point = checker->point;
    const rnn_field_info *field = &point->model->field[index];
    const int owner = point->model->params + index, group = point_group(point, field->name);
    const int rows = field->has_batch ? point->call.rows : 1, width = point_width(field);
    const int count = (int)(point->size[index] / (size_t)rows); /* of a row */
    const bool alone = point->groups == 1;                      /* then rows are not told apart */
    double *at = point->in[index];
    checker->owner[owner].name = field->name;
    for (int b = 0; b < rows && group >= 0; b++)
        for (int k = 0; k < count; k++) {
            const int place = (k / width * rows + b) * width + k % width;
            const bool chosen = alone ? entry == k * rows + b : entry == k;
            if (at[place] == at[place] && (kind == 1 || chosen)) /* past the row's end stands NaN */
                add_move(checker, owner, group, alone ? -1 : b, at + place,
                         kind == 0 ? 1 : point_uniform(point, -1, 1) / sqrt(count), point->down[index][place]);
        }
}

static int input_entries(const Point *point, int32_t i)
{
    const int rows = point->model->field[i].has_batch && point->groups > 1 ? point->call.rows : 1;
    return (int)(point->size[i] / (size_t)rows);
}

static void check_inputs(Checker *checker, bool all_entries)
{
    Point *point = checker->point;
    const rnn_model *model = point->model;
    for (int32_t first = 0; first < model->fields; first++) {
        bool seen = point->down[first] == NULL;
        int most = 0;
        for (int32_t i = 0; i < first && !seen; i++)
            seen = point->down[i] && same_stem(point, model->field[i].name, model->field[first].name);
        for (int32_t i = first; !seen && i < model->fields; i++)
            if (point->down[i] && same_stem(point, model->field[i].name, model->field[first].name))
                most = input_entries(point, i) > most ? input_entries(point, i) : most;
        const int stride = (most + ENTRIES_MAX - 1) / ENTRIES_MAX;
        for (int n = -1; most > 0 && n < (all_entries ? most : 0); n += n < 0 ? 1 : stride) {
            for (int32_t i = first; i < model->fields; i++)
                if (point->down[i] && same_stem(point, model->field[i].name, model->field[first].name))
                    add_input(checker, i, n < 0, n);
            run_probe(checker, point->groups > 1);
        }
    }
}

/* ---- the verdict ---- */
static double norm_of(const Point *point)
{
    double sum = 0;
    for (int32_t i = 0; i < point->model->param_reals; i++)
        sum += point->grad[i] * point->grad[i];
    return sqrt(sum);
}

static bool judge(const Checker *checker)
{
    const Point *point = checker->point;
    const double all = norm_of(point);
    int wrong = 0;
    for (int32_t i = 0; i < point->model->params + point->model->fields; i++) {
        const Owner *owner = &checker->owner[i];
        if (owner->entries == 0)
            continue;
        const double error =
            sqrt(owner->error) / (sqrt(owner->gradient) + sqrt(owner->difference) + 1e-8 * all + 1e-300);
        if (error <= tolerance)
            continue;
        wrong++;
        if (wrong <= 8)
            note("d_%s is %.3g from the differences (%d of them): norm %.6g, theirs %.6g; rows %d, steps %d\n",
                 owner->name, error, owner->entries, sqrt(owner->gradient), sqrt(owner->difference), point->call.rows,
                 point->model->axes > 1 ? point->steps[1] : 0);
    }
    if (!(all > 0))
        note("the gradient is %g\n", all);
    return wrong == 0 && all > 0;
}

bool difference_check(Point *point, bool all_entries)
{
    const size_t owners = (size_t)(point->model->params + point->model->fields) + 1;
    Checker *checker = calloc(1, sizeof *checker);
    if (!checker)
        exit(2);
    checker->point = point;
    checker->owner = calloc(owners, sizeof *checker->owner);
    if (!checker->owner)
        exit(2);
    bool good = point_evaluate(point) && point_differentiate(point);
    if (good) {
        check_params(checker, all_entries);
        check_inputs(checker, all_entries);
        good = !checker->failed && judge(checker);
    }
    free(checker->owner);
    free(checker->move);
    free(checker);
    return good;
}
