/* scalar.c: one complex function an elementwise op, written from the op's meaning and not from its gradient column, so
 * that the complex step is a second opinion on it. Only erf has no complex form in C: there the first-order term is
 * enough, since imaginary parts are of the order 1e-30. */
#include "graph/scalar.h"

#include <math.h>
#include <stddef.h>

static const double inverse_sqrt_2 = 0.70710678118654752440, two_over_sqrt_pi = 1.12837916709551257390;

/* re + i im without the NaN that (re + im * I) makes of an infinite re. */
Complex scalar_make(double re, double im)
{
    union {
        double part[2];
        Complex whole;
    } u = {.part = {re, im}};
    return u.whole;
}

Complex scalar_log1p(Complex z)
{
    return scalar_make(log1p(creal(z)), cimag(z) / (1 + creal(z)));
}

static Complex times(Complex a, Complex b)
{
    const double re = creal(a) * creal(b) - cimag(a) * cimag(b);
    const double cross = (cimag(a) == 0 ? 0 : cimag(a) * creal(b)) + (cimag(b) == 0 ? 0 : creal(a) * cimag(b));
    return scalar_make(re, cross);
}

static Complex over(Complex a, Complex b)
{
    if (cimag(b) == 0)
        return scalar_make(creal(a) / creal(b), cimag(a) == 0 ? 0 : cimag(a) / creal(b));
    const double q = creal(a) / creal(b);
    return scalar_make(q, (cimag(a) - q * cimag(b)) / creal(b));
}

static Complex exponential(Complex z)
{
    const double size = exp(creal(z));
    return cimag(z) == 0 ? scalar_make(size, 0) : scalar_make(size * cos(cimag(z)), size * sin(cimag(z)));
}

static Complex logarithm(Complex z)
{
    return creal(z) > 0 ? scalar_make(log(creal(z)), atan2(cimag(z), creal(z)))
                        : scalar_make(log(creal(z)), cimag(z) == 0 ? 0 : cimag(z) / creal(z));
}

static Complex truth(int holds)
{
    return holds ? 1 : 0;
}

/* One op a line. */
/* clang-format off */
static Complex f_add(const Complex *x) { return x[0] + x[1]; }
static Complex f_sub(const Complex *x) { return x[0] - x[1]; }
static Complex f_mul(const Complex *x) { return times(x[0], x[1]); }
static Complex f_div(const Complex *x) { return over(x[0], x[1]); }
static Complex f_neg(const Complex *x) { return -x[0]; }
static Complex f_tanh(const Complex *x) { return cimag(x[0]) == 0 ? tanh(creal(x[0])) : ctanh(x[0]); }
static Complex f_exp(const Complex *x) { return exponential(x[0]); }
static Complex f_log(const Complex *x) { return logarithm(x[0]); }
static Complex f_sin(const Complex *x) { return cimag(x[0]) == 0 ? sin(creal(x[0])) : csin(x[0]); }
static Complex f_cos(const Complex *x) { return cimag(x[0]) == 0 ? cos(creal(x[0])) : ccos(x[0]); }
static Complex f_relu(const Complex *x) { return creal(x[0]) > 0 ? x[0] : creal(x[0]) <= 0 ? 0 : creal(x[0]); }
static Complex f_leaky_relu(const Complex *x) { return creal(x[0]) > 0 ? x[0] : times(x[1], x[0]); }
static Complex f_abs(const Complex *x) { return creal(x[0]) > 0 ? x[0] : creal(x[0]) < 0 ? -x[0] : fabs(creal(x[0])); }
static Complex f_max2(const Complex *x) { return creal(x[0]) >= creal(x[1]) ? x[0] : x[1]; }
static Complex f_min2(const Complex *x) { return creal(x[0]) <= creal(x[1]) ? x[0] : x[1]; }
static Complex f_where(const Complex *x) { return creal(x[0]) != 0 ? x[1] : x[2]; }
static Complex f_sign(const Complex *x) { return (creal(x[0]) > 0) - (creal(x[0]) < 0); }
static Complex f_eq(const Complex *x) { return truth(creal(x[0]) == creal(x[1])); }
static Complex f_ne(const Complex *x) { return truth(creal(x[0]) != creal(x[1])); }
static Complex f_lt(const Complex *x) { return truth(creal(x[0]) < creal(x[1])); }
static Complex f_le(const Complex *x) { return truth(creal(x[0]) <= creal(x[1])); }
static Complex f_gt(const Complex *x) { return truth(creal(x[0]) > creal(x[1])); }
static Complex f_ge(const Complex *x) { return truth(creal(x[0]) >= creal(x[1])); }
static Complex f_and(const Complex *x) { return truth(creal(x[0]) != 0 && creal(x[1]) != 0); }
static Complex f_or(const Complex *x) { return truth(creal(x[0]) != 0 || creal(x[1]) != 0); }
static Complex f_not(const Complex *x) { return truth(creal(x[0]) == 0); }
static Complex f_expand(const Complex *x) { return x[0]; }
static Complex f_stopgrad(const Complex *x) { return creal(x[0]); }
/* clang-format on */

