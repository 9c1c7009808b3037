/* make_data.c: sequences for recall.rnn: four pairs of a letter (0 .. 25) and a digit (26 .. 34), two marks (35), and one
 * of the letters; the answer is its digit. Usage: make_data OUT.safetensors */
#include <stdio.h>
#include <stdlib.h>

#include "rnn/tensors.h"

enum { ROWS = 20000, PAIRS = 4, STEPS = 2 * PAIRS + 3, MARK = 35 };

static int32_t x[STEPS * ROWS], y[ROWS];

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s OUT.safetensors\n", argv[0]);
        return 2;
    }
    srand(1);
    for (int row = 0; row < ROWS; row++) {
        int letter[PAIRS], asked = rand() % PAIRS;
        for (int i = 0; i < PAIRS; i++) {
            int fresh;
            do { /* each letter once */
                letter[i] = rand() % 26;
                fresh = 1;
                for (int k = 0; k < i; k++)
                    fresh = fresh && letter[k] != letter[i];
            } while (!fresh);
            const int digit = 26 + rand() % 9;
            x[(2 * i) * ROWS + row] = letter[i];
            x[(2 * i + 1) * ROWS + row] = digit;
            if (i == asked)
                y[row] = digit;
        }
        x[(2 * PAIRS) * ROWS + row] = x[(2 * PAIRS + 1) * ROWS + row] = MARK;
        x[(2 * PAIRS + 2) * ROWS + row] = letter[asked];
    }
    const rnn_tensor_out tensors[] = {{"x", RNN_I32, 2, {STEPS, ROWS, 1, 1}, x}, {"y", RNN_I32, 1, {ROWS, 1, 1, 1}, y}};
    rnn_error err;
    if (rnn_tensors_write(argv[1], tensors, 2, NULL, 0, &err) == RNN_OK)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}
