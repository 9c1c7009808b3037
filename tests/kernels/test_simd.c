/* test_simd.c: each word of the vocabulary of simd.h against plain C, lane by lane, on all pairs of awkward numbers; and
 * partial loads and stores next to a protected page. */
#include "reference.h"

#define INF ((rnn_real)INFINITY)
#define NOT ((rnn_real)NAN)
#define R(x) ((rnn_real)(x))
static const rnn_real numbers[] = {0,   R(-0.0),  1,         -1,       R(0.5),        R(-2.5), 3,
                                   -3,  R(1e-30), R(-1e-30), R(1e30),  R(-1e30),      INF,     -INF,
                                   NOT, R(1e-40), R(-1e-40), 16777216, R(0.99999994), R(-0.7)};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

typedef rnn_vec (*Two)(rnn_vec, rnn_vec);
typedef rnn_real (*RefTwo)(rnn_real, rnn_real);

/* Words of two operands: the function, and what it means. */
#define TWO(name, meaning)                                                                                             \
    static rnn_vec vec_##name(rnn_vec a, rnn_vec b)                                                                    \
    {                                                                                                                  \
        return rnn_##name(a, b);                                                                                       \
    }                                                                                                                  \
    static rnn_real ref_##name(rnn_real a, rnn_real b)                                                                 \
    {                                                                                                                  \
        return (rnn_real)(meaning);                                                                                    \
    }
TWO(lt, a < b)
TWO(le, a <= b)
TWO(gt, a > b)
TWO(ge, a >= b)
TWO(eq, a == b)
TWO(ne, a != b)
TWO(and, a != 0 && b != 0)
TWO(or, a != 0 || b != 0)
TWO(max2, ref_greater(a, b))
TWO(min2, ref_lesser(a, b))
TWO(leaky_relu, a > 0 ? a : b * a)

/* Words of one operand; b is not looked at. */
#define ONE(name, meaning)                                                                                             \
    static rnn_vec vec_##name(rnn_vec a, rnn_vec b)                                                                    \
    {                                                                                                                  \
        (void)b;                                                                                                       \
        return rnn_##name(a);                                                                                          \
    }                                                                                                                  \
    static rnn_real ref_##name(rnn_real a, rnn_real b)                                                                 \
    {                                                                                                                  \
        (void)b;                                                                                                       \
        return (rnn_real)(meaning);                                                                                    \
    }
ONE(not, a == 0)
ONE(abs, RNN_LIBM(fabs)(a))
ONE(sign, a > 0 ? 1 : a < 0 ? -1 : a != a ? a : 0)
ONE(sqrt, RNN_LIBM(sqrt)(a))
ONE(floor, RNN_LIBM(floor)(a))
ONE(relu, ref_greater(0, a))
ONE(hard_sigmoid, ref_lesser(ref_greater((rnn_real)0.2 * a + (rnn_real)0.5, 0), 1))

static const struct {
    const char *name;
    Two vec;
    RefTwo ref;
} words[] = {
#define ROW(name)                                                                                                      \
    {                                                                                                                  \
#name, vec_##name, ref_##name                                                                                  \
    }
    ROW(lt),   ROW(le),    ROW(gt),   ROW(ge),          ROW(eq),   ROW(ne),  ROW(and),
    ROW(or),   ROW(max2),  ROW(min2), ROW(leaky_relu),  ROW(not ), ROW(abs), ROW(sign),
    ROW(sqrt), ROW(floor), ROW(relu), ROW(hard_sigmoid)
#undef ROW
};

static void check_words(void)
{
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        for (int i = 0; i < NUMBERS; i++)
            for (int j = 0; j < NUMBERS; j++) {
                rnn_real a[16], b[16], got[16], want[16];
                for (int l = 0; l < 16; l++) {
                    a[l] = numbers[(i + l) % NUMBERS];
                    b[l] = numbers[(j + 3 * l) % NUMBERS];
                    want[l] = words[w].ref(a[l], b[l]);
                }
                for (int u = 0; u < 16; u += RNN_VL)
                    rnn_store(got + u, words[w].vec(rnn_load(a + u), rnn_load(b + u)));
                expect_bits(got, want, 16, words[w].name, "word");
            }
}

static void check_three(void)
{
    for (int i = 0; i < NUMBERS; i++)
        for (int j = 0; j < NUMBERS; j++)
            for (int k = 0; k < NUMBERS; k++) {
                rnn_real a = numbers[i], b = numbers[j], c = numbers[k];
                rnn_vec x = rnn_splat(a), y = rnn_splat(b), z = rnn_splat(c);
                rnn_real got[6] = {rnn_first(rnn_fma(x, y, z)),  rnn_first(rnn_select(x, y, z)),
                                   rnn_first(rnn_clip(x, y, z)), rnn_first(x * y + z),
                                   rnn_first(-x - y / z),        0};
                rnn_real want[6] = {
                    ref_fma(a, b, c), a != 0 ? b : c, ref_lesser(ref_greater(a, b), c), 0, -a - b / c, 0};
                volatile rnn_real product = a * b; /* infix operators never fuse */
                want[3] = product + c;
                if (b < c) {
                    got[5] = rnn_first(rnn_bound(x, y, z));
                    want[5] = a < b ? b : a > c ? c : a;
                }
                expect_bits(got, want, 6, "of three", "word");
            }
}

static void check_parts(void)
{
    for (int n = 0; n <= RNN_VL; n++) {
        Guarded from = guarded((size_t)n), to = guarded((size_t)n);
        rnn_real got[16], want[16], kept[16], iota[16], count[16];
        test_fill(from.at, (size_t)n);
        for (int l = 0; l < RNN_VL; l++) {
            want[l] = l < n ? from.at[l] : 0;
            count[l] = (rnn_real)l;
        }
        rnn_vec v = rnn_load_part(from.at, n);
        rnn_store(got, v);
        rnn_store(kept, rnn_keep(rnn_select(rnn_lt(rnn_iota(), rnn_splat((rnn_real)n)), v, rnn_splat(NOT)), n));
        rnn_store(iota, rnn_iota());
        rnn_store_part(to.at, v, n);
        expect_bits(got, want, RNN_VL, "load_part", "");
        expect_bits(kept, want, RNN_VL, "keep", "");
        expect_bits(iota, count, RNN_VL, "iota", "");
        expect_bits(to.at, from.at, (size_t)n, "store_part", "");
        guarded_free(&from);
        guarded_free(&to);
    }
    rnn_real got[16], zeros[16] = {0}, ones[16];
    for (int l = 0; l < 16; l++)
        ones[l] = 1;
    rnn_store(got, rnn_keep(rnn_splat(1), -5));
    expect_bits(got, zeros, RNN_VL, "keep", "-5");
    rnn_store(got, rnn_keep(rnn_splat(1), 1000000));
    expect_bits(got, ones, RNN_VL, "keep", "1000000");
    rnn_store(got, rnn_load_part(ones, -1));
    expect_bits(got, zeros, RNN_VL, "load_part", "-1");
}

int main(void)
{
    check_words();
    check_three();
    uint64_t hash = test_hash;
    check_parts(); /* as many as there are lanes: not in the hash */
    test_hash = hash;
    return test_end("simd");
}
