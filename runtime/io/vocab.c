/* vocab.c: text to tokens and back. The vocabulary of a text: ids that constants of the model reserve, the rest by
 * falling frequency. See rnn/data.h; its file is in vocab_file.c. */
#include "vocab.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static const char *const special_names[RNN_SPECIALS] = {"BOS", "EOS", "UNK", "PAD"};

const char *rnn_special_name(int32_t special)
{
    return special >= 0 && special < RNN_SPECIALS ? special_names[special] : "";
}

void rnn_specials_of_model(const rnn_model *model, int32_t *ids)
{
    int32_t i, k;
    for (k = 0; k < RNN_SPECIALS; k++) {
        ids[k] = -1;
        for (i = 0; i < model->constants; i++) {
            const rnn_constant_info *constant = &model->constant[i];
            if (strcmp(constant->name, special_names[k]) == 0 && constant->value >= 0 &&
                constant->value < RNN_VOCAB_IDS_MAX) {
                ids[k] = (int32_t)constant->value;
            }
        }
    }
}

/* ---- Making ---- */

rnn_vocab *rnn_vocab_new(int32_t unit, int32_t size)
{
    rnn_vocab *vocab = calloc(1, sizeof *vocab);
    int32_t i;
    if (vocab == NULL) {
        return NULL;
    }
    vocab->unit = unit;
    vocab->size = size;
    vocab->code = malloc(((size_t)size + 1) * sizeof *vocab->code);
    vocab->text = calloc((size_t)size + 1, sizeof *vocab->text);
    vocab->by_code = malloc(((size_t)size + 1) * sizeof *vocab->by_code);
    if (vocab->code == NULL || vocab->text == NULL || vocab->by_code == NULL) {
        rnn_vocab_free(vocab);
        return NULL;
    }
    for (i = 0; i < size; i++) {
        vocab->code[i] = -1;
    }
    for (i = 0; i < RNN_SPECIALS; i++) {
        vocab->special[i] = -1;
    }
    return vocab;
}

void rnn_vocab_free(rnn_vocab *vocab)
{
    if (vocab != NULL) {
        free(vocab->code);
        free(vocab->text);
        free(vocab->by_code);
        free(vocab);
    }
}

static int compare_codes(const void *left, const void *right)
{
    const rnn_vocab_code *a = left, *b = right;
    return a->code < b->code ? -1 : a->code > b->code;
}

int rnn_vocab_finish(rnn_vocab *vocab)
{
    static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
    int32_t i;
    for (i = 0; i < vocab->size; i++) {
        uint32_t code = (uint32_t)vocab->code[i];
        if (vocab->code[i] == -2 - RNN_UNK) {
            memcpy(vocab->text[i], vocab->unit == RNN_UNIT_BYTE ? "?" : replacement,
                   vocab->unit == RNN_UNIT_BYTE ? 2 : sizeof replacement);
        }
        if (vocab->code[i] < 0) {
            continue;
        }
        if (vocab->unit == RNN_UNIT_BYTE) {
            vocab->text[i][0] = (char)(unsigned char)code;
        } else {
            (void)rnn_utf8_encode(code, vocab->text[i]);
        }
        vocab->by_code[vocab->codes].code = code;
        vocab->by_code[vocab->codes].id = i;
        vocab->codes++;
    }
    qsort(vocab->by_code, (size_t)vocab->codes, sizeof *vocab->by_code, compare_codes);
    for (i = 1; i < vocab->codes; i++) {
        if (vocab->by_code[i - 1].code == vocab->by_code[i].code) {
            return 0;
        }
    }
    return 1;
}

/* ---- The units of a text ---- */

static long line_of(const char *text, size_t at)
{
    long line = 1;
    size_t i;
    for (i = 0; i < at; i++) {
        line += text[i] == '\n';
    }
    return line;
}

/* The unit at text[*at], which is passed; 0 when it is not UTF-8. */
static int next_unit(int32_t unit, const char *text, size_t bytes, size_t *at, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)text + *at;
    size_t n = 1;
    if (unit == RNN_UNIT_BYTE) {
        *code = *p;
    } else {
        n = rnn_utf8_decode(p, bytes - *at, code);
    }
    *at += n;
    return n > 0;
}

static rnn_status not_utf8(const char *text, size_t at, rnn_error *err)
{
    return rnn_error_set(err, RNN_FORMAT, "line %ld of the text is not UTF-8 (byte unit takes any text)",
                         line_of(text, at));
}

/* ---- The vocabulary of a text ---- */

typedef struct Tally {
    uint32_t code;
    uint64_t count;
} Tally;

static int compare_tallies(const void *left, const void *right)
{
    const Tally *a = left, *b = right;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return a->code < b->code ? -1 : a->code > b->code;
}

/* All units with their counts, most frequent first, in new memory. */
static rnn_status tally_text(int32_t unit, const char *text, size_t bytes, Tally **tallies, int32_t *found,
                             rnn_error *err)
{
    Tally *all = calloc(RNN_CODES, sizeof *all);
    size_t at = 0;
    uint32_t code = 0;
    int32_t n = 0;
    *found = 0;
    *tallies = all;
    if (all == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the vocabulary");
    }
    while (at < bytes) {
        if (!next_unit(unit, text, bytes, &at, &code)) {
            return not_utf8(text, at, err);
        }
        all[code].count++;
    }
    for (code = 0; code < RNN_CODES; code++) {
        if (all[code].count > 0) {
            all[n].count = all[code].count;
            all[n].code = code;
            n++;
        }
    }
    qsort(all, (size_t)n, sizeof *all, compare_tallies);
    *found = n;
    return RNN_OK;
}

