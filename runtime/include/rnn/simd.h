/* simd.h: a small vocabulary over short vectors, in which all numerics of the runtime and of emitted models are
 * written. Header only: everything is static, needs no more than libm, and is plain text, the same for every host.
 *
 *   rnn_real   float, or double where RNN_REAL_DOUBLE is 1 (one type for a whole translation unit)
 *   RNN_LANES  16 (AVX-512), 8 (AVX2 + FMA), 4 (any compiler with GNU vectors: NEON, SSE2, WASM), 1 (any C99
 *              compiler); found from predefined macros, or given with -DRNN_LANES=
 *   RNN_VL     how many rnn_real an rnn_vec holds: RNN_LANES floats, or half as many doubles (at least 1)
 *   RNN_FMA    1 where rnn_fma rounds once, 0 where it multiplies, rounds and adds. One choice a build:
 *              1 where the target has the instruction, or -DRNN_FMA=
 *
 * Infix + - * / and unary - work on rnn_vec. Truth values are 1.0 and 0.0. Every operation gives each lane the bits
 * that the 1-lane build gives, so results do not depend on RNN_LANES (only on RNN_FMA). Loads and stores need no
 * alignment beyond that of rnn_real. Data is held in panels of 16 reals whatever the lanes:
 *
 *   for (u = 0; u < 16; u += RNN_VL) rnn_store(y + u, rnn_fma(a, rnn_load(x + u), rnn_load(y + u)));
 *
 * The operations of one target are in simd_avx512.h, simd_avx2.h, simd_vector.h or simd_scalar.h; functions such as
 * exp and tanh in math.h; matrix products and whole rows in kernels.h. */
#ifndef RNN_SIMD_H_INCLUDED
#define RNN_SIMD_H_INCLUDED
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- What the arithmetic relies on ---- */

#if !defined(RNN_ALLOW_FAST_MATH) &&                                                                                   \
    (defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ + 0))
#error "rnn: -ffast-math breaks the checks for NaN and the order of additions; define RNN_ALLOW_FAST_MATH to insist"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "rnn: this target computes float in a wider type (FLT_EVAL_METHOD); use SSE2 arithmetic or another target"
#endif

/* The compiler may not fuse a * b + c on its own: otherwise two copies of one expression may differ in a bit. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif

/* ---- Choices of the build ---- */

#ifndef RNN_REAL_DOUBLE
#define RNN_REAL_DOUBLE 0
#endif
#ifndef RNN_MATH_PRECISE
#define RNN_MATH_PRECISE 0 /* 1: exp, tanh, sigmoid and log of the C library in float, too */
#endif
#ifndef RNN_LANES
#if defined(__AVX512F__)
#define RNN_LANES 16
#elif defined(__AVX2__) && defined(__FMA__)
#define RNN_LANES 8
#elif (defined(__GNUC__) || defined(__clang__)) &&                                                                     \
    (defined(__SSE2__) || defined(__ARM_NEON) || defined(__wasm_simd128__))
#define RNN_LANES 4
#else
#define RNN_LANES 1
#endif
#endif
#ifndef RNN_FMA
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA)
#define RNN_FMA 1
#elif RNN_REAL_DOUBLE && defined(__FP_FAST_FMA)
#define RNN_FMA 1
#elif !RNN_REAL_DOUBLE && (defined(__FP_FAST_FMAF) || defined(FP_FAST_FMAF))
#define RNN_FMA 1
#else
#define RNN_FMA 0
#endif
#endif

#if RNN_REAL_DOUBLE
typedef double rnn_real;
typedef uint64_t rnn_bits; /* the bits of an rnn_real */
#define RNN_LIBM(name) name
#define RNN_VL (RNN_LANES > 1 ? RNN_LANES / 2 : 1)
#define RNN_SIGN_BIT 0x8000000000000000U
#define RNN_EPSILON DBL_EPSILON
#else
typedef float rnn_real;
typedef uint32_t rnn_bits;
#define RNN_LIBM(name) name##f
#define RNN_VL RNN_LANES
#define RNN_SIGN_BIT 0x80000000U
#define RNN_EPSILON FLT_EPSILON
#endif

/* RNN_INLINE: parts of an expression. RNN_API: functions; static, silent when a model does not use them, and never
 * copied into their callers: a model calls some of them twenty times, and half of its compile time went into the copies. */
