/* test_product.c: packing and rnn_gemm against chains of single numbers, bit for bit, with a protected page after every
 * operand; shares of a work. Argument "all": every size of 1..17, 31..33, 63..65 in three dimensions; else the short list. */
#include "reference.h"

typedef struct Group {
    int N, K, S, NP, columns;
    Guarded weights[6]; /* of each slot: logical [N][K], or [K][N] */
    Guarded bias[6];
} Group;

static Group group_make(int N, int K, int S, int NP)
{
    Group g = {N, K, S, NP, (N + 15) / 16 * S * 16, {{0}}, {{0}}};
    for (int s = 0; s < S; s++) {
        g.weights[s] = guarded((size_t)N * (size_t)K);
        g.bias[s] = guarded((size_t)N);
        test_fill(g.weights[s].at, (size_t)N * (size_t)K);
        test_fill(g.bias[s].at, (size_t)N);
    }
    return g;
}

static void group_free(Group *g)
{
    for (int s = 0; s < g->S; s++) {
        guarded_free(&g->weights[s]);
        guarded_free(&g->bias[s]);
    }
}

/* The dense matrix that packing should hold: dS interleaves depth. */
static void group_dense(const Group *g, rnn_real *dense, int by_columns, int ds, int dS, int depths)
{
    memset(dense, 0, sizeof *dense * (size_t)depths * (size_t)g->columns);
    for (int s = 0; s < g->S; s++)
        for (int n = 0; n < g->N; n++)
            for (int k = 0; k < g->K; k++)
                dense[ref_depth(k, ds, dS) * g->columns + ref_column(n, s, g->S)] =
                    by_columns ? g->weights[s].at[k * g->N + n] : g->weights[s].at[n * g->K + k];
}

static void group_pack(const Group *g, rnn_real *packed, int by_columns, int ds, int dS, int depths)
{
    for (int s = 0; s < g->S; s++)
        if (by_columns)
            rnn_pack_cols(packed, g->weights[s].at, g->N, g->N, g->K, s, g->S, g->columns / 16, g->S * g->NP, 0, depths,
                          ds, dS);
        else
            rnn_pack_rows(packed, g->weights[s].at, g->K, g->N, g->K, s, g->S, g->columns / 16, g->S * g->NP, 0, depths,
                          ds, dS);
}

/* The same packed blocks in shares, the last one first; each part clears its own before. */
static void check_packed_parts(const Group *g, const rnn_real *packed, int by_columns, int parts, const char *where)
{
    int panels = g->columns / 16, at_once = g->S * g->NP, N = g->N, K = g->K, S = g->S;
    size_t reals = RNN_PACKED_REALS((size_t)N, (size_t)S, (size_t)K);
    Guarded again = guarded(reals), bias = guarded((size_t)g->columns), whole = guarded((size_t)g->columns);
    for (int part = parts - 1; part >= 0; part--) {
        rnn_pack_clear_part(again.at, panels, at_once, K, part, parts);
        for (int s = 0; s < S; s++) {
            if (by_columns)
                rnn_pack_cols_part(again.at, g->weights[s].at, N, N, K, s, S, panels, at_once, 0, K, 0, 0, part, parts);
            else
                rnn_pack_rows_part(again.at, g->weights[s].at, K, N, K, s, S, panels, at_once, 0, K, 0, 0, part, parts);
            rnn_pack_vector_part(bias.at, g->bias[s].at, N, s, S, part, parts);
        }
    }
    for (int s = 0; s < S; s++)
        rnn_pack_vector(whole.at, g->bias[s].at, N, s, S);
    expect_bits(again.at, packed, reals, "pack in shares", where);
    expect_bits(bias.at, whole.at, (size_t)g->columns, "bias in shares", where);
    guarded_free(&again);
    guarded_free(&bias);
    guarded_free(&whole);
}

