/* simd_scalar.h: the vocabulary of simd.h with one lane, in plain C99 without any extension. It is also the plainest
 * account of what each operation means. Included by simd.h, which explains the names. */
#ifndef RNN_SIMD_SCALAR_H_INCLUDED
#define RNN_SIMD_SCALAR_H_INCLUDED

typedef rnn_real rnn_vec;
typedef rnn_bits rnn_ivec;

RNN_INLINE rnn_vec rnn_load(const rnn_real *p)
{
    return *p;
}

RNN_INLINE void rnn_store(rnn_real *p, rnn_vec v)
{
    *p = v;
}

RNN_INLINE rnn_vec rnn_splat(rnn_real x)
{
    return x;
}

RNN_INLINE rnn_real rnn_first(rnn_vec v)
{
    return v;
}

RNN_INLINE rnn_vec rnn_load_part(const rnn_real *p, ptrdiff_t n)
{
    return n > 0 ? *p : 0;
}

RNN_INLINE void rnn_store_part(rnn_real *p, rnn_vec v, ptrdiff_t n)
{
    if (n > 0)
        *p = v;
}

RNN_INLINE rnn_vec rnn_keep(rnn_vec v, ptrdiff_t n)
{
    return n > 0 ? v : 0;
}

RNN_INLINE rnn_vec rnn_fma(rnn_vec a, rnn_vec b, rnn_vec c)
{
#if RNN_FMA
    return RNN_LIBM(fma)(a, b, c);
#else
    return a * b + c;
#endif
}

RNN_INLINE rnn_vec rnn_lt(rnn_vec a, rnn_vec b)
{
    return a < b ? 1 : 0;
}

RNN_INLINE rnn_vec rnn_le(rnn_vec a, rnn_vec b)
{
    return a <= b ? 1 : 0;
}

RNN_INLINE rnn_vec rnn_gt(rnn_vec a, rnn_vec b)
{
    return a > b ? 1 : 0;
}

RNN_INLINE rnn_vec rnn_ge(rnn_vec a, rnn_vec b)
{
    return a >= b ? 1 : 0;
}

RNN_INLINE rnn_vec rnn_eq(rnn_vec a, rnn_vec b)
{
    return a == b ? 1 : 0;
}

RNN_INLINE rnn_vec rnn_ne(rnn_vec a, rnn_vec b)
{
    return a != b ? 1 : 0;
}

RNN_INLINE rnn_vec rnn_select(rnn_vec c, rnn_vec a, rnn_vec b)
{
    return c != 0 ? a : b;
}

RNN_INLINE rnn_vec rnn_max2(rnn_vec a, rnn_vec b)
{
    return a >= b || a != a ? a : b;
}

RNN_INLINE rnn_vec rnn_min2(rnn_vec a, rnn_vec b)
{
    return a <= b || a != a ? a : b;
}

RNN_INLINE rnn_vec rnn_bound(rnn_vec x, rnn_vec lo, rnn_vec hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

RNN_INLINE rnn_vec rnn_sqrt(rnn_vec v)
{
    return RNN_LIBM(sqrt)(v);
}

RNN_INLINE rnn_vec rnn_floor(rnn_vec v)
{
    return RNN_LIBM(floor)(v);
}

RNN_INLINE rnn_ivec rnn_to_bits(rnn_vec v)
{
    rnn_ivec i;
    memcpy(&i, &v, sizeof i);
    return i;
}

RNN_INLINE rnn_vec rnn_of_bits(rnn_ivec i)
{
    rnn_vec v;
    memcpy(&v, &i, sizeof v);
    return v;
}

RNN_INLINE rnn_ivec rnn_ibits(rnn_bits b)
{
    return b;
}
#endif
