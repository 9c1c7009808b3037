/* simd_avx2.h: the vocabulary of simd.h on 256-bit registers: 8 floats or 4 doubles. Included by simd.h, which
 * explains the names. Needs AVX2; fused where FMA is there, too. */
#ifndef RNN_SIMD_AVX2_H_INCLUDED
#define RNN_SIMD_AVX2_H_INCLUDED
#if !defined(__AVX2__)
#error "rnn: RNN_LANES=8 needs AVX2 (-mavx2 -mfma or -march=native)"
#endif
#include <immintrin.h>

#if RNN_REAL_DOUBLE
#define RNN_MM(op) _mm256_##op##_pd
#define RNN_MM_BITS(v) _mm256_castpd_si256(v)
#define RNN_MM_REALS(i) _mm256_castsi256_pd(i)
#else
#define RNN_MM(op) _mm256_##op##_ps
#define RNN_MM_BITS(v) _mm256_castps_si256(v)
#define RNN_MM_REALS(i) _mm256_castsi256_ps(i)
#endif
typedef rnn_real rnn_vec __attribute__((vector_size(32)));
typedef rnn_bits rnn_ivec __attribute__((vector_size(32)));

RNN_INLINE rnn_vec rnn_load(const rnn_real *p)
{
    return RNN_MM(loadu)(p);
}

RNN_INLINE void rnn_store(rnn_real *p, rnn_vec v)
{
    RNN_MM(storeu)(p, v);
}

RNN_INLINE rnn_vec rnn_splat(rnn_real x)
{
    return RNN_MM(set1)(x);
}

RNN_INLINE rnn_real rnn_first(rnn_vec v)
{
    return v[0];
}

/* All bits of the lanes below n. */
RNN_INLINE __m256i rnn_lanes_below(ptrdiff_t n)
{
#if RNN_REAL_DOUBLE
    __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)n), lane);
#else
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n > 8 ? 8 : n > 0 ? (int)n : 0), lane);
#endif
}

RNN_INLINE rnn_vec rnn_load_part(const rnn_real *p, ptrdiff_t n)
{
    return RNN_MM(maskload)(p, rnn_lanes_below(n));
}

RNN_INLINE void rnn_store_part(rnn_real *p, rnn_vec v, ptrdiff_t n)
{
    RNN_MM(maskstore)(p, rnn_lanes_below(n), v);
}

RNN_INLINE rnn_vec rnn_keep(rnn_vec v, ptrdiff_t n)
{
    return RNN_MM(and)(v, RNN_MM_REALS(rnn_lanes_below(n)));
}

RNN_INLINE rnn_vec rnn_fma(rnn_vec a, rnn_vec b, rnn_vec c)
{
#if RNN_FMA && defined(__FMA__)
    return RNN_MM(fmadd)(a, b, c);
#elif RNN_FMA
    for (int i = 0; i < RNN_VL; i++)
        c[i] = RNN_LIBM(fma)(a[i], b[i], c[i]);
    return c;
#else
    return a * b + c;
#endif
}

RNN_INLINE rnn_vec rnn_truth(rnn_vec mask)
{
    return RNN_MM(and)(mask, rnn_splat(1));
}

RNN_INLINE rnn_vec rnn_lt(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM(cmp)(a, b, _CMP_LT_OQ));
}

RNN_INLINE rnn_vec rnn_le(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM(cmp)(a, b, _CMP_LE_OQ));
}

RNN_INLINE rnn_vec rnn_gt(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM(cmp)(a, b, _CMP_GT_OQ));
}

RNN_INLINE rnn_vec rnn_ge(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM(cmp)(a, b, _CMP_GE_OQ));
}

RNN_INLINE rnn_vec rnn_eq(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM(cmp)(a, b, _CMP_EQ_OQ));
}

RNN_INLINE rnn_vec rnn_ne(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM(cmp)(a, b, _CMP_NEQ_UQ));
}

RNN_INLINE rnn_vec rnn_select(rnn_vec c, rnn_vec a, rnn_vec b)
{
    return RNN_MM(blendv)(b, a, RNN_MM(cmp)(c, rnn_splat(0), _CMP_NEQ_UQ));
}

/* The instruction gives its second operand for equals and for NaN; what remains is a NaN in b alone. */
RNN_INLINE rnn_vec rnn_max2(rnn_vec a, rnn_vec b)
{
    return RNN_MM(blendv)(RNN_MM(max)(b, a), b, RNN_MM(cmp)(b, b, _CMP_UNORD_Q));
}

RNN_INLINE rnn_vec rnn_min2(rnn_vec a, rnn_vec b)
{
    return RNN_MM(blendv)(RNN_MM(min)(b, a), b, RNN_MM(cmp)(b, b, _CMP_UNORD_Q));
}

RNN_INLINE rnn_vec rnn_bound(rnn_vec x, rnn_vec lo, rnn_vec hi)
{
    return RNN_MM(min)(hi, RNN_MM(max)(lo, x));
}

RNN_INLINE rnn_vec rnn_sqrt(rnn_vec v)
{
    return RNN_MM(sqrt)(v);
}

RNN_INLINE rnn_vec rnn_floor(rnn_vec v)
{
    return RNN_MM(floor)(v);
}

RNN_INLINE rnn_ivec rnn_to_bits(rnn_vec v)
{
    return (rnn_ivec)RNN_MM_BITS(v);
}

RNN_INLINE rnn_vec rnn_of_bits(rnn_ivec i)
{
    return RNN_MM_REALS((__m256i)i);
}

RNN_INLINE rnn_ivec rnn_ibits(rnn_bits b)
{
    return (rnn_ivec){0} + b;
}
#endif
