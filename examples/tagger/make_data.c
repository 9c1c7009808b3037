/* make_data.c: sentences for tagger.rnn, from a small grammar whose words are often of two or three kinds, as English
 * words are: "the light", "a light box", "they light". Only what stands on both sides tells which kind is meant:
 *     sentence = things verb [ things ] { preposition things }        things = determiner { adjective } noun
 * Usage: make_data TRAIN.safetensors VALID.safetensors */
#include <stdio.h>
#include <stdlib.h>

#include "rnn/tensors.h"

enum { DETERMINER, ADJECTIVE, NOUN, VERB, PREPOSITION, KINDS };
enum { STEPS = 24, MOST = 4000, WORDS = 200 };

/* Words by number. The last 80 are of several kinds at once. */
static const struct {
    int from, count;
} only[KINDS] = {{0, 8}, {8, 32}, {40, 40}, {80, 32}, {112, 8}};
enum { MANY_FROM = 120, MANY = 80 };

static int32_t word[STEPS * MOST], tag[STEPS * MOST], length[MOST];
static int32_t seen[WORDS][KINDS];
static uint32_t seed = 1;

static int pick(int n)
{
    seed = seed * 1664525U + 1013904223U;
    return (int)((seed >> 8) % (uint32_t)n);
}

/* Most adjectives, nouns and verbs are words that can be something else. */
static int word_of(int kind)
{
    if (kind >= ADJECTIVE && kind <= VERB && pick(4) > 0)
        return MANY_FROM + pick(MANY);
    return only[kind].from + pick(only[kind].count);
}

static int add(int row, int rows, int at, int kind)
{
    word[at * rows + row] = word_of(kind);
    tag[at * rows + row] = kind;
    seen[word[at * rows + row]][kind]++;
    return at + 1;
}

static int add_things(int row, int rows, int at)
{
    at = add(row, rows, at, DETERMINER);
    for (int i = pick(3); i > 0; i--)
        at = add(row, rows, at, ADJECTIVE);
    return add(row, rows, at, NOUN);
}

static void make_sentence(int row, int rows)
{
    int at = add_things(row, rows, 0);
    at = add(row, rows, at, VERB);
    if (pick(2))
        at = add_things(row, rows, at);
    for (int i = pick(3); i > 0; i--)
        at = add_things(row, rows, add(row, rows, at, PREPOSITION));
    length[row] = at;
}

/* What knowing each word, and nothing around it, would be worth. */
static double share_of_usual_tag(void)
{
    double right = 0, all = 0;
    for (int i = 0; i < WORDS; i++) {
        int best = 0;
        for (int kind = 0; kind < KINDS; kind++) {
            all += seen[i][kind];
            best = seen[i][kind] > best ? seen[i][kind] : best;
        }
        right += best;
    }
    return right / all;
}

static int write_set(const char *path, int rows)
{
    const rnn_tensor_out tensors[] = {{"word", RNN_I32, 2, {STEPS, rows, 1, 1}, word},
                                      {"tag", RNN_I32, 2, {STEPS, rows, 1, 1}, tag},
                                      {"t_len", RNN_I32, 1, {rows, 1, 1, 1}, length}};
    rnn_error err;
    for (int i = 0; i < STEPS * rows; i++)
        word[i] = tag[i] = 0;
    for (int row = 0; row < rows; row++)
        make_sentence(row, rows);
    if (rnn_tensors_write(path, tensors, 3, NULL, 0, &err) == RNN_OK)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s TRAIN.safetensors VALID.safetensors\n", argv[0]);
        return 2;
    }
    if (write_set(argv[1], MOST) || write_set(argv[2], MOST / 8))
        return 1;
    printf("each word's most frequent tag is right for %.3f of the words\n", share_of_usual_tag());
    return 0;
}
