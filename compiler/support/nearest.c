/* nearest.c: "did you mean": the candidate nearest to a misspelt name.
 * Distance counts insertions, deletions, substitutions and swaps of neighbours, two points each; a letter in the
 * wrong case one point. Near is a third of the name's letters; in names of one or two letters only the case. */
#include <ctype.h>
#include <string.h>

#include "support/diag.h"

enum { NAME_MAX_BYTES = 48 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int letter_cost(char a, char b)
{
    if (a == b)
        return 0;
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 2;
}

static int distance(const char *a, int m, const char *b, int n)
{
    int row[3][NAME_MAX_BYTES + 1]; /* the last three rows of the table, by i mod 3 */
    for (int j = 0; j <= n; j++)
        row[0][j] = 2 * j;
    for (int i = 1; i <= m; i++) {
        int *now = row[i % 3];
        const int *above = row[(i - 1) % 3], *before = row[(i + 1) % 3];
        now[0] = 2 * i;
        for (int j = 1; j <= n; j++) {
            now[j] = smaller(above[j - 1] + letter_cost(a[i - 1], b[j - 1]), smaller(above[j], now[j - 1]) + 2);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], before[j - 2] + 2);
        }
    }
    return row[m % 3][n];
}

const char *diag_nearest(const char *name, const char *const *candidates, int count)
{
    const size_t length = strlen(name);
    if (length == 0 || length > NAME_MAX_BYTES)
        return NULL;
    const char *best = NULL;
    int limit = length < 3 ? 1 : 2 * (int)(length / 3);
    for (int i = 0; i < count; i++) {
        const size_t other = strlen(candidates[i]);
        if (other > NAME_MAX_BYTES)
            continue;
        const int d = distance(name, (int)length, candidates[i], (int)other);
        if (d <= limit && strcmp(name, candidates[i]) != 0) {
            best = candidates[i];
            limit = d - 1;
        }
    }
    return best;
}
