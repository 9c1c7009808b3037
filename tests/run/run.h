/* run.h: for the programs of tests/run: EXPECT prints what does not hold, and the program then ends with 1. */
#ifndef RUN_H_INCLUDED
#define RUN_H_INCLUDED
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s does not hold\n", __LINE__, #condition);                                      \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)
#define EXPECT_NEAR(a, b, tolerance) EXPECT(fabs((double)(a) - (double)(b)) <= (tolerance))
#endif
