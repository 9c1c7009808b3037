/* calibrate.c: what the machine gives at this moment, as a contestant behind a pipe. Commands on standard input:
 *     fma MS       chains of multiply-adds in registers; answers GF/s
 *     kernel MS    a 6 x 4 micro-kernel over operands in the first cache; answers GF/s
 * Compiled with -march=native; the width of the vectors follows. bench.py asks before and after each round. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef __AVX512F__
#define BYTES 64
enum { COLUMNS = 4 };
#else
#define BYTES 32
enum { COLUMNS = 2 };
#endif
typedef float Vec __attribute__((vector_size(BYTES)));
enum { LANES = BYTES / 4, ROWS = 6, DEPTH = 48 };

static Vec panel[DEPTH][COLUMNS], result[ROWS][COLUMNS];
static float rows[ROWS][DEPTH];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The accumulators stay in registers: all bounds are constants, so the inner loops vanish. */
static double kernel(void)
{
    Vec acc[ROWS][COLUMNS];
    int k, i, j;
    memcpy(acc, result, sizeof acc);
    for (k = 0; k < DEPTH; k++)
#pragma GCC unroll 8
        for (i = 0; i < ROWS; i++)
#pragma GCC unroll 8
            for (j = 0; j < COLUMNS; j++)
                acc[i][j] += rows[i][k] * panel[k][j];
    memcpy(result, acc, sizeof acc);
    return 2.0 * ROWS * COLUMNS * LANES * DEPTH;
}

static double fma_chains(void)
{
    enum { CHAINS = 12, TURNS = 256 };
    Vec acc[CHAINS], scale = panel[0][0] * 0.0F + 0.5F;
    int k, i;
    for (i = 0; i < CHAINS; i++)
        acc[i] = result[0][0] + (float)i;
    for (k = 0; k < TURNS; k++)
#pragma GCC unroll 16
        for (i = 0; i < CHAINS; i++)
            acc[i] = acc[i] * scale + scale;
    for (i = 0; i < CHAINS; i++)
        result[0][0] += acc[i] * 1e-6F;
    return 2.0 * CHAINS * LANES * TURNS;
}

static void measure(double (*work)(void), double seconds)
{
    double begin = now(), end, flops = 0;
    memset(result, 0, sizeof result);
    do {
        int i;
        for (i = 0; i < 64; i++)
            flops += work();
        end = now();
    } while (end - begin < seconds);
    printf("%.3f\n", flops / (end - begin) * 1e-9);
}

int main(void)
{
    char line[128];
    double ms;
    int i, k;
    for (k = 0; k < DEPTH; k++) {
        for (i = 0; i < ROWS; i++)
            rows[i][k] = 0.01F * (float)(i + 1);
        for (i = 0; i < COLUMNS; i++)
            panel[k][i] = (Vec){0} + 0.1F * (float)((k & 1) * 2 - 1);
    }
    while (fgets(line, (int)sizeof line, stdin) != NULL) {
        if (sscanf(line, "fma %lf", &ms) == 1)
            measure(fma_chains, ms * 1e-3);
        else if (sscanf(line, "kernel %lf", &ms) == 1)
            measure(kernel, ms * 1e-3);
        fflush(stdout);
    }
    return 0;
}