#if defined(__GNUC__) || defined(__clang__)
#define RNN_INLINE static inline __attribute__((always_inline, unused))
#define RNN_API static __attribute__((noinline, unused))
#define RNN_NOINLINE __attribute__((noinline))
#define RNN_PREFETCH(p) __builtin_prefetch((p), 1)
#else
#define RNN_INLINE static inline
#define RNN_API static inline
#define RNN_NOINLINE
#define RNN_PREFETCH(p) ((void)(p))
#endif
#define RNN_PRAGMA(text) _Pragma(#text)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RNN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define RNN_SANITIZED 1
#endif
#endif
#if defined(RNN_SANITIZED) /* unrolled checks take minutes to compile */
#define RNN_UNROLL(n)
#define RNN_UNROLL_FULL
#elif defined(__clang__)
#define RNN_UNROLL(n) RNN_PRAGMA(clang loop unroll_count(n))
#define RNN_UNROLL_FULL RNN_PRAGMA(clang loop unroll(full))
#elif defined(__GNUC__)
#define RNN_UNROLL(n) RNN_PRAGMA(GCC unroll n)
#define RNN_UNROLL_FULL RNN_PRAGMA(GCC unroll 16)
#else
#define RNN_UNROLL(n)
#define RNN_UNROLL_FULL
#endif

#define RNN_PANEL 16 /* reals: the unit of layout */
#define RNN_PADDED(n) (((n) + 15) / 16 * 16)

/* ---- One target: rnn_vec, rnn_ivec (its bits as unsigned integers) and
 *   rnn_load(p) rnn_store(p, v) rnn_splat(x) rnn_first(v)
 *   rnn_load_part(p, n) rnn_store_part(p, v, n)   touch lanes < n only; the others read as +0
 *   rnn_keep(v, n)                                lanes < n of v, the others +0; n may be <= 0 or >= RNN_VL
 *   rnn_fma(a, b, c)  a * b + c
 *   rnn_lt le gt ge eq ne (a, b)                  1.0 or 0.0
 *   rnn_select(c, a, b)                           a where c is not 0 (NaN is not 0), else b
 *   rnn_max2 rnn_min2 (a, b)                      NaN if either is NaN; the first of equals
 *   rnn_bound(x, lo, hi)                          as clip, but for lo < hi, and NaN only from x: one step faster
 *   rnn_sqrt(v) rnn_floor(v)
 *   rnn_to_bits(v) rnn_of_bits(i) rnn_ibits(b)    the bits of v; the reals with bits i; b in every lane ---- */
#if RNN_LANES == 16
#include "rnn/simd_avx512.h"
#elif RNN_LANES == 8
#include "rnn/simd_avx2.h"
#elif RNN_LANES == 4
#include "rnn/simd_vector.h"
#elif RNN_LANES == 1
#include "rnn/simd_scalar.h"
#else
#error "rnn: RNN_LANES must be 16, 8, 4 or 1"
#endif

/* ---- The rest is the same for all ---- */

RNN_INLINE rnn_vec rnn_zero(void)
{
    return rnn_splat(0);
}

#if !RNN_REAL_DOUBLE
/* p * 2^n for whole n in -250 .. 250, rounded once. */
RNN_INLINE rnn_vec rnn_scale2(rnn_vec p, rnn_vec n)
{
#if RNN_LANES == 16
    return rnn_scale2_avx512(p, n);
#else
    /* Two factors, so that only the second product can round. Adding 1.5 * 2^23 puts n into the low bits. */
    rnn_ivec whole = rnn_to_bits(n + rnn_splat(12582912.0F)) - rnn_ibits(0x4b400000U);
    rnn_ivec half = ((whole + rnn_ibits(512U)) >> 1) - rnn_ibits(256U);
    rnn_ivec rest = whole - half;
    return p * rnn_of_bits((half + rnn_ibits(127U)) << 23) * rnn_of_bits((rest + rnn_ibits(127U)) << 23);
#endif
}
#endif

