/* test_random.c: Philox against the published known answers and a second writing of it; dropout masks bit by bit;
 * initial values by their moments, bounds and orthogonality. */
#include "reference.h"

/* Random123's known answers: counter, key, result */
static const uint32_t known[][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U},
    {0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU, 0x408f276dU, 0x41c83b0eU,
     0xa20bc7c6U, 0x6d5451fdU},
    {0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U, 0xa4093822U, 0x299f31d0U, 0xd16cfe09U, 0x94fdccebU,
     0x5001e420U, 0x24126ea1U},
};

static void check_philox(void)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t got[4], again[4];
        rnn_philox(got, known[i], known[i][4], known[i][5]);
        ref_philox(again, known[i], known[i] + 4);
        expect_true(memcmp(got, known[i] + 6, sizeof got) == 0, "philox", "known answer");
        expect_true(memcmp(again, known[i] + 6, sizeof again) == 0, "reference of philox", "known answer");
    }
    rnn_key key = {0x1234567890abcdefU, 77};
    uint32_t words[64];
    rnn_philox_fill(words, key, 5, 6, 0xFFFFFFF8U);
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t counter[4] = {77, 5, 6, 0xFFFFFFF8U + i / 4}, k[2] = {0x90abcdefU, 0x12345678U}, want[4];
        ref_philox(want, counter, k);
        expect_true(words[i] == want[i % 4], "philox_fill", "word");
    }
    expect_true(rnn_philox_word(key, 5, 6, 4095, 4 * 1048570 + 1) == words[4 * 2 + 1], "philox_word", "site 4095");
}

static void check_dropout(void)
{
    /* the last one is a number that a word gives: uniform = p keeps */
    double rates[] = {0, 0.1, 0.5, 0.9, 1, 0};
    rnn_key key = {0xfeedfacecafebeefU, 3};
    rates[5] = (rnn_philox_word(key, 10, 20, 7, 0) >> 8) / 16777216.0;
    for (int n = 1; n <= 200; n += n < 70 ? 1 : 13)
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
            rnn_real p = (rnn_real)rates[r], *want = calloc((size_t)RNN_PADDED(n), sizeof *want);
            Guarded mask = guarded((size_t)RNN_PADDED(n));
            for (int i = 0; i < n; i++) {
                uint32_t counter[4] = {3, 10, 20, 7 * 1048576U + (uint32_t)i / 4}, k[2] = {0xcafebeefU, 0xfeedfaceU},
                         w[4];
                ref_philox(w, counter, k);
                expect_true(w[i % 4] == rnn_philox_word(key, 10, 20, 7, (uint32_t)i), "philox_word", "component");
                rnn_real uniform = (rnn_real)((double)(w[i % 4] >> 8) / 16777216);
                want[i] = uniform >= p ? 1 / (1 - p) : 0;
                expect_true(r != 0 || want[i] == 1, "dropout", "rate 0");
                expect_true(rates[r] < 1 || want[i] == 0, "dropout", "rate 1");
            }
            rnn_dropout_row(mask.at, n, p, key, 10, 20, 7);
            expect_bits(mask.at, want, (size_t)RNN_PADDED(n), "dropout", "mask");
            guarded_free(&mask);
            free(want);
        }
}

static void moments(const rnn_real *x, int n, double *mean, double *variance)
{
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++) {
        sum += (double)x[i];
        square += (double)x[i] * (double)x[i];
    }
    *mean = sum / n;
    *variance = square / n - *mean * *mean;
}

static void check_distributions(void)
{
    enum { ROWS = 150, COLS = 201, N = ROWS * COLS };
    Guarded a = guarded(N), b = guarded(N);
    double mean, variance;
    rnn_init_uniform(a.at, ROWS, COLS, -1, 3, 9, 2);
    moments(a.at, N, &mean, &variance);
    expect_near(mean, 1, 0.04, "uniform", "mean");
    expect_near(variance, 16.0 / 12, 0.04, "uniform", "variance");
    expect_true(rnn_row_min(a.at, N) >= -1 && rnn_row_max(a.at, N) <= 3, "uniform", "bounds");
    rnn_init_normal(a.at, ROWS, COLS, 2, 9, 2);
    moments(a.at, N, &mean, &variance);
    expect_near(mean, 0, 0.06, "normal", "mean");
    expect_near(variance, 4, 0.15, "normal", "variance");
    double fourth = 0;
    for (int i = 0; i < N; i++)
        fourth += pow((double)a.at[i] / 2, 4) / N;
    expect_near(fourth, 3, 0.25, "normal", "fourth moment");
    rnn_init_normal(b.at, ROWS, COLS, 2, 9, 3);
    expect_near((double)rnn_row_dot(a.at, b.at, N) / N, 0, 0.12, "normal", "parameters are independent");
    rnn_init_normal(b.at, ROWS, COLS, 2, 9, 2);
    expect_bits(b.at, a.at, N, "normal", "again");
    rnn_init_glorot(a.at, ROWS, COLS, 1, 1);
    moments(a.at, N, &mean, &variance);
    expect_near(variance * (ROWS + COLS) / 2, 1, 0.04, "glorot", "variance");
    rnn_init_he(a.at, ROWS, COLS, 1, 1);
    moments(a.at, N, &mean, &variance);
    expect_near(variance * COLS / 2, 1, 0.04, "he", "variance");
    rnn_init_identity(a.at, ROWS, COLS, 0.25);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLS; j++)
            b.at[i * COLS + j] = i == j ? (rnn_real)0.25 : 0;
    expect_bits(a.at, b.at, N, "identity", "");
    rnn_init_ones(a.at, ROWS, COLS);
    expect_near((double)rnn_row_sum(a.at, N), N, 0, "ones", "sum");
    rnn_init_constant(a.at, ROWS, COLS, -2);
    expect_near((double)rnn_row_sum(a.at, N), -2.0 * N, 0, "constant", "sum");
    rnn_init_zeros(a.at, ROWS, COLS);
    expect_near((double)rnn_row_sumsq(a.at, N), 0, 0, "zeros", "sum");
    guarded_free(&a);
    guarded_free(&b);
}

static void check_orthogonal(int rows, int cols, double gain)
{
    char where[64];
    snprintf(where, sizeof where, "%d x %d gain %g", rows, cols, gain);
    size_t n = (size_t)rows * (size_t)cols;
    Guarded a = guarded(n), again = guarded(n);
    rnn_init_orthogonal(a.at, rows, cols, gain, 42, 1);
    rnn_init_orthogonal(again.at, rows, cols, gain, 42, 1);
    expect_bits(a.at, again.at, n, "orthogonal, again", where);
    int wide = rows <= cols, count = wide ? rows : cols, length = wide ? cols : rows;
    double worst = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j <= i; j++) {
            double dot = 0;
            for (int e = 0; e < length; e++)
                dot +=
                    (double)a.at[wide ? i * cols + e : e * cols + i] * (double)a.at[wide ? j * cols + e : e * cols + j];
            double off = fabs(dot - (i == j ? gain * gain : 0));
            worst = off > worst ? off : worst;
        }
    expect_near(worst, 0, gain * gain * 8 * (double)RNN_EPSILON, "orthogonal", where);
    guarded_free(&a);
    guarded_free(&again);
}

int main(void)
{
    check_philox();
    check_dropout();
    check_distributions();
    for (int i = 0; i < TEST_SIZES; i++)
        for (int j = 0; j < TEST_SIZES; j++)
            check_orthogonal(test_sizes[i], test_sizes[j], i % 2 ? 1 : 1.5);
    check_orthogonal(200, 200, 1);
    return test_end("random");
}
