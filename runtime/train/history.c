/* history.c: the losses and norms of a whole run in bounded memory. When the points are full, neighbours are averaged
 * and each point stands for twice as many steps; so what is kept depends only on what was added. */
#include <math.h>
#include <string.h>

#include "rnn/train.h"

void rnn_history_clear(rnn_history *history)
{
    memset(history, 0, sizeof *history);
    history->stride = 1;
}

/* The mean of two points; a point that is NaN does not count. */
static double merge(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : 0.5 * (a + b);
}

static void halve(rnn_history *history)
{
    int32_t i;
    for (i = 0; i < RNN_HISTORY_MAX / 2; i++) {
        history->loss[i] = merge(history->loss[2 * i], history->loss[2 * i + 1]);
        history->norm[i] = merge(history->norm[2 * i], history->norm[2 * i + 1]);
    }
    memset(history->loss + RNN_HISTORY_MAX / 2, 0, sizeof history->loss / 2);
    memset(history->norm + RNN_HISTORY_MAX / 2, 0, sizeof history->norm / 2);
    history->count = RNN_HISTORY_MAX / 2;
    history->stride *= 2;
}

void rnn_history_add(rnn_history *history, double loss, double norm)
{
    history->steps++;
    history->pending++;
    if (isfinite(loss) && isfinite(norm)) {
        history->pending_finite++;
        history->pending_loss += loss;
        history->pending_norm += norm;
    }
    if (history->pending < history->stride) {
        return;
    }
    if (history->count == RNN_HISTORY_MAX) {
        halve(history); /* the point just finished is the first half of one of the new stride */
        if (history->pending < history->stride) {
            return;
        }
    }
    history->loss[history->count] =
        history->pending_finite > 0 ? history->pending_loss / history->pending_finite : (double)NAN;
    history->norm[history->count] =
        history->pending_finite > 0 ? history->pending_norm / history->pending_finite : (double)NAN;
    history->count++;
    history->pending = history->pending_finite = 0;
    history->pending_loss = history->pending_norm = 0;
}

void rnn_history_add_valid(rnn_history *history, int64_t step, double loss)
{
    int32_t i;
    if (history->valid_count == RNN_HISTORY_VALID_MAX) { /* keep every second point */
        for (i = 0; i < RNN_HISTORY_VALID_MAX / 2; i++) {
            history->valid_step[i] = history->valid_step[2 * i + 1];
            history->valid_loss[i] = history->valid_loss[2 * i + 1];
        }
        history->valid_count = RNN_HISTORY_VALID_MAX / 2;
        memset(history->valid_step + RNN_HISTORY_VALID_MAX / 2, 0, sizeof history->valid_step / 2);
        memset(history->valid_loss + RNN_HISTORY_VALID_MAX / 2, 0, sizeof history->valid_loss / 2);
    }
    history->valid_step[history->valid_count] = (double)step;
    history->valid_loss[history->valid_count] = loss;
    history->valid_count++;
}
