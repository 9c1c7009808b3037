/* simd_avx512.h: the vocabulary of simd.h on 512-bit registers: 16 floats or 8 doubles. Included by simd.h, which
 * explains the names. Comparisons go through mask registers; compilers remove the detour over 1.0 and 0.0 where a
 * rnn_select follows. */
#ifndef RNN_SIMD_AVX512_H_INCLUDED
#define RNN_SIMD_AVX512_H_INCLUDED
#if !defined(__AVX512F__)
#error "rnn: RNN_LANES=16 needs AVX-512 (-mavx512f or -march=native)"
#endif
#include <immintrin.h>

#if RNN_REAL_DOUBLE
typedef __mmask8 rnn_mask;
#define RNN_MM(op) _mm512_##op##_pd
#define RNN_MM_COMPARE _mm512_cmp_pd_mask
#define RNN_MM_BITS(v) _mm512_castpd_si512(v)
#define RNN_MM_REALS(i) _mm512_castsi512_pd(i)
#else
typedef __mmask16 rnn_mask;
#define RNN_MM(op) _mm512_##op##_ps
#define RNN_MM_COMPARE _mm512_cmp_ps_mask
#define RNN_MM_BITS(v) _mm512_castps_si512(v)
#define RNN_MM_REALS(i) _mm512_castsi512_ps(i)
#endif
typedef rnn_real rnn_vec __attribute__((vector_size(64)));
typedef rnn_bits rnn_ivec __attribute__((vector_size(64)));

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

RNN_INLINE rnn_mask rnn_lanes_below(ptrdiff_t n)
{
    return (rnn_mask)(n >= RNN_VL ? (1U << RNN_VL) - 1U : n > 0 ? (1U << n) - 1U : 0U);
}

RNN_INLINE rnn_vec rnn_load_part(const rnn_real *p, ptrdiff_t n)
{
    return RNN_MM(maskz_loadu)(rnn_lanes_below(n), p);
}

RNN_INLINE void rnn_store_part(rnn_real *p, rnn_vec v, ptrdiff_t n)
{
    RNN_MM(mask_storeu)(p, rnn_lanes_below(n), v);
}

RNN_INLINE rnn_vec rnn_keep(rnn_vec v, ptrdiff_t n)
{
    return RNN_MM(maskz_mov)(rnn_lanes_below(n), v);
}

RNN_INLINE rnn_vec rnn_fma(rnn_vec a, rnn_vec b, rnn_vec c)
{
#if RNN_FMA
    return RNN_MM(fmadd)(a, b, c);
#else
    return a * b + c;
#endif
}

RNN_INLINE rnn_vec rnn_truth(rnn_mask m)
{
    return RNN_MM(maskz_mov)(m, rnn_splat(1));
}

RNN_INLINE rnn_vec rnn_lt(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM_COMPARE(a, b, _CMP_LT_OQ));
}

RNN_INLINE rnn_vec rnn_le(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM_COMPARE(a, b, _CMP_LE_OQ));
}

RNN_INLINE rnn_vec rnn_gt(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM_COMPARE(a, b, _CMP_GT_OQ));
}

RNN_INLINE rnn_vec rnn_ge(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM_COMPARE(a, b, _CMP_GE_OQ));
}

RNN_INLINE rnn_vec rnn_eq(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM_COMPARE(a, b, _CMP_EQ_OQ));
}

RNN_INLINE rnn_vec rnn_ne(rnn_vec a, rnn_vec b)
{
    return rnn_truth(RNN_MM_COMPARE(a, b, _CMP_NEQ_UQ));
}

RNN_INLINE rnn_vec rnn_select(rnn_vec c, rnn_vec a, rnn_vec b)
{
    return RNN_MM(mask_blend)(RNN_MM_COMPARE(c, rnn_splat(0), _CMP_NEQ_UQ), b, a);
}

/* The instruction gives its second operand for equals and for NaN; what remains is a NaN in b alone. */
RNN_INLINE rnn_vec rnn_max2(rnn_vec a, rnn_vec b)
{
    return RNN_MM(mask_blend)(RNN_MM_COMPARE(b, b, _CMP_UNORD_Q), RNN_MM(max)(b, a), b);
}

RNN_INLINE rnn_vec rnn_min2(rnn_vec a, rnn_vec b)
{
    return RNN_MM(mask_blend)(RNN_MM_COMPARE(b, b, _CMP_UNORD_Q), RNN_MM(min)(b, a), b);
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
    return RNN_MM_REALS((__m512i)i);
}

RNN_INLINE rnn_ivec rnn_ibits(rnn_bits b)
{
    return (rnn_ivec){0} + b;
}

#if !RNN_REAL_DOUBLE
RNN_INLINE rnn_vec rnn_scale2_avx512(rnn_vec p, rnn_vec n)
{
    return _mm512_scalef_ps(p, n);
}

/* d[c][r] = s[r][c], 16 x 16: pairs, fours, eights, halves */
RNN_API void rnn_transpose16_avx512(float *d, ptrdiff_t ldd, const float *s, ptrdiff_t lds)
{
    __m512 r[16], t[16];
    for (int i = 0; i < 16; i++)
        r[i] = _mm512_loadu_ps(s + i * lds);
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int h = 0; h < 2; h++) {
            __m512d lo = _mm512_castps_pd(t[i + h]), hi = _mm512_castps_pd(t[i + h + 2]);
            r[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo, hi));
            r[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo, hi));
        }
    for (int i = 0; i < 16; i += 8)
        for (int k = 0; k < 4; k++) {
            t[i + k] = _mm512_shuffle_f32x4(r[i + k], r[i + k + 4], 0x88);
            t[i + k + 4] = _mm512_shuffle_f32x4(r[i + k], r[i + k + 4], 0xdd);
        }
    for (int k = 0; k < 8; k++) {
        _mm512_storeu_ps(d + k * ldd, _mm512_shuffle_f32x4(t[k], t[k + 8], 0x88));
        _mm512_storeu_ps(d + (k + 8) * ldd, _mm512_shuffle_f32x4(t[k], t[k + 8], 0xdd));
    }
}
#endif
#endif
