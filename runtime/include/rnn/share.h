/* share.h: which share of a function's work is done by part `part` of `parts`, 0 <= part < parts. The shares of all parts
 * are all of the work, none twice, as equal as can be; some are empty where there is less to do than there are parts. */
#ifndef RNN_SHARE_H_INCLUDED
#define RNN_SHARE_H_INCLUDED
#include "rnn/simd.h"

typedef struct rnn_share {
    ptrdiff_t from, to; /* from .. to - 1 */
} rnn_share;
typedef struct rnn_area {
    rnn_share steps, rows; /* every one of these rows at every one of these steps */
} rnn_area;

/* Of 0 .. n - 1; sizes differ by 1 at most. One part takes no division. */
RNN_INLINE rnn_share rnn_share_of(ptrdiff_t n, int part, int parts)
{
    rnn_share s = {0, n};
    if (parts > 1) {
        ptrdiff_t size = n / parts, more = n % parts; /* the first parts have one more */
        s.from = part * size + (part < more ? part : more);
        s.to = s.from + size + (part < more ? 1 : 0);
    }
    return s;
}

RNN_INLINE int rnn_share_has(rnn_share s, ptrdiff_t i)
{
    return s.from <= i && i < s.to;
}

/* Of 0 .. n - 1 units, in whole panels of 16. */
RNN_INLINE rnn_share rnn_share_of_units(ptrdiff_t n, int part, int parts)
{
    rnn_share s = rnn_share_of((n + 15) / 16, part, parts);
    s.from = s.from * 16 < n ? s.from * 16 : n;
    s.to = s.to * 16 < n ? s.to * 16 : n;
    return s;
}

/* Of all rows at steps from .. to - 1: whole steps where there are enough of them, else some rows of all steps. */
RNN_INLINE rnn_area rnn_area_of(ptrdiff_t from, ptrdiff_t to, ptrdiff_t rows, int part, int parts)
{
    rnn_area a;
    a.steps.from = from;
    a.steps.to = to;
    a.rows.from = 0;
    a.rows.to = rows;
    if (parts > 1 && to - from >= parts) {
        rnn_share s = rnn_share_of(to - from, part, parts);
        a.steps.from = from + s.from;
        a.steps.to = from + s.to;
    } else if (parts > 1) {
        a.rows = rnn_share_of(rows, part, parts);
    }
    return a;
}
#endif