static Complex f_clip(const Complex *x)
{
    const Complex raised = creal(x[0]) < creal(x[1]) ? x[1] : x[0];
    return creal(raised) > creal(x[2]) ? x[2] : raised;
}

/* The exponential of the sign that cannot overflow. */
static Complex f_sigmoid(const Complex *x)
{
    if (creal(x[0]) >= 0)
        return over(1, 1 + exponential(-x[0]));
    const Complex e = exponential(x[0]);
    return over(e, 1 + e);
}

static Complex f_softplus(const Complex *x)
{
    return creal(x[0]) > 0 ? x[0] + scalar_log1p(exponential(-x[0])) : scalar_log1p(exponential(x[0]));
}

static Complex f_sqrt(const Complex *x)
{
    const double root = sqrt(creal(x[0]));
    return scalar_make(root, cimag(x[0]) == 0 ? 0 : cimag(x[0]) / (2 * root));
}

static Complex f_elu(const Complex *x)
{
    return creal(x[0]) >= 0 ? x[0] : scalar_make(expm1(creal(x[0])), cimag(exponential(x[0])));
}

/* The share of the standard normal below z, and its density. */
static Complex normal_share(Complex z)
{
    const double slope = 0.5 * two_over_sqrt_pi * inverse_sqrt_2 * exp(-0.5 * creal(z) * creal(z));
    return scalar_make(0.5 * erfc(-creal(z) * inverse_sqrt_2), cimag(z) == 0 ? 0 : cimag(z) * slope);
}

static Complex f_gelu(const Complex *x)
{
    return times(x[0], normal_share(x[0]));
}

static Complex f_gelu_slope(const Complex *x)
{
    const Complex density = 0.5 * two_over_sqrt_pi * inverse_sqrt_2 * exponential(-0.5 * times(x[0], x[0]));
    return normal_share(x[0]) + times(x[0], density);
}

/* Whole exponents by multiplication: the base may be negative. */
static Complex whole_power(Complex base, double exponent)
{
    Complex result = 1;
    for (double left = fabs(exponent); left >= 1; left = floor(left / 2)) {
        if (fmod(left, 2) != 0)
            result = times(result, base);
        base = times(base, base);
    }
    return exponent < 0 ? over(1, result) : result;
}

static Complex f_pow(const Complex *x)
{
    const double exponent = creal(x[1]);
    if (cimag(x[1]) == 0 && cimag(x[0]) == 0)
        return pow(creal(x[0]), exponent);
    if (cimag(x[1]) == 0 && exponent == floor(exponent) && fabs(exponent) < 1024)
        return whole_power(x[0], exponent);
    return exponential(times(x[1], logarithm(x[0])));
}

ScalarFunction *scalar_function(OpId op)
{
    static ScalarFunction *const functions[OP_ROWS] = {
        [OP_ADD] = f_add,
        [OP_SUB] = f_sub,
        [OP_MUL] = f_mul,
        [OP_DIV] = f_div,
        [OP_POW] = f_pow,
        [OP_NEG] = f_neg,
        [OP_TANH] = f_tanh,
        [OP_SIGMOID] = f_sigmoid,
        [OP_RELU] = f_relu,
        [OP_LEAKY_RELU] = f_leaky_relu,
        [OP_ELU] = f_elu,
        [OP_GELU] = f_gelu,
        [OP_GELU_SLOPE] = f_gelu_slope,
        [OP_SOFTPLUS] = f_softplus,
        [OP_EXP] = f_exp,
        [OP_LOG] = f_log,
        [OP_SQRT] = f_sqrt,
        [OP_ABS] = f_abs,
        [OP_SIGN] = f_sign,
        [OP_SIN] = f_sin,
        [OP_COS] = f_cos,
        [OP_CLIP] = f_clip,
        [OP_MAX2] = f_max2,
        [OP_MIN2] = f_min2,
        [OP_WHERE] = f_where,
        [OP_EQ] = f_eq,
        [OP_NE] = f_ne,
        [OP_LT] = f_lt,
        [OP_LE] = f_le,
        [OP_GT] = f_gt,
        [OP_GE] = f_ge,
        [OP_AND] = f_and,
        [OP_OR] = f_or,
        [OP_NOT] = f_not,
        [OP_EXPAND] = f_expand,
        [OP_STOPGRAD] = f_stopgrad,
        [OP_WHEN_UP] = f_stopgrad, /* its value; without adjoints from outside it is 0 already */
    };
    return functions[op];
}
