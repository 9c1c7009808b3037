/* initial.h: initial values of parameters, into a logical row-major parameter of rows x cols (a vector has one row). They
 * are computed in double from Philox words, so float and double builds agree up to rounding, and depend on nothing but
 * (seed, index of the parameter). fan_in is cols, fan_out is rows. */
#ifndef RNN_INITIAL_H_INCLUDED
#define RNN_INITIAL_H_INCLUDED
#include "rnn/philox.h"

/* Uniforms 2 * pair and 2 * pair + 1 of a parameter, 53 bits each, in [0, 1). Not a counter that a model uses. */
RNN_API void rnn_init_uniforms(double *u, int pair, uint64_t seed, int param)
{
    uint32_t counter[4], w[4];
    counter[0] = (uint32_t)pair;
    counter[1] = (uint32_t)param;
    counter[2] = 0xFFFFFFFFU;
    counter[3] = 0xFFFFFFFFU;
    rnn_philox(w, counter, (uint32_t)seed, (uint32_t)(seed >> 32));
    u[0] = (double)(((uint64_t)w[0] << 21) | (w[1] >> 11)) * (1.0 / 9007199254740992.0);
    u[1] = (double)(((uint64_t)w[2] << 21) | (w[3] >> 11)) * (1.0 / 9007199254740992.0);
}

RNN_API void rnn_init_constant(rnn_real *dst, int rows, int cols, double value)
{
    for (ptrdiff_t i = 0; i < (ptrdiff_t)rows * cols; i++)
        dst[i] = (rnn_real)value;
}

RNN_API void rnn_init_zeros(rnn_real *dst, int rows, int cols)
{
    rnn_init_constant(dst, rows, cols, 0);
}

RNN_API void rnn_init_ones(rnn_real *dst, int rows, int cols)
{
    rnn_init_constant(dst, rows, cols, 1);
}

/* scale on the diagonal, 0 elsewhere */
RNN_API void rnn_init_identity(rnn_real *dst, int rows, int cols, double scale)
{
    rnn_init_zeros(dst, rows, cols);
    for (int i = 0; i < rows && i < cols; i++)
        dst[(ptrdiff_t)i * cols + i] = (rnn_real)scale;
}

RNN_API void rnn_init_uniform(rnn_real *dst, int rows, int cols, double lo, double hi, uint64_t seed, int param)
{
    int n = rows * cols;
    double u[2];
    for (int i = 0; i < n; i++) {
        if (i % 2 == 0)
            rnn_init_uniforms(u, i / 2, seed, param);
        dst[i] = (rnn_real)(lo + (hi - lo) * u[i % 2]);
    }
}

/* Box-Muller; 1 - u is never 0 */
RNN_API void rnn_init_normal(rnn_real *dst, int rows, int cols, double sd, uint64_t seed, int param)
{
    int n = rows * cols;
    double u[2], z[2];
    for (int i = 0; i < n; i++) {
        if (i % 2 == 0) {
            rnn_init_uniforms(u, i / 2, seed, param);
            double radius = sd * sqrt(-2 * log(1 - u[0])), angle = 6.283185307179586476925286766559 * u[1];
            z[0] = radius * cos(angle);
            z[1] = radius * sin(angle);
        }
        dst[i] = (rnn_real)z[i % 2];
    }
}

/* Glorot and Bengio 2010: uniform, variance 2 / (fan_in + fan_out) */
RNN_API void rnn_init_glorot(rnn_real *dst, int rows, int cols, uint64_t seed, int param)
{
    double limit = sqrt(6.0 / (rows + cols));
    rnn_init_uniform(dst, rows, cols, -limit, limit, seed, param);
}

/* He et al. 2015: normal, variance 2 / fan_in */
RNN_API void rnn_init_he(rnn_real *dst, int rows, int cols, uint64_t seed, int param)
{
    rnn_init_normal(dst, rows, cols, sqrt(2.0 / cols), seed, param);
}

/* The shorter of rows and columns as vectors of an array: element e of vector v is at v * vector + e * element. */
typedef struct rnn_vectors {
    rnn_real *at;
    int count, length;
    ptrdiff_t vector, element;
} rnn_vectors;

/* Takes the components along vectors from .. from + 15 (those below j) off vector j. Blocks of 16 so that both layouts
 * run over neighbours in memory. */
RNN_API void rnn_orthogonal_reduce(const rnn_vectors *a, int j, int from)
{
    double along[16] = {0};
    int n = j - from < 16 ? j - from : 16;
    const rnn_real *basis = a->at + from * a->vector;
    rnn_real *v = a->at + j * a->vector;
    for (int e = 0; e < a->length; e++) {
        double x = (double)v[e * a->element];
        for (int i = 0; i < n; i++)
            along[i] += x * (double)basis[i * a->vector + e * a->element];
    }
    for (int e = 0; e < a->length; e++) {
        double x = (double)v[e * a->element];
        for (int i = 0; i < n; i++)
            x -= along[i] * (double)basis[i * a->vector + e * a->element];
        v[e * a->element] = (rnn_real)x;
    }
}

RNN_API void rnn_orthogonal_scale(const rnn_vectors *a, int j, double to)
{
    rnn_real *v = a->at + j * a->vector;
    double square = 0;
    for (int e = 0; e < a->length; e++)
        square += (double)v[e * a->element] * (double)v[e * a->element];
    double factor = square > 0 ? to / sqrt(square) : 0;
    for (int e = 0; e < a->length; e++)
        v[e * a->element] = (rnn_real)((double)v[e * a->element] * factor);
}

/* Saxe et al. 2013: rows (or columns, if there are fewer of them) orthogonal and of length gain: Gram-Schmidt of a
 * normal matrix, in place, each vector reduced twice, which makes it as good as Householder's method. */
RNN_API void rnn_init_orthogonal(rnn_real *dst, int rows, int cols, double gain, uint64_t seed, int param)
{
    rnn_vectors a = {dst, rows, cols, cols, 1};
    if (rows > cols) {
        a.count = cols;
        a.length = rows;
        a.vector = 1;
        a.element = cols;
    }
    rnn_init_normal(dst, rows, cols, 1, seed, param);
    for (int j = 0; j < a.count; j++) {
        for (int pass = 0; pass < 2; pass++)
            for (int from = 0; from < j; from += 16)
                rnn_orthogonal_reduce(&a, j, from);
        rnn_orthogonal_scale(&a, j, 1);
    }
    for (int j = 0; j < a.count; j++)
        rnn_orthogonal_scale(&a, j, gain);
}
#endif