/* 0, 1, 2, ... */
RNN_INLINE rnn_vec rnn_iota(void)
{
    static const rnn_real iota[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return rnn_load(iota);
}

/* A piece of a row of which n reals are left at p: those from p + u on; +0 past the end. Where nothing is left no
 * pointer is formed. */
RNN_INLINE rnn_vec rnn_load_rest(const rnn_real *p, int u, ptrdiff_t n)
{
    return n > u ? rnn_load_part(p + u, n - u) : rnn_zero();
}

RNN_INLINE void rnn_store_rest(rnn_real *p, int u, rnn_vec v, ptrdiff_t n)
{
    if (n > u)
        rnn_store_part(p + u, v, n - u);
}

RNN_INLINE rnn_vec rnn_abs(rnn_vec v)
{
    return rnn_of_bits(rnn_to_bits(v) & rnn_ibits((rnn_bits)~RNN_SIGN_BIT));
}

RNN_INLINE rnn_vec rnn_and(rnn_vec a, rnn_vec b)
{
    return rnn_select(a, rnn_ne(b, rnn_zero()), rnn_zero());
}

RNN_INLINE rnn_vec rnn_or(rnn_vec a, rnn_vec b)
{
    return rnn_select(a, rnn_splat(1), rnn_ne(b, rnn_zero()));
}

RNN_INLINE rnn_vec rnn_not(rnn_vec a)
{
    return rnn_eq(a, rnn_zero());
}

/* -1, 0, 1; NaN stays visible */
RNN_INLINE rnn_vec rnn_sign(rnn_vec v)
{
    rnn_vec s = rnn_gt(v, rnn_zero()) - rnn_lt(v, rnn_zero());
    return rnn_select(rnn_ne(v, v), v, s);
}

RNN_INLINE rnn_vec rnn_clip(rnn_vec v, rnn_vec lo, rnn_vec hi)
{
    return rnn_min2(rnn_max2(v, lo), hi);
}

RNN_INLINE rnn_vec rnn_relu(rnn_vec v)
{
    return rnn_max2(rnn_zero(), v);
}

RNN_INLINE rnn_vec rnn_leaky_relu(rnn_vec v, rnn_vec slope)
{
    return rnn_select(rnn_gt(v, rnn_zero()), v, slope * v);
}

RNN_INLINE rnn_vec rnn_hard_sigmoid(rnn_vec v)
{
    return rnn_clip(rnn_splat((rnn_real)0.2) * v + rnn_splat((rnn_real)0.5), rnn_zero(), rnn_splat(1));
}

/* ---- Sixteen partial results: element i of a row into partial i mod 16, then a fixed binary tree ----
 *   rnn_acc16 s = rnn_acc16_zero();
 *   for (i = 0; i < n; i += 16)
 *       for (u = 0; u < 16; u += RNN_VL)
 *           s.v[u / RNN_VL] = s.v[u / RNN_VL] + rnn_keep(rnn_load(x + i + u), n - i - u);
 *   y = rnn_acc16_sum(&s); */
typedef struct rnn_acc16 {
    rnn_vec v[16 / RNN_VL];
} rnn_acc16;

RNN_INLINE rnn_acc16 rnn_acc16_splat(rnn_real x)
{
    rnn_acc16 s;
    for (int u = 0; u < 16; u += RNN_VL)
        s.v[u / RNN_VL] = rnn_splat(x);
    return s;
}

RNN_INLINE rnn_acc16 rnn_acc16_zero(void)
{
    return rnn_acc16_splat(0);
}

/* What a maximum and a minimum start from. */
RNN_INLINE rnn_acc16 rnn_acc16_lowest(void)
{
    return rnn_acc16_splat(-(rnn_real)INFINITY);
}

RNN_INLINE rnn_acc16 rnn_acc16_highest(void)
{
    return rnn_acc16_splat((rnn_real)INFINITY);
}

RNN_INLINE rnn_real rnn_acc16_sum(const rnn_acc16 *s)
{
    rnn_real t[16];
    for (int u = 0; u < 16; u += RNN_VL)
        rnn_store(t + u, s->v[u / RNN_VL]);
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] = t[i] + t[i + half];
    return t[0];
}

/* One of two reals with rnn_max2's and rnn_min2's treatment of NaN and of equals. */
RNN_INLINE rnn_real rnn_greater1(rnn_real a, rnn_real b)
{
    return a >= b || a != a ? a : b;
}

RNN_INLINE rnn_real rnn_lesser1(rnn_real a, rnn_real b)
{
    return a <= b || a != a ? a : b;
}

RNN_INLINE rnn_real rnn_acc16_max(const rnn_acc16 *s)
{
    rnn_real t[16];
    for (int u = 0; u < 16; u += RNN_VL)
        rnn_store(t + u, s->v[u / RNN_VL]);
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] = rnn_greater1(t[i], t[i + half]);
    return t[0];
}

RNN_INLINE rnn_real rnn_acc16_min(const rnn_acc16 *s)
{
    rnn_real t[16];
    for (int u = 0; u < 16; u += RNN_VL)
        rnn_store(t + u, s->v[u / RNN_VL]);
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] = rnn_lesser1(t[i], t[i + half]);
    return t[0];
}
#endif
