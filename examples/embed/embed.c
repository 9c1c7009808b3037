/* embed.c: an application that writes text: it loads the weights once, then asks for one character after the other.
 * Built from the C that rnnc wrote (charlm.c); needs no rnnc at run time. See README.md for the compiler line. */
#include <stdio.h>
#include <stdlib.h>

#include "charlm.h"
#include "rnn/data.h"
#include "rnn/tensors.h"

static charlm_params params; /* plain memory of known size: static, or from malloc */
static charlm_packed packed;
static charlm_state state;
static charlm_work work;

int main(int argc, char **argv)
{
    const char *weights = argc > 1 ? argv[1] : "charlm.safetensors";
    char *vocab_path = rnn_vocab_path(weights);
    rnn_vocab *vocab = NULL;
    rnn_error err = {0};
    rnn_fault fault = {0};
    charlm_batch batch = {0};
    charlm_controls controls = CHARLM_CONTROLS_INIT;
    controls.key.seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    batch.rows = 1;

    if (rnn_params_load(charlm_model(), weights, &params, 0, &err) != RNN_OK ||
        rnn_vocab_load(vocab_path, &vocab, &err) != RNN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (charlm_pack(&params, &packed) != RNN_OK || charlm_state_reset(&state, -1) != RNN_OK ||
        charlm_text_begin(&params, &packed, &batch, &controls, &state, &work, &fault) != RNN_OK)
        return 1;
    for (int i = 0; i < 500; i++) {
        const char *text;
        int32_t character;
        uint8_t done = 0;
        if (charlm_text_step(&params, &packed, &controls, &state, &work, 1, &character, &done, &fault) != RNN_OK)
            return 1;
        const int32_t bytes = rnn_vocab_decode(vocab, character, &text);
        fwrite(text, 1, (size_t)bytes, stdout);
    }
    puts("");
    rnn_vocab_free(vocab);
    free(vocab_path);
    return 0;
}
