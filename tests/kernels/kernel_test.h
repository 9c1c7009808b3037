/* kernel_test.h: what the kernel tests share: buffers that end at a page nobody may touch, deterministic numbers,
 * comparison of bits, and a hash of all results, which run.sh compares between numbers of lanes and compilers.
 * Each test program includes the headers under test through this one, as an emitted model would. */
#ifndef KERNEL_TEST_H
#define KERNEL_TEST_H
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#endif
#include "rnn/kernels.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEST_API static __attribute__((unused))

static long test_checks, test_failures;
static uint64_t test_hash = 14695981039346656037U;

/* ---- Buffers ---- */

typedef struct Guarded {
    rnn_real *at;
    unsigned char *base;
    size_t bytes;
} Guarded;

/* Buffers that were given back, for the next that needs as many pages. */
static Guarded test_spare[64];

/* Room for n reals that ends exactly at a protected page; filled with NaN, so that what is read but not written shows. */
TEST_API Guarded guarded(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), need = n * sizeof(rnn_real);
    Guarded g = {NULL, NULL, (need + page - 1) / page * page + page};
    for (int i = 0; i < 64 && !g.base; i++)
        if (test_spare[i].base && test_spare[i].bytes == g.bytes) {
            g.base = test_spare[i].base;
            test_spare[i].base = NULL;
        }
    if (!g.base) {
        g.base = mmap(NULL, g.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (g.base == MAP_FAILED || mprotect(g.base + g.bytes - page, page, PROT_NONE) != 0) {
            perror("mmap");
            exit(2);
        }
    }
    g.at = (rnn_real *)(void *)(g.base + g.bytes - page - need);
    for (size_t i = 0; i < n; i++)
        g.at[i] = (rnn_real)NAN;
    return g;
}

TEST_API void guarded_free(Guarded *g)
{
    for (int i = 0; i < 64; i++)
        if (!test_spare[i].base) {
            test_spare[i] = *g;
            return;
        }
    munmap(g->base, g->bytes);
}

/* ---- Numbers ---- */

static uint32_t test_state = 1;

TEST_API uint32_t test_random(void)
{
    test_state = test_state * 1664525U + 1013904223U;
    return test_state ^ test_state >> 15;
}

TEST_API rnn_real test_real(void) /* -1 .. 1 */
{
    return (rnn_real)(int32_t)test_random() * (rnn_real)(1.0 / 2147483648.0);
}

TEST_API void test_fill(rnn_real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = test_real();
}

/* Multiply-add as this build does it, one number at a time. */
TEST_API rnn_real ref_fma(rnn_real a, rnn_real b, rnn_real c)
{
#if RNN_FMA
    return RNN_LIBM(fma)(a, b, c);
#else
    return a * b + c;
#endif
}

/* ---- Verdicts ---- */

TEST_API int same_bits(rnn_real a, rnn_real b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

TEST_API void test_fail(const char *what, const char *where, double got, double want)
{
    if (test_failures++ < 20)
        fprintf(stderr, "FAIL %s %s: got %.9g (%a), want %.9g (%a)\n", what, where, got, got, want, want);
}

TEST_API void expect_true(int good, const char *what, const char *where)
{
    test_checks++;
    if (!good)
        test_fail(what, where, 0, 1);
}

/* got[n] and want[n] have the same bits; got goes into the hash. */
TEST_API void expect_bits(const rnn_real *got, const rnn_real *want, size_t n, const char *what, const char *where)
{
    test_checks++;
    for (size_t i = 0; i < n; i++) {
        rnn_bits bits = 0;
        if (got[i] == got[i])
            memcpy(&bits, &got[i], sizeof bits);
        test_hash = (test_hash ^ bits) * 1099511628211U;
        if (!same_bits(got[i], want[i])) {
            char place[256];
            snprintf(place, sizeof place, "%s [%zu]", where, i);
            test_fail(what, place, (double)got[i], (double)want[i]);
            return;
        }
    }
}

TEST_API void expect_near(double got, double want, double tolerance, const char *what, const char *where)
{
    test_checks++;
    if (!(fabs(got - want) <= tolerance))
        test_fail(what, where, got, want);
}

TEST_API int test_end(const char *name)
{
    printf("%s %s lanes %d fma %d: %ld checks, %ld failures, hash %016llx\n", name,
           RNN_REAL_DOUBLE ? "double" : "float", RNN_LANES, RNN_FMA, test_checks, test_failures,
           (unsigned long long)test_hash);
    return test_failures != 0;
}

static const int test_parts[] = {1, 2, 3, 7}; /* into how many parts work is cut */
enum { TEST_PARTS = sizeof test_parts / sizeof *test_parts };
static const int test_sizes[] = {1, 15, 16, 17, 31, 33, 64, 65};
enum { TEST_SIZES = sizeof test_sizes / sizeof *test_sizes };
#endif
