/* data.h: where windows of data come from. Text becomes tokens through a vocabulary; tokens, or tensors of a file,
 * become windows through an rnn_source, which the trainer asks for window number `index` of epoch `epoch`. A source has
 * no hidden position, so a training run continues exactly from two integers. */
#ifndef RNN_DATA_H_INCLUDED
#define RNN_DATA_H_INCLUDED
#include "rnn/file.h"
#include "rnn/rnn.h"
#include "rnn/tensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Vocabulary ---- */

typedef enum rnn_unit { RNN_UNIT_CHAR = 0, RNN_UNIT_BYTE = 1 } rnn_unit; /* UTF-8 code points, or bytes */

/* Constants that reserve their ids. */
enum { RNN_BOS = 0, RNN_EOS = 1, RNN_UNK = 2, RNN_PAD = 3, RNN_SPECIALS = 4 };
/* "BOS", "EOS", "UNK", "PAD" */
const char *rnn_special_name(int32_t special);
/* ids[RNN_SPECIALS] from the model's constants of these names; -1 where the model has none. */
void rnn_specials_of_model(const rnn_model *model, int32_t *ids);

typedef struct rnn_vocab rnn_vocab;

/* The vocabulary of a text. specials: [RNN_SPECIALS] reserved ids or -1 (NULL: none); they must differ and lie in
 * 0 .. 2^20 - 1. The other ids, from 0 upwards, go to the units of the text by falling frequency, ties by code point.
 * RNN_FORMAT with the line when RNN_UNIT_CHAR meets something that is not UTF-8. */
RNN_NODISCARD rnn_status rnn_vocab_build(int32_t unit, const char *text, size_t bytes, const int32_t *specials,
                                         rnn_vocab **vocab, rnn_error *err);
void rnn_vocab_free(rnn_vocab *vocab);

int32_t rnn_vocab_size(const rnn_vocab *vocab); /* ids are 0 .. size - 1: what `dim V` is set to */
int32_t rnn_vocab_unit(const rnn_vocab *vocab);
int32_t rnn_vocab_special(const rnn_vocab *vocab, int32_t special); /* its id, or -1 */

/* Text to tokens. *tokens is new memory (free). A unit that is not in the vocabulary becomes UNK, or RNN_RANGE (with
 * its line in the message) where the vocabulary has no UNK. */
RNN_NODISCARD rnn_status rnn_vocab_encode(const rnn_vocab *vocab, const char *text, size_t bytes, int32_t **tokens,
                                          size_t *count, rnn_error *err);
/* The text of one token, NUL-terminated in *text (constant, of the vocabulary), its length returned. BOS, EOS and PAD
 * are empty, UNK is U+FFFD (or "?" for bytes); an id out of bounds or unused is empty. */
int32_t rnn_vocab_decode(const rnn_vocab *vocab, int32_t id, const char **text);

/* The file: line i is token i, escaped: \\ \n \t \r \u{HEX} for control characters, \xHH for every token of a byte
 * vocabulary, \<BOS> ... for reserved ids, \<> for an id nobody uses. Read strictly: anything else is RNN_FORMAT. */
RNN_NODISCARD rnn_status rnn_vocab_save(const rnn_vocab *vocab, const char *path, rnn_error *err);
RNN_NODISCARD rnn_status rnn_vocab_load(const char *path, rnn_vocab **vocab, rnn_error *err);

/* Where the vocabulary of a file of weights is kept: path + ".vocab", in new memory (free); NULL: no memory. */
char *rnn_vocab_path(const char *weights_path);

/* ---- Windows ---- */

/* One window, as rnn_call wants it. The pointers belong to the source and live until its next window is asked for. */
typedef struct rnn_window {
    int32_t rows;
    int32_t fresh;             /* 1: every row starts a new stream here; the state is reset before this window */
    const int32_t *steps;      /* [axes]; [0] unused */
    const int32_t *const *len; /* [axes], each NULL or [rows] */
    const void *const *in;     /* [fields] */
} rnn_window;