/* One shape and form: pack, compare; multiply with the three starts, whole and in shares, compare. */
static void check_shape(int M, int N, int K, int S, int NP, int by_columns)
{
    char where[128];
    snprintf(where, sizeof where, "M %d N %d K %d S %d NP %d %s", M, N, K, S, NP, by_columns ? "columns" : "rows");
    Group g = group_make(N, K, S, NP);
    int columns = g.columns, lda = K + 3;
    size_t out = (size_t)M * (size_t)columns, weights = (size_t)K * (size_t)columns;
    Guarded packed = guarded(RNN_PACKED_REALS((size_t)N, (size_t)S, (size_t)K)), bias = guarded((size_t)columns);
    Guarded A = guarded((size_t)(M - 1) * (size_t)lda + (size_t)K), C = guarded(out), start = guarded(out);
    rnn_real *dense = calloc(weights, sizeof *dense), *found = calloc(weights, sizeof *dense);
    rnn_real *want = malloc(sizeof *want * out);

    group_dense(&g, dense, by_columns, 0, 0, K);
    group_pack(&g, packed.at, by_columns, 0, 0, K);
    ref_unpack(found, packed.at, N, S, NP, K);
    expect_bits(found, dense, weights, "pack", where);
    for (int i = 0; i < TEST_PARTS && M < 16; i++)
        check_packed_parts(&g, packed.at, by_columns, test_parts[i], where);

    for (int s = 0; s < S; s++)
        rnn_pack_vector(bias.at, g.bias[s].at, N, s, S);
    test_fill(A.at, (size_t)(M - 1) * (size_t)lda + (size_t)K);
    test_fill(start.at, out);

    rnn_gemm(C.at, columns, A.at, lda, M, K, packed.at, (N + 15) / 16, S, NP, NULL, 0);
    ref_product(want, columns, A.at, lda, M, K, dense, columns, NULL, 0);
    expect_bits(C.at, want, out, "product from zero", where);

    ref_product(want, columns, A.at, lda, M, K, dense, columns, bias.at, 0);
    for (int i = 0; i < TEST_PARTS; i++) {
        memset(C.at, 0, sizeof *C.at * out);
        for (int part = test_parts[i] - 1; part >= 0; part--)
            rnn_gemm_part(C.at, columns, A.at, lda, M, K, packed.at, (N + 15) / 16, S, NP, bias.at, 0, part,
                          test_parts[i]);
        expect_bits(C.at, want, out, "product from bias", where);
    }

    memcpy(C.at, start.at, sizeof *C.at * out);
    rnn_gemm(C.at, columns, A.at, lda, M, K, packed.at, (N + 15) / 16, S, NP, C.at, columns);
    ref_product(want, columns, A.at, lda, M, K, dense, columns, start.at, columns);
    expect_bits(C.at, want, out, "product added", where);

    guarded_free(&packed);
    guarded_free(&bias);
    guarded_free(&A);
    guarded_free(&C);
    guarded_free(&start);
    free(dense);
    free(found);
    free(want);
    group_free(&g);
}

/* Two matrices joined over depth, the second interleaved as slot ds of dS; the other slots of depth zero. */
static void check_joined(int N, int K, int K2, int S, int NP, int ds, int dS)
{
    char where[128];
    snprintf(where, sizeof where, "N %d K %d + %d S %d NP %d depth %d of %d", N, K, K2, S, NP, ds, dS);
    Group a = group_make(N, K, S, NP), b = group_make(N, K2, S, NP);
    int depth2 = RNN_DEPTH(K2, dS), total = K + depth2;
    size_t reals = (size_t)total * (size_t)a.columns;
    Guarded packed = guarded(reals);
    rnn_real *dense = calloc(reals, sizeof *dense), *found = calloc(reals, sizeof *found);
    for (int s = 0; s < S; s++) {
        rnn_pack_cols(packed.at, a.weights[s].at, N, N, K, s, S, a.columns / 16, S * NP, 0, total, 0, 0);
        for (int d = 0; d < dS; d++)
            if (d != ds) /* a slot of depth that this group does not read */
                rnn_pack_rows(packed.at, NULL, 0, N, K2, s, S, a.columns / 16, S * NP, K, total, d, dS);
        if (s % 2 == 0)
            rnn_pack_rows(packed.at, b.weights[s].at, K2, N, K2, s, S, a.columns / 16, S * NP, K, total, ds, dS);
        else
            rnn_pack_cols(packed.at, b.weights[s].at, N, N, K2, s, S, a.columns / 16, S * NP, K, total, ds, dS);
        for (int n = 0; n < N; n++) {
            for (int k = 0; k < K; k++)
                dense[k * a.columns + ref_column(n, s, S)] = a.weights[s].at[k * N + n];
            for (int k = 0; k < K2; k++)
                dense[(K + ref_depth(k, ds, dS)) * a.columns + ref_column(n, s, S)] =
                    s % 2 == 0 ? b.weights[s].at[n * K2 + k] : b.weights[s].at[k * N + n];
        }
    }
    ref_unpack(found, packed.at, N, S, NP, total);
    expect_bits(found, dense, reals, "joined pack", where);
    guarded_free(&packed);
    free(dense);
    free(found);
    group_free(&a);
    group_free(&b);
}

