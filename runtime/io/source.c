/* source.c: the small common part of all sources of windows. See rnn/data.h. */
#include <string.h>

#include "rnn/data.h"

void rnn_source_close(rnn_source *source)
{
    if (source->close != NULL) {
        source->close(source->self);
    }
    memset(source, 0, sizeof *source);
}

void rnn_window_into_call(const rnn_window *window, rnn_call *call)
{
    call->rows = window->rows;
    call->steps = window->steps;
    call->len = window->len;
    call->in = window->in;
}

size_t rnn_split_point(size_t count, double fraction)
{
    size_t held;
    if (!(fraction > 0)) {
        return count;
    }
    held = fraction >= 1 ? count : (size_t)((double)count * fraction);
    return count - held;
}