typedef struct rnn_source {
    void *self;
    int64_t windows;      /* of one epoch, at least 1 */
    int64_t tokens;       /* steps x rows of one epoch, without padding: for rates */
    int32_t rows;         /* of the largest window */
    uint64_t fingerprint; /* of the data and of how it is cut; a checkpoint is refused for another one */
    rnn_status (*window)(void *self, int64_t epoch, int64_t index, rnn_window *window, rnn_error *err);
    void (*close)(void *self); /* may be NULL */
} rnn_source;

/* Calls close, if there is one, and forgets the pointers. */
void rnn_source_close(rnn_source *source);

/* Sets rows, steps, len and in of a call from a window; the rest of *call is left as it is. */
void rnn_window_into_call(const rnn_window *window, rnn_call *call);

/* One field fed from a stream of tokens; shift 1 gives it the token after. The tokens are borrowed. */
typedef struct rnn_feed {
    const char *field;
    const int32_t *tokens;
    size_t count;
    int32_t shift; /* 0 or 1 */
} rnn_feed;

/* How many of `count` tokens are for training when the last `fraction` (0 .. 1) is held out. */
size_t rnn_split_point(size_t count, double fraction);

/* Windows of streams: N tokens are cut into `rows` streams of L = floor((N - shift) / rows), a window takes the next
 * `steps` of each (the last one what is left). If the axis is carried, windows come in order and window 0 is fresh;
 * else each window is fresh and their order is shuffled by (seed, epoch). Every input and target of the model must be
 * fed; all feeds have the same count. rows 0: as many as the model takes; steps 0: likewise. RNN_ARG with a message
 * when the text is too short (L < least steps of the axis), RNN_RANGE when a token is outside its vocabulary. */
RNN_NODISCARD rnn_status rnn_stream_source(const rnn_model *model, const rnn_feed *feed, int32_t feeds, int32_t rows,
                                           int32_t steps, uint64_t seed, rnn_source *source, rnn_error *err);

/* ---- Windows from files of tensors ---- */

typedef struct rnn_window_data rnn_window_data;
/* Flags of rnn_window_load. ANY_ROWS is for rnn_set_source: rows beyond the model's bound, and steps beyond it where
 * the axis is carried. */
enum {
    RNN_WINDOW_NO_TARGETS = 1, /* targets may be absent: in[] is NULL for them */
    RNN_WINDOW_ANY_ROWS = 2
};

/* Each input and target of the model by its name, time-major: [steps][rows] I32 (or I64) for tokens,
 * [steps][rows][dims] reals for vectors, [rows].. for what has no axis, and AXIS_len I32 [rows] where lengths differ.
 * All shapes and lengths are checked here, tokens by the model's calls; NaN and infinity are taken as they are (padding
 * may hold them); tensors of other names are RNN_FORMAT. */
RNN_NODISCARD rnn_status rnn_window_load(const rnn_model *model, const char *path, int32_t flags,
                                         rnn_window_data **data, rnn_error *err);
void rnn_window_free(rnn_window_data *data);
const rnn_window *rnn_window_of(const rnn_window_data *data);
int32_t rnn_window_has_targets(const rnn_window_data *data);

/* A set of rows as a source. Not carried: `rows` rows a window (0: as many as the model takes), all their steps, in an
 * order shuffled by (seed, epoch); the last window has what is left. Carried: rows keep their place (blocks of `rows`),
 * windows of `steps` follow each other, the first window of a block is fresh. `data` is borrowed. */
RNN_NODISCARD rnn_status rnn_set_source(const rnn_model *model, const rnn_window_data *data, int32_t rows,
                                        int32_t steps, uint64_t seed, rnn_source *source, rnn_error *err);

#ifdef __cplusplus
}
#endif
#endif
