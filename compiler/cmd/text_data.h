/* text_data.h: text at the command line: "--text w=FILE" feeds an input from a text, "--text x,y=FILE" gives y the
 * token after x. The vocabulary sets the dimension of the tokens (`dim V`). */
#ifndef RNNC_TEXT_DATA_H
#define RNNC_TEXT_DATA_H
#include "cmd/run_model.h"
#include "rnn/data.h"

typedef struct TextData {
    char field[2][96]; /* the second one gets the token after; empty: there is none */
    int fields;
    const char *path;
    char *bytes;
    size_t size;
    int32_t unit; /* rnn_unit */
    rnn_vocab *vocab;
    int32_t *tokens; /* of the whole text, after text_encode */
    size_t count;
} TextData;

/* All return -1 to go on or an exit code after a message; text_close may be called either way. */
int text_open(TextData *text, const char *spec, const char *unit, const CommandHelp *help); /* reads the file */
int text_read(TextData *text); /* the file at text->path; for a second text of the same fields */
void text_close(TextData *text);
/* The vocabulary of the text; the constants BOS, EOS, UNK, PAD of the model reserve their ids. */
int text_build_vocab(TextData *text, const Model *model);
/* The vocabulary beside a file of weights. missing_is_fine: *vocab stays NULL when there is no such file. */
int text_load_vocab(rnn_vocab **vocab, const char *weights, bool missing_is_fine);
int text_save_vocab(const rnn_vocab *vocab, const char *weights);
/* Checks that a field of the model holds tokens, and sets its vocabulary's dim, with a printed note, unless it has a
 * value of its own that is large enough. The caller restarts the compilation. */
int text_fit_dim(Compilation *compilation, const char *field, const rnn_vocab *vocab);
int text_encode(TextData *text, const rnn_vocab *vocab);
/* The feeds of an rnn_stream_source over tokens [from, from + count). Returns how many. */
int32_t text_feeds(const TextData *text, size_t from, size_t count, rnn_feed feeds[2]);
#endif
