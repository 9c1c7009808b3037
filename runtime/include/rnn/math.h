/* math.h: the functions of the language, one vector at a time, on the vocabulary of simd.h.
 *
 * In float, exp, expm1, log, log1p, tanh and sigmoid are computed here: no branches, the same bits for any number of
 * lanes, right at zeros, infinities, NaN and subnormal numbers, and finite for every finite argument except where exp
 * overflows. Largest error over all floats, in units of the last place, with rnn_fma fused and not fused:
 *
 *   exp 1.3 1.3   expm1 1.5 1.6   log 0.9 0.9   log1p 1.5 1.5   tanh 5.1 6.0   sigmoid 2.7 2.7   softplus 2.4 2.3
 *
 * In double, and in float where RNN_MATH_PRECISE is 1, they are the C library's, lane by lane; sin, cos, pow, erf and
 * what is made from erf always are. */
#ifndef RNN_MATH_H_INCLUDED
#define RNN_MATH_H_INCLUDED
#include "rnn/simd.h"

/* A function of the C library applied to each lane. */
#define RNN_PER_LANE(name, function)                                                                                   \
    RNN_API rnn_vec name(rnn_vec x)                                                                                    \
    {                                                                                                                  \
        rnn_real lane[RNN_VL];                                                                                         \
        rnn_store(lane, x);                                                                                            \
        for (int i = 0; i < RNN_VL; i++)                                                                               \
            lane[i] = RNN_LIBM(function)(lane[i]);                                                                     \
        return rnn_load(lane);                                                                                         \
    }

RNN_PER_LANE(rnn_sin, sin)
RNN_PER_LANE(rnn_cos, cos)
RNN_PER_LANE(rnn_erf, erf)
RNN_PER_LANE(rnn_erfc, erfc)

RNN_INLINE rnn_vec rnn_pow(rnn_vec a, rnn_vec b)
{
    rnn_real base[RNN_VL], exponent[RNN_VL];
    rnn_store(base, a);
    rnn_store(exponent, b);
    for (int i = 0; i < RNN_VL; i++)
        base[i] = RNN_LIBM(pow)(base[i], exponent[i]);
    return rnn_load(base);
}

#if RNN_REAL_DOUBLE || RNN_MATH_PRECISE

RNN_PER_LANE(rnn_exp, exp)
RNN_PER_LANE(rnn_expm1, expm1)
RNN_PER_LANE(rnn_log, log)
RNN_PER_LANE(rnn_log1p, log1p)
RNN_PER_LANE(rnn_tanh, tanh)

#else

/* exp(x) = 2^n exp(r) with n the whole number nearest to x / ln 2: *n gets n, the result is r. ln 2 is taken off in two
 * pieces, the first of which times n is exact. */
RNN_INLINE rnn_vec rnn_exp_reduce(rnn_vec x, rnn_vec *n)
{
    rnn_vec magic = rnn_splat(12582912.0F); /* 1.5 * 2^23: adding it rounds to a whole number */
    *n = rnn_fma(x, rnn_splat(1.44269504F), magic) - magic;
    rnn_vec r = rnn_fma(*n, rnn_splat(-0.693359375F), x);
    return rnn_fma(*n, rnn_splat(2.12194440e-4F), r);
}

/* exp(r) - 1 - r over r^2, for |r| <= ln 2 / 2 */
RNN_INLINE rnn_vec rnn_exp_tail(rnn_vec r)
{
    rnn_vec p = rnn_splat(1.9875691500e-4F);
    p = rnn_fma(p, r, rnn_splat(1.3981999507e-3F));
    p = rnn_fma(p, r, rnn_splat(8.3334519073e-3F));
    p = rnn_fma(p, r, rnn_splat(4.1665795894e-2F));
    p = rnn_fma(p, r, rnn_splat(1.6666665459e-1F));
    return rnn_fma(p, r, rnn_splat(5.0000001201e-1F));
}

RNN_INLINE rnn_vec rnn_exp(rnn_vec x)
{
    rnn_vec n;
    rnn_vec r = rnn_exp_reduce(rnn_bound(x, rnn_splat(-104.0F), rnn_splat(89.0F)), &n);
    rnn_vec p = rnn_fma(rnn_exp_tail(r), r * r, r + rnn_splat(1.0F));
    return rnn_scale2(p, n);
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1); half of it first, so that 2^128 does not arise. */
RNN_INLINE rnn_vec rnn_expm1(rnn_vec x)
{
    rnn_vec n;
    rnn_vec r = rnn_exp_reduce(rnn_bound(x, rnn_splat(-20.0F), rnn_splat(89.0F)), &n);
    rnn_vec p = rnn_fma(rnn_exp_tail(r), r * r, r);
    rnn_vec half = rnn_scale2(rnn_splat(0.5F), n);
    rnn_vec y = rnn_fma(half, p, half - rnn_splat(0.5F));
    return rnn_select(rnn_eq(n, rnn_zero()), p, y + y);
}

