/* simd_vector.h: the vocabulary of simd.h on 128-bit GNU vectors, 4 floats or 2 doubles: any target that gcc or clang
 * knows (NEON, SSE2, WebAssembly, or none: the compiler then takes them apart). The two operations that the vector
 * extension cannot name, fused multiply-add and square root, use the target's own where it is known here. Included
 * by simd.h, which explains the names. */
#ifndef RNN_SIMD_VECTOR_H_INCLUDED
#define RNN_SIMD_VECTOR_H_INCLUDED
#if defined(__FMA__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef rnn_real rnn_vec __attribute__((vector_size(16)));
typedef rnn_bits rnn_ivec __attribute__((vector_size(16)));

RNN_INLINE rnn_vec rnn_load(const rnn_real *p)
{
    rnn_vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

RNN_INLINE void rnn_store(rnn_real *p, rnn_vec v)
{
    memcpy(p, &v, sizeof v);
}

RNN_INLINE rnn_vec rnn_splat(rnn_real x)
{
#if RNN_REAL_DOUBLE
    return (rnn_vec){x, x};
#else
    return (rnn_vec){x, x, x, x};
#endif
}

RNN_INLINE rnn_real rnn_first(rnn_vec v)
{
    return v[0];
}

RNN_INLINE rnn_vec rnn_load_part(const rnn_real *p, ptrdiff_t n)
{
    rnn_vec v = {0};
    if (n >= RNN_VL)
        return rnn_load(p);
    for (int i = 0; i < n; i++)
        v[i] = p[i];
    return v;
}

RNN_INLINE void rnn_store_part(rnn_real *p, rnn_vec v, ptrdiff_t n)
{
    for (int i = 0; i < RNN_VL && i < n; i++)
        p[i] = v[i];
}

/* a where the mask's bits are set, else b. Masks come from comparisons: all bits of a lane or none. */
RNN_INLINE rnn_vec rnn_blend(rnn_ivec mask, rnn_vec a, rnn_vec b)
{
    return (rnn_vec)((mask & (rnn_ivec)a) | (~mask & (rnn_ivec)b));
}

RNN_INLINE rnn_vec rnn_keep(rnn_vec v, ptrdiff_t n)
{
#if RNN_REAL_DOUBLE
    rnn_vec lane = {0, 1};
#else
    rnn_vec lane = {0, 1, 2, 3};
#endif
    rnn_vec limit = rnn_splat((rnn_real)(n > RNN_VL ? RNN_VL : n > 0 ? n : 0));
    return (rnn_vec)((rnn_ivec)(lane < limit) & (rnn_ivec)v);
}

RNN_INLINE rnn_vec rnn_fma(rnn_vec a, rnn_vec b, rnn_vec c)
{
#if !RNN_FMA
    return a * b + c;
#elif defined(__FMA__) && RNN_REAL_DOUBLE
    return _mm_fmadd_pd(a, b, c);
#elif defined(__FMA__)
    return _mm_fmadd_ps(a, b, c);
#elif defined(__aarch64__) && RNN_REAL_DOUBLE
    return (rnn_vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#elif defined(__aarch64__)
    return (rnn_vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    for (int i = 0; i < RNN_VL; i++)
        c[i] = RNN_LIBM(fma)(a[i], b[i], c[i]);
    return c;
#endif
}

RNN_INLINE rnn_vec rnn_truth(rnn_ivec mask)
{
    return (rnn_vec)(mask & (rnn_ivec)rnn_splat(1));
}

RNN_INLINE rnn_vec rnn_lt(rnn_vec a, rnn_vec b)
{
    return rnn_truth((rnn_ivec)(a < b));
}

RNN_INLINE rnn_vec rnn_le(rnn_vec a, rnn_vec b)
{
    return rnn_truth((rnn_ivec)(a <= b));
}

RNN_INLINE rnn_vec rnn_gt(rnn_vec a, rnn_vec b)
{
    return rnn_truth((rnn_ivec)(a > b));
}

RNN_INLINE rnn_vec rnn_ge(rnn_vec a, rnn_vec b)
{
    return rnn_truth((rnn_ivec)(a >= b));
}

RNN_INLINE rnn_vec rnn_eq(rnn_vec a, rnn_vec b)
{
    return rnn_truth((rnn_ivec)(a == b));
}

RNN_INLINE rnn_vec rnn_ne(rnn_vec a, rnn_vec b)
{
    return rnn_truth((rnn_ivec)(a != b));
}

RNN_INLINE rnn_vec rnn_select(rnn_vec c, rnn_vec a, rnn_vec b)
{
    return rnn_blend((rnn_ivec)(c != rnn_splat(0)), a, b);
}

RNN_INLINE rnn_vec rnn_max2(rnn_vec a, rnn_vec b)
{
    return rnn_blend((rnn_ivec)(a >= b) | (rnn_ivec)(a != a), a, b);
}

RNN_INLINE rnn_vec rnn_min2(rnn_vec a, rnn_vec b)
{
    return rnn_blend((rnn_ivec)(a <= b) | (rnn_ivec)(a != a), a, b);
}

RNN_INLINE rnn_vec rnn_bound(rnn_vec x, rnn_vec lo, rnn_vec hi)
{
    return rnn_blend((rnn_ivec)(x < lo), lo, rnn_blend((rnn_ivec)(x > hi), hi, x));
}

RNN_INLINE rnn_vec rnn_sqrt(rnn_vec v)
{
#if defined(__SSE2__) && RNN_REAL_DOUBLE
    return _mm_sqrt_pd(v);
#elif defined(__SSE2__)
    return _mm_sqrt_ps(v);
#elif defined(__aarch64__) && RNN_REAL_DOUBLE
    return (rnn_vec)vsqrtq_f64((float64x2_t)v);
#elif defined(__aarch64__)
    return (rnn_vec)vsqrtq_f32((float32x4_t)v);
#else
    for (int i = 0; i < RNN_VL; i++)
        v[i] = RNN_LIBM(sqrt)(v[i]);
    return v;
#endif
}

RNN_INLINE rnn_vec rnn_floor(rnn_vec v)
{
    for (int i = 0; i < RNN_VL; i++)
        v[i] = RNN_LIBM(floor)(v[i]);
    return v;
}

RNN_INLINE rnn_ivec rnn_to_bits(rnn_vec v)
{
    return (rnn_ivec)v;
}

RNN_INLINE rnn_vec rnn_of_bits(rnn_ivec i)
{
    return (rnn_vec)i;
}

RNN_INLINE rnn_ivec rnn_ibits(rnn_bits b)
{
    return (rnn_ivec){0} + b;
}
#endif
