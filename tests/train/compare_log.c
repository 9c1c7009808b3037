/* compare_log.c: are two logs of training the same but for rounding?
 *     compare_log EXPECT ACTUAL TOLERANCE STEPS
 * A log has a line a step: number of the step (1, 2 ...), loss, norm of the gradient. ACTUAL has exactly STEPS lines,
 * and each loss and norm is within TOLERANCE of EXPECT's, relative. Prints the first line that is not, or the largest
 * differences; exit 0, 1 (different) or 2 (unreadable). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Line {
    long step;
    double loss, norm;
} Line;

/* 1: a line was read; 0: the end; -1: something else. */
static int read_line(FILE *f, Line *line)
{
    char text[256];
    int used = 0;
    if (fgets(text, (int)sizeof text, f) == NULL)
        return 0;
    if (sscanf(text, "%ld %lf %lf %n", &line->step, &line->loss, &line->norm, &used) != 3 || text[used] != '\0')
        return -1;
    return 1;
}

static double apart(double a, double e)
{
    double d = fabs(a - e) / fabs(e);
    return d <= HUGE_VAL ? d : HUGE_VAL; /* NaN is as far as can be */
}

static int compare(FILE *expect, FILE *actual, double tolerance, long steps)
{
    double loss = 0, norm = 0;
    Line e = {0, 0, 0}, a = {0, 0, 0};
    long k;
    for (k = 1; k <= steps; k++) {
        if (read_line(expect, &e) != 1 || read_line(actual, &a) != 1 || e.step != k || a.step != k) {
            printf("    step %ld: no such line, or not a step, a loss and a norm\n", k);
            return 1;
        }
        loss = fmax(loss, apart(a.loss, e.loss));
        norm = fmax(norm, apart(a.norm, e.norm));
        if (loss > tolerance || norm > tolerance) {
            printf("    step %ld: loss %.17g, not %.17g; norm %.17g, not %.17g\n", k, a.loss, e.loss, a.norm, e.norm);
            return 1;
        }
    }
    if (read_line(actual, &a) != 0) {
        printf("    more than %ld steps\n", steps);
        return 1;
    }
    printf("    largest differences: loss %.1e, norm %.1e\n", loss, norm);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *expect = argc == 5 ? fopen(argv[1], "r") : NULL, *actual = argc == 5 ? fopen(argv[2], "r") : NULL;
    int different = 2;
    if (expect == NULL || actual == NULL)
        fprintf(stderr, "compare_log: usage: compare_log EXPECT ACTUAL TOLERANCE STEPS, with files that can be read\n");
    else
        different = compare(expect, actual, strtod(argv[3], NULL), strtol(argv[4], NULL, 10));
    if (expect != NULL)
        fclose(expect);
    if (actual != NULL)
        fclose(actual);
    return different;
}