static rnn_status check_specials(const int32_t *specials, int32_t *highest, rnn_error *err)
{
    int32_t i, k;
    *highest = -1;
    for (i = 0; i < RNN_SPECIALS; i++) {
        if (specials[i] < -1 || specials[i] >= RNN_VOCAB_IDS_MAX) {
            return rnn_error_set(err, RNN_ARG, "%s cannot be token %d", special_names[i], (int)specials[i]);
        }
        for (k = 0; k < i; k++) {
            if (specials[i] >= 0 && specials[i] == specials[k]) {
                return rnn_error_set(err, RNN_ARG, "%s and %s are both token %d", special_names[k], special_names[i],
                                     (int)specials[i]);
            }
        }
        *highest = specials[i] > *highest ? specials[i] : *highest;
    }
    return RNN_OK;
}

static int is_reserved(const int32_t *specials, int32_t id)
{
    int32_t i;
    for (i = 0; i < RNN_SPECIALS; i++) {
        if (specials[i] == id) {
            return 1;
        }
    }
    return 0;
}

/* Gives ids to the tallies; vocab NULL: only counts. The number of ids. */
static int32_t give_ids(rnn_vocab *vocab, const Tally *tallies, int32_t found, const int32_t *specials, int32_t highest)
{
    int32_t id = 0, i;
    for (i = 0; i < found; i++) {
        while (is_reserved(specials, id)) {
            id++;
        }
        if (vocab != NULL) {
            vocab->code[id] = (int64_t)tallies[i].code;
        }
        id++;
    }
    return id > highest + 1 ? id : highest + 1;
}

static rnn_status build(int32_t unit, const Tally *tallies, int32_t found, const int32_t *specials, int32_t highest,
                        rnn_vocab **vocab, rnn_error *err)
{
    int32_t size = give_ids(NULL, tallies, found, specials, highest), i;
    rnn_vocab *made;
    if (size == 0 || size > RNN_VOCAB_IDS_MAX) {
        return rnn_error_set(err, RNN_ARG, size == 0 ? "the text is empty" : "too many different tokens");
    }
    made = rnn_vocab_new(unit, size);
    if (made == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the vocabulary");
    }
    (void)give_ids(made, tallies, found, specials, highest);
    for (i = 0; i < RNN_SPECIALS; i++) {
        made->special[i] = specials[i];
        if (specials[i] >= 0) {
            made->code[specials[i]] = -2 - i;
        }
    }
    (void)rnn_vocab_finish(made);
    *vocab = made;
    return RNN_OK;
}

rnn_status rnn_vocab_build(int32_t unit, const char *text, size_t bytes, const int32_t *specials, rnn_vocab **vocab,
                           rnn_error *err)
{
    static const int32_t none[RNN_SPECIALS] = {-1, -1, -1, -1};
    int32_t found = 0, highest = -1;
    Tally *tallies = NULL;
    rnn_status status;
    *vocab = NULL;
    if (specials == NULL) {
        specials = none;
    }
    status = unit == RNN_UNIT_CHAR || unit == RNN_UNIT_BYTE ? check_specials(specials, &highest, err)
                                                            : rnn_error_set(err, RNN_ARG, "no such unit of text");
    if (status != RNN_OK) {
        return status;
    }
    status = tally_text(unit, text, bytes, &tallies, &found, err);
    if (status == RNN_OK) {
        status = build(unit, tallies, found, specials, highest, vocab, err);
    }
    free(tallies);
    return status;
}

/* ---- Use ---- */

int32_t rnn_vocab_size(const rnn_vocab *vocab)
{
    return vocab->size;
}

int32_t rnn_vocab_unit(const rnn_vocab *vocab)
{
    return vocab->unit;
}

int32_t rnn_vocab_special(const rnn_vocab *vocab, int32_t special)
{
    return special >= 0 && special < RNN_SPECIALS ? vocab->special[special] : -1;
}

static int32_t find_id(const rnn_vocab *vocab, uint32_t code)
{
    int32_t low = 0, high = vocab->codes;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (vocab->by_code[middle].code == code) {
            return vocab->by_code[middle].id;
        }
        if (vocab->by_code[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return vocab->special[RNN_UNK];
}

rnn_status rnn_vocab_encode(const rnn_vocab *vocab, const char *text, size_t bytes, int32_t **tokens, size_t *count,
                            rnn_error *err)
{
    int32_t *made;
    size_t at = 0, n = 0;
    uint32_t code = 0;
    *tokens = NULL;
    *count = 0;
    if (bytes > (size_t)-1 / sizeof *made - 1) {
        return rnn_error_set(err, RNN_ARG, "the text is too long");
    }
    made = malloc((bytes + 1) * sizeof *made);
    if (made == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the tokens");
    }
    while (at < bytes) {
        size_t start = at;
        if (!next_unit(vocab->unit, text, bytes, &at, &code)) {
            free(made);
            return not_utf8(text, start, err);
        }
        made[n] = find_id(vocab, code);
        if (made[n++] < 0) {
            free(made);
            return rnn_error_set(err, RNN_RANGE, "line %ld of the text: '%.*s' (U+%04lX) is not in the vocabulary",
                                 line_of(text, start), (int)(at - start), text + start, (unsigned long)code);
        }
    }
    *tokens = made;
    *count = n;
    return RNN_OK;
}

int32_t rnn_vocab_decode(const rnn_vocab *vocab, int32_t id, const char **text)
{
    if (id < 0 || id >= vocab->size) {
        *text = "";
        return 0;
    }
    *text = vocab->text[id];
    if (vocab->code[id] == 0) { /* U+0000 is a text of one byte */
        return 1;
    }
    return (int32_t)strlen(vocab->text[id]);
}