/* x = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2); log(1 + f) = f - f^2 / 2 + f^3 p(f). */
RNN_INLINE rnn_vec rnn_log_positive(rnn_vec x)
{
    rnn_vec tiny = rnn_lt(x, rnn_splat(FLT_MIN));
    x = rnn_select(tiny, x * rnn_splat(8388608.0F), x);
    rnn_ivec bits = rnn_to_bits(x) + rnn_ibits(0x3f800000U - 0x3f3504f3U);
    rnn_vec e = rnn_of_bits((bits >> 23) | rnn_ibits(0x4b000000U)) - rnn_splat(8388608.0F + 127.0F);
    e = e - rnn_select(tiny, rnn_splat(23.0F), rnn_zero());
    rnn_vec f = rnn_of_bits((bits & rnn_ibits(0x007fffffU)) + rnn_ibits(0x3f3504f3U)) - rnn_splat(1.0F);
    rnn_vec p = rnn_splat(7.0376836292e-2F);
    p = rnn_fma(p, f, rnn_splat(-1.1514610310e-1F));
    p = rnn_fma(p, f, rnn_splat(1.1676998740e-1F));
    p = rnn_fma(p, f, rnn_splat(-1.2420140846e-1F));
    p = rnn_fma(p, f, rnn_splat(1.4249322787e-1F));
    p = rnn_fma(p, f, rnn_splat(-1.6668057665e-1F));
    p = rnn_fma(p, f, rnn_splat(2.0000714765e-1F));
    p = rnn_fma(p, f, rnn_splat(-2.4999993993e-1F));
    p = rnn_fma(p, f, rnn_splat(3.3333331174e-1F));
    rnn_vec square = f * f;
    rnn_vec y = rnn_fma(e, rnn_splat(-2.12194440e-4F), square * f * p);
    y = rnn_fma(square, rnn_splat(-0.5F), y) + f;
    return rnn_fma(e, rnn_splat(0.693359375F), y);
}

RNN_INLINE rnn_vec rnn_log(rnn_vec x)
{
    rnn_vec infinity = rnn_splat(INFINITY);
    rnn_vec outside = rnn_select(rnn_eq(x, rnn_zero()), -infinity, rnn_splat(NAN)); /* zero; negative or NaN */
    rnn_vec y = rnn_select(rnn_gt(x, rnn_zero()), rnn_log_positive(x), outside);
    return rnn_select(rnn_eq(x, infinity), infinity, y);
}

/* log(1 + x) with u = 1 + x as it was rounded: log(u) + (what the rounding took) / u */
RNN_INLINE rnn_vec rnn_log1p(rnn_vec x)
{
    rnn_vec u = rnn_splat(1.0F) + x;
    rnn_vec big = rnn_gt(x, rnn_splat(1.0F)); /* then 1 is the smaller, and its own loss counts */
    rnn_vec lost = rnn_select(big, rnn_splat(1.0F) - (u - x), x - (u - rnn_splat(1.0F)));
    rnn_vec y = rnn_log(u) + lost / u;
    rnn_vec plain = rnn_or(rnn_eq(u, rnn_zero()), rnn_eq(u, rnn_splat(INFINITY))); /* lost / u is no number there */
    y = rnn_select(plain, rnn_log(u), y);
    return rnn_select(rnn_eq(u, rnn_splat(1.0F)), x, y);
}

/* x p(x^2) / q(x^2), a minimax fit on |x| <= 9.02; beyond, the float nearest to tanh is 1. */
RNN_INLINE rnn_vec rnn_tanh(rnn_vec x)
{
    rnn_vec one = rnn_splat(1.0F);
    rnn_vec a = rnn_bound(x, rnn_splat(-9.02F), rnn_splat(9.02F));
    rnn_vec s = a * a;
    rnn_vec p = rnn_splat(1.33834761933e-8F);
    p = rnn_fma(p, s, rnn_splat(2.06352243603e-5F));
    p = rnn_fma(p, s, rnn_splat(3.49742102639e-3F));
    p = rnn_fma(p, s, rnn_splat(1.33826563911e-1F));
    p = rnn_fma(p, s, one);
    rnn_vec q = rnn_splat(7.78991258617e-7F);
    q = rnn_fma(q, s, rnn_splat(3.28845759033e-4F));
    q = rnn_fma(q, s, rnn_splat(2.58842213756e-2F));
    q = rnn_fma(q, s, rnn_splat(4.67159776541e-1F));
    q = rnn_fma(q, s, one);
    return rnn_bound(a * p / q, -one, one);
}

#endif

/* exp(-|x|) over 1 + exp(-|x|), or 1 over it: relative accuracy on both sides, and no overflow. */
RNN_INLINE rnn_vec rnn_sigmoid(rnn_vec x)
{
    rnn_vec one = rnn_splat(1);
    rnn_vec z = rnn_exp(-rnn_abs(x));
    return rnn_select(rnn_lt(x, rnn_zero()), z, one) / (one + z);
}

RNN_INLINE rnn_vec rnn_softplus(rnn_vec x)
{
    return rnn_max2(x, rnn_zero()) + rnn_log1p(rnn_exp(-rnn_abs(x)));
}

RNN_INLINE rnn_vec rnn_elu(rnn_vec x)
{
    return rnn_select(rnn_gt(x, rnn_zero()), x, rnn_expm1(x));
}

/* The normal distribution function: (1 + erf(x / sqrt 2)) / 2, accurate in the lower tail, too. */
RNN_INLINE rnn_vec rnn_normal_cdf(rnn_vec x)
{
    return rnn_splat((rnn_real)0.5) * rnn_erfc(x * rnn_splat((rnn_real)-0.70710678118654752440));
}

/* x times the above; the lower bound keeps -inf * 0 away and changes no other value. */
RNN_INLINE rnn_vec rnn_gelu(rnn_vec x)
{
    rnn_vec lo = rnn_splat((rnn_real)-40), hi = rnn_splat((rnn_real)INFINITY);
    return rnn_bound(x, lo, hi) * rnn_normal_cdf(x);
}

/* Its derivative: the distribution function and x times the density, which is 0 beyond 40 in every type. */
RNN_INLINE rnn_vec rnn_gelu_slope(rnn_vec x)
{
    rnn_vec z = rnn_bound(x, rnn_splat((rnn_real)-40), rnn_splat((rnn_real)40));
    rnn_vec density = rnn_splat((rnn_real)0.39894228040143267794) * rnn_exp(rnn_splat((rnn_real)-0.5) * z * z);
    return rnn_normal_cdf(x) + z * density;
}
#endif
