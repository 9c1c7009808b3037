/* interp_ops.c: ops on the components of one step and row, written as their definitions read. */
#include <math.h>
#include <string.h>

#include "graph/interp_internal.h"
#include "support/diag.h"

static Complex entry(const Complex *a, const Node *matrix, bool transposed, int64_t row, int64_t column)
{
    return transposed ? a[column * matrix->dim[1] + row] : a[row * matrix->dim[1] + column];
}

static Complex multiply(Complex a, Complex b)
{
    const Complex x[2] = {a, b};
    return scalar_function(OP_MUL)(x);
}

void interp_product(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    const int first = node->op == OP_FMA_PRODUCT ? 1 : 0;
    const Node *matrix = node->arg[first], *vector = node->arg[first + 1];
    const Complex *a = interp_at(interp, node->arg[first], at), *x = interp_at(interp, node->arg[first + 1], at);
    const Complex *start = first == 0 ? NULL : interp_at(interp, node->arg[0], at);
    for (int64_t i = 0; i < node->dim[0]; i++) {
        y[i] = start == NULL ? 0 : start[i];
        for (int64_t k = 0; k < vector->dim[0]; k++)
            y[i] += multiply(entry(a, matrix, node->ta, i, k), x[k]);
    }
}

/* The first of the largest, by the real part. */
static int64_t largest(const Complex *x, int64_t n, double sign)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (sign * creal(x[i]) > sign * creal(x[best]))
            best = i;
    return best;
}

void interp_matrix(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    Node *left = node->arg[0], *right = node->arg[node->n - 1];
    const Complex *a = interp_at(interp, left, at), *b = interp_at(interp, right, at);
    const int64_t depth = node->op == OP_MATMUL ? left->dim[node->ta ? 0 : 1] : 1;
    const int64_t most = node->op == OP_IS_MAX ? largest(a, node_count(left), 1) : -1;
    for (int64_t i = 0; i < node->dim[0]; i++)
        for (int64_t j = 0; j < node->dim[1]; j++) {
            Complex *to = &y[i * node->dim[1] + j];
            if (node->op == OP_TRANSPOSE)
                *to = a[j * left->dim[1] + i];
            else if (node->op == OP_OUTER)
                *to = multiply(a[i], b[j]);
            else if (node->op == OP_IS_MAX)
                *to = i * node->dim[1] + j == most;
            else
                *to = 0;
            for (int64_t k = 0; node->op == OP_MATMUL && k < depth; k++)
                *to += multiply(entry(a, left, node->ta, i, k), entry(b, right, node->tb, k, j));
        }
}

static Complex exp_of(Complex x)
{
    return scalar_function(OP_EXP)(&x);
}

static Complex sum_exp(const Complex *x, int64_t n, double top)
{
    Complex sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += exp_of(x[i] - top);
    return sum;
}

static Complex log_sum_exp(const Complex *x, int64_t n)
{
    const double top = creal(x[largest(x, n, 1)]);
    const Complex sum = sum_exp(x, n, top);
    return top + scalar_function(OP_LOG)(&sum);
}

static Complex sum_products(const Complex *a, const Complex *b, int64_t n)
{
    Complex sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += multiply(a[i], b[i]);
    return sum;
}

void interp_reduce(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    const int64_t n = node_count(node->arg[0]);
    const Complex *a = interp_at(interp, node->arg[0], at);
    Complex sum = 0;
    switch (node->op) {
    case OP_SUM:
        for (int64_t i = 0; i < n; i++)
            sum += a[i];
        *y = sum;
        break;
    case OP_MAX:
        *y = a[largest(a, n, 1)];
        break;
    case OP_MIN:
        *y = a[largest(a, n, -1)];
        break;
    case OP_SUMSQ:
        *y = sum_products(a, a, n);
        break;
    case OP_NORM:
        sum = sum_products(a, a, n);
        *y = creal(sum) == 0 ? 0 : scalar_function(OP_SQRT)(&sum);
        break;
    case OP_DOT:
        *y = sum_products(a, interp_at(interp, node->arg[1], at), n);
        break;
    case OP_LOGSUMEXP:
        *y = log_sum_exp(a, n);
        break;
    default:
        BUG("%s is no reduction", op_info[node->op].name);
    }
}

void interp_row(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    const int64_t n = node_count(node->arg[0]);
    const Complex *a = interp_at(interp, node->arg[0], at);
    if (node->op == OP_ARGMAX) {
        *y = (double)largest(a, n, 1);
    } else if (node->op == OP_SAMPLE) {
        *y = interp_draw(interp, node, at);
    } else {
        const double top = creal(a[largest(a, n, 1)]);
        const Complex all = sum_exp(a, n, top);
        for (int64_t i = 0; i < n; i++) {
            const Complex x[2] = {exp_of(a[i] - top), all};
            y[i] = scalar_function(OP_DIV)(x);
        }
    }
}

void interp_piece(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    if (node->op == OP_JOIN) {
        for (int i = 0; i < node->n; i++) {
            const size_t n = (size_t)node_count(node->arg[i]);
            memcpy(y, interp_at(interp, node->arg[i], at), n * sizeof *y);
            y += n;
        }
        return;
    }
    const Complex *a = interp_at(interp, node->arg[0], at);
    for (int64_t i = 0; i < node->dim[0]; i++) {
        const int64_t from = node->op == OP_SLICE ? node->from + i : i - node->from;
        y[i] = from >= 0 && from < node->arg[0]->dim[0] ? a[from] : 0;
    }
}

int interp_token_of(Interp *interp, Node *node, const int at[MAX_AXES], int64_t below)
{
    const double token = creal(interp_at(interp, node, at)[0]);
    if (!(token >= 0 && token < (double)below))
        BUG("token %g is outside 0 .. %lld", token, (long long)below - 1);
    return (int)token;
}

void interp_token(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    Node *a = node->arg[0], *token = node->arg[node->n - 1];
    if (node->op == OP_TOREAL) {
        *y = creal(interp_at(interp, a, at)[0]);
        return;
    }
    if (node->op == OP_GATHER || node->op == OP_PICK) {
        const bool column = node->op == OP_GATHER && node->ta && a->rank == 2;
        const int index = interp_token_of(interp, token, at, a->dim[column ? 1 : 0]);
        const Complex *table = interp_at(interp, a, at);
        for (int64_t i = 0; i < node->dim[0]; i++)
            y[i] = column ? table[i * a->dim[1] + index] : table[index * a->dim[1] + i];
        return;
    }
    const bool column = node->op == OP_SCATTER && node->ta && node->rank == 2;
    const int index = interp_token_of(interp, token, at, node->dim[column ? 1 : 0]);
    const Complex *from = node->op == OP_SCATTER ? interp_at(interp, a, at) : NULL;
    const int64_t width = node->op == OP_SCATTER ? node_count(a) : 1;
    memset(y, 0, (size_t)node_count(node) * sizeof *y);
    for (int64_t i = 0; i < width; i++)
        y[column ? i * node->dim[1] + index : index * node->dim[1] + i] = from == NULL ? 1 : from[i];
}
