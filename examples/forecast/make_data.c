/* make_data.c: a signal for forecast.rnn: six channels of two sines each with a little noise, in eight streams; the
 * target is the signal one step later. Usage: make_data OUT.safetensors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "rnn/tensors.h"

enum { STEPS = 4096, ROWS = 8, CHANNELS = 6 };

static float x[STEPS * ROWS * CHANNELS], y[STEPS * ROWS * CHANNELS];

static double uniform(void)
{
    return rand() / (double)RAND_MAX;
}

/* The noise is uniform with variance 0.01. */
static float sample(int step, int row, int channel)
{
    const double slow = sin(0.02 * (channel + 1) * step + row), fast = sin(0.3 * step + 2 * channel + 3 * row);
    return (float)(0.6 * slow + 0.3 * fast + 0.1 * sqrt(12.0) * (uniform() - 0.5));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s OUT.safetensors\n", argv[0]);
        return 2;
    }
    srand(1);
    for (int row = 0; row < ROWS; row++)
        for (int channel = 0; channel < CHANNELS; channel++) {
            float next = sample(0, row, channel);
            for (int step = 0; step < STEPS; step++) {
                const int at = (step * ROWS + row) * CHANNELS + channel;
                x[at] = next;
                y[at] = next = sample(step + 1, row, channel);
            }
        }
    const rnn_tensor_out tensors[] = {{"x", RNN_F32, 3, {STEPS, ROWS, CHANNELS, 1}, x},
                                      {"y", RNN_F32, 3, {STEPS, ROWS, CHANNELS, 1}, y}};
    rnn_error err;
    if (rnn_tensors_write(argv[1], tensors, 2, NULL, 0, &err) == RNN_OK)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}