/* Two groups of the same depth side by side, the second one's panels behind the first one's: one product gives both. */
static void check_beside(int M, int N, int N2, int K, int S, int S2, int at_once)
{
    char where[128];
    snprintf(where, sizeof where, "M %d N %d x %d and %d x %d K %d at once %d", M, N, S, N2, S2, K, at_once);
    Group group[2] = {group_make(N, K, S, 1), group_make(N2, K, S2, 1)};
    int first[2] = {0, group[0].columns / 16}, panels = (group[0].columns + group[1].columns) / 16;
    int columns = panels * 16;
    size_t reals = (size_t)K * (size_t)columns, out = (size_t)M * (size_t)columns;
    Guarded packed = guarded(reals), bias = guarded((size_t)columns), A = guarded((size_t)M * (size_t)K);
    Guarded C = guarded(out);
    rnn_real *dense = calloc(reals, sizeof *dense), *found = calloc(reals, sizeof *found);
    rnn_real *want = malloc(sizeof *want * out);
    for (int g = 0; g < 2; g++)
        for (int s = 0; s < group[g].S; s++) {
            const Group *of = &group[g];
            if (s % 2 == 0)
                rnn_pack_rows(packed.at, of->weights[s].at, K, of->N, K, first[g] + s, of->S, panels, at_once, 0, K, 0,
                              0);
            else
                rnn_pack_cols(packed.at, of->weights[s].at, of->N, of->N, K, first[g] + s, of->S, panels, at_once, 0, K,
                              0, 0);
            rnn_pack_vector(bias.at, of->bias[s].at, of->N, first[g] + s, of->S);
            for (int n = 0; n < of->N; n++)
                for (int k = 0; k < K; k++)
                    dense[k * columns + first[g] * 16 + ref_column(n, s, of->S)] =
                        s % 2 == 0 ? of->weights[s].at[n * K + k] : of->weights[s].at[k * of->N + n];
        }
    ref_unpack(found, packed.at, columns, 1, at_once, K);
    expect_bits(found, dense, reals, "pack side by side", where);
    test_fill(A.at, (size_t)M * (size_t)K);
    rnn_gemm(C.at, columns, A.at, K, M, K, packed.at, panels, 1, at_once, bias.at, 0);
    ref_product(want, columns, A.at, K, M, K, dense, columns, bias.at, 0);
    expect_bits(C.at, want, out, "product side by side", where);
    guarded_free(&packed);
    guarded_free(&bias);
    guarded_free(&A);
    guarded_free(&C);
    free(dense);
    free(found);
    free(want);
    group_free(&group[0]);
    group_free(&group[1]);
}

/* Depth and rows beyond what one pass takes: accumulators rest in C between the blocks. */
static void check_large(void)
{
    check_shape(230, 20, 1100, 2, 2, 0);
    check_shape(13, 33, 9000, 1, 4, 1);
    check_shape(1, 33, 200000, 1, 2, 1);
    check_shape(2000, 5, 700, 1, 1, 0);
}

/* Shares follow each other without a gap from 0 to n, as equal as can be; areas hold each step and row once. */
static void check_shares(int n, int parts)
{
    ptrdiff_t end = 0, units_end = 0;
    int good = 1, count[6 * 40] = {0};
    for (int part = 0; part < parts; part++) {
        rnn_share s = rnn_share_of(n, part, parts), units = rnn_share_of_units(n, part, parts);
        good &= s.from == end && s.to - s.from >= n / parts && s.to - s.from <= (n + parts - 1) / parts;
        good &= units.from == units_end && units.to >= units.from && (units.to % 16 == 0 || units.to == n);
        end = s.to;
        units_end = units.to;
        rnn_area a = rnn_area_of(2, 2 + n % 6, n, part, parts);
        good &= a.steps.from >= 2 && a.steps.to <= 2 + n % 6 && a.rows.from >= 0 && a.rows.to <= n;
        for (ptrdiff_t t = a.steps.from; t < a.steps.to; t++)
            for (ptrdiff_t row = a.rows.from; row < a.rows.to; row++)
                count[(t - 2) * 40 + row]++;
    }
    good &= end == n && units_end == n;
    for (int t = 0; t < 6; t++)
        for (int row = 0; row < 40; row++)
            good &= count[t * 40 + row] == (t < n % 6 && row < n);
    expect_true(good, "shares", "of 0 .. n - 1");
}

int main(int argc, char **argv)
{
    int all = argc > 1 && strcmp(argv[1], "all") == 0, sizes[32], count = 0;
    for (int i = 1; all && i <= 65; i++)
        if (i <= 17 || (i >= 31 && i <= 33) || i >= 63)
            sizes[count++] = i;
    for (int i = 0; !all && i < TEST_SIZES; i++)
        sizes[count++] = test_sizes[i];
    for (int m = 0; m < count; m++)
        for (int n = 0; n < count; n++)
            for (int k = 0; k < count; k++)
                for (int by_columns = 0; by_columns < 2; by_columns++) {
                    int S = 1 + (m + n + k) % (sizes[n] > 40 ? 3 : 6), NP = 1 + (m + k) % (6 / S);
                    check_shape(sizes[m], sizes[n], sizes[k], S, NP, by_columns);
                }
    for (int S = 1; S <= 6; S++)
        for (int NP = 1; S * NP <= 6; NP++)
            for (int i = 0; i < TEST_SIZES; i++) {
                for (int M = 1; M <= 14; M++)
                    check_shape(M, test_sizes[i], 19, S, NP, i % 2);
                for (int dS = 0; dS <= 3; dS++)
                    check_joined(test_sizes[i], 5, test_sizes[(i + S) % TEST_SIZES], S, NP, dS / 2, dS);
            }
    for (int i = 0; i < TEST_SIZES; i++)
        for (int S = 1; S <= 3; S++)
            check_beside(1 + i % 3, test_sizes[i], test_sizes[(i + S) % TEST_SIZES], 1 + 7 * i % 23, S, 4 - S,
                         1 + i % 4);
    check_large();
    for (int n = 0; n < 40; n++)
        for (int parts = 1; parts < 9; parts++)
            check_shares(n, parts);
    return test_end("product");
}
