/* test_math.c: errors of the functions of math.h in units of the last place, against double, over a sample of all floats
 * (argument: every how many-th float; 1 takes all 2^32 of them), and the values at zeros, infinities, NaN and
 * subnormals. In double, and with RNN_MATH_PRECISE, only what is not the C library's own is measured. */
#include "reference.h"

static double true_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double true_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double true_elu(double x)
{
    return x > 0 ? x : expm1(x);
}
static double true_cdf(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}
static double true_gelu(double x)
{
    return x < -40 ? 0 : x * true_cdf(x);
}

/* Sixteen at a time, so that the hash does not depend on lanes. */
#define SIXTEEN(name)                                                                                                  \
    static void sixteen_##name(rnn_real *y, const rnn_real *x)                                                         \
    {                                                                                                                  \
        for (int u = 0; u < 16; u += RNN_VL)                                                                           \
            rnn_store(y + u, rnn_##name(rnn_load(x + u)));                                                             \
    }
SIXTEEN(exp)
SIXTEEN(expm1)
SIXTEEN(log)
SIXTEEN(log1p)
SIXTEEN(tanh)
SIXTEEN(sigmoid)
SIXTEEN(softplus)
SIXTEEN(elu)
SIXTEEN(sin)
SIXTEEN(cos)
SIXTEEN(erf)
SIXTEEN(normal_cdf)
SIXTEEN(gelu)

#define INF ((double)INFINITY)
#define NOT ((double)NAN)
static const struct {
    const char *name;
    void (*sixteen)(rnn_real *y, const rnn_real *x);
    double (*exact)(double);
    double least, most; /* the arguments that are measured */
    double ulp;         /* the largest error allowed */
} functions[] = {
    {"exp", sixteen_exp, exp, -INF, INF, 1.3},
    {"expm1", sixteen_expm1, expm1, -INF, INF, 1.6},
    {"log", sixteen_log, log, -INF, INF, 1.0},
    {"log1p", sixteen_log1p, log1p, -INF, INF, 1.6},
    {"tanh", sixteen_tanh, tanh, -INF, INF, 6.0},
    {"sigmoid", sixteen_sigmoid, true_sigmoid, -INF, INF, 2.8},
    {"softplus", sixteen_softplus, true_softplus, -INF, INF, 2.6},
    {"elu", sixteen_elu, true_elu, -INF, INF, 1.6},
    {"sin", sixteen_sin, sin, -1e6, 1e6, 1.0},
    {"cos", sixteen_cos, cos, -1e6, 1e6, 1.0},
    {"erf", sixteen_erf, erf, -INF, INF, 2.0},
    {"normal_cdf", sixteen_normal_cdf, true_cdf, -1, INF, 6.0}, /* below, x^2 / 2 magnifies the rounding of x */
    {"gelu", sixteen_gelu, true_gelu, -1, INF, 6.0},
};

#if !RNN_REAL_DOUBLE
static double ulps(float got, double want)
{
    int exponent;
    frexp(want, &exponent);
    return fabs((double)got - want) / ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static void measure(size_t f, uint64_t stride)
{
    double worst = 0;
    float worst_at = 0;
    for (uint64_t from = 0; from < UINT64_C(1) << 32; from += 16 * stride) {
        float x[16], y[16];
        for (uint64_t i = 0; i < 16; i++) {
            uint32_t bits = (uint32_t)(from + i * stride);
            memcpy(&x[i], &bits, sizeof bits);
        }
        functions[f].sixteen(y, x);
        for (int i = 0; i < 16; i++) {
            double want = functions[f].exact((double)x[i]);
            uint32_t bits = 0;
            if (y[i] == y[i])
                memcpy(&bits, &y[i], sizeof bits);
            test_hash = (test_hash ^ bits) * 1099511628211U;
            if (!((double)x[i] >= functions[f].least && (double)x[i] <= functions[f].most) && x[i] == x[i])
                continue;
            if ((float)want != (float)want || y[i] != y[i]) {
                if ((float)want == (float)want || y[i] == y[i])
                    test_fail(functions[f].name, "NaN", (double)y[i], want);
            } else if (isinf((float)want) || isinf(y[i])) {
                /* the last float before the overflow may go either way */
                if ((float)want != y[i] && !(fabs(want) > 3.4028e38 && fabs((double)y[i]) > 3.4028e38))
                    test_fail(functions[f].name, "infinity", (double)y[i], want);
            } else if (ulps(y[i], want) > worst) {
                worst = ulps(y[i], want);
                worst_at = x[i];
            }
        }
    }
    printf("%-10s %.2f ulp, at %.9g\n", functions[f].name, worst, (double)worst_at);
    expect_true(worst <= functions[f].ulp, functions[f].name, "largest error");
}
#else
static void measure(size_t f, uint64_t stride)
{
    for (int i = -800; i <= 800; i++) {
        double x[16], y[16];
        for (int l = 0; l < 16; l++)
            x[l] = (i + (l + (double)(stride % 7)) / 16) * (i % 3 == 0 ? 1 : 0.01);
        functions[f].sixteen(y, x);
        for (int l = 0; l < 16; l++) {
            double want = functions[f].exact(x[l]);
            if (x[l] < functions[f].least || x[l] > functions[f].most)
                continue;
            if (want != want || isinf(want))
                expect_true(same_bits(y[l], want), functions[f].name, "no number");
            else
                expect_near(y[l], want, 1e-14 * fabs(want) + 1e-300, functions[f].name, "double");
        }
    }
}
#endif

/* name, argument, result; bits count */
static const struct {
    const char *name;
    double x, y;
} points[] = {
    {"exp", 0, 1},          {"exp", -0.0, 1},         {"exp", -INF, 0},
    {"exp", INF, INF},      {"exp", NOT, NOT},        {"exp", 1e30, INF},
    {"exp", -1e30, 0},      {"expm1", 0, 0},          {"expm1", -INF, -1},
    {"expm1", INF, INF},    {"expm1", NOT, NOT},      {"log", 1, 0},
    {"log", 0, -INF},       {"log", -0.0, -INF},      {"log", -1, NOT},
    {"log", INF, INF},      {"log", -INF, NOT},       {"log", NOT, NOT},
    {"log1p", 0, 0},        {"log1p", -1, -INF},      {"log1p", -2, NOT},
    {"log1p", INF, INF},    {"log1p", NOT, NOT},      {"tanh", 0, 0},
    {"tanh", -0.0, -0.0},   {"tanh", INF, 1},         {"tanh", -INF, -1},
    {"tanh", 30, 1},        {"tanh", -1e30, -1},      {"tanh", NOT, NOT},
    {"tanh", 1e-40, 1e-40}, {"sigmoid", 0, 0.5},      {"sigmoid", -0.0, 0.5},
    {"sigmoid", INF, 1},    {"sigmoid", -INF, 0},     {"sigmoid", 1e30, 1},
    {"sigmoid", -1e30, 0},  {"sigmoid", NOT, NOT},    {"softplus", INF, INF},
    {"softplus", -INF, 0},  {"softplus", 1e30, 1e30}, {"softplus", NOT, NOT},
    {"elu", -INF, -1},      {"elu", INF, INF},        {"elu", NOT, NOT},
    {"elu", 5, 5},          {"gelu", 0, 0},           {"gelu", -INF, -0.0},
    {"gelu", INF, INF},     {"gelu", NOT, NOT},       {"gelu", -1e30, -0.0},
    {"gelu", 1e30, 1e30},
};

static void check_points(void)
{
    for (size_t p = 0; p < sizeof points / sizeof *points; p++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
            if (strcmp(points[p].name, functions[f].name) != 0)
                continue;
            rnn_real x[16], y[16], want = (rnn_real)points[p].y;
            for (int i = 0; i < 16; i++)
                x[i] = (rnn_real)points[p].x;
            functions[f].sixteen(y, x);
            expect_bits(y, &want, 1, points[p].name, "at a point");
        }
    rnn_real power = rnn_first(rnn_pow(rnn_splat(2), rnn_splat(10))), want = 1024;
    expect_bits(&power, &want, 1, "pow", "2, 10");
    /* sums that a gradient relies on: |tanh| never above 1, sigmoid never above 1 */
    for (int i = -2000; i <= 2000; i++) {
        rnn_real x = (rnn_real)i / 100, y = rnn_first(rnn_tanh(rnn_splat(x))), s = rnn_first(rnn_sigmoid(rnn_splat(x)));
        expect_true(y <= 1 && y >= -1 && s <= 1 && s >= 0, "tanh and sigmoid", "in their range");
    }
}

int main(int argc, char **argv)
{
    uint64_t stride = argc > 1 && atoi(argv[1]) > 0 ? (uint64_t)atoi(argv[1]) : 4999;
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
        measure(f, stride);
    check_points();
    return test_end("math");
}
