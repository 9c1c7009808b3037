/* make_data.c: reviews for sentiment.rnn. A review is a row of remarks such as "the plot was really never dull , but the
 * end was great"; what is said of a thing counts with its sign, a word of negation some words before turns it round, and
 * a remark behind "but" counts twice. The label is the sign of the sum. Counting good and bad words is therefore not
 * enough. Usage: make_data TRAIN.safetensors VALID.safetensors [words]     (words: prints some reviews) */
#include <stdio.h>
#include <stdlib.h>

#include "rnn/tensors.h"

enum { STEPS = 48, MOST = 8000, REMARKS = 5 };

static const char *const good[] = {"good",   "great", "funny", "clever", "moving", "fresh",
                                   "lovely", "sharp", "warm",  "bright", "fine",   "superb"};
static const char *const bad[] = {"bad",  "dull", "silly", "slow", "flat", "stale",
                                  "ugly", "loud", "cold",  "weak", "poor", "awful"};
static const char *const things[] = {"plot", "end", "cast", "music", "script", "joke", "scene", "start"};
static const char *const fill[] = {"really", "quite", "so", "very", "rather", "just"};
static const char *const negation[] = {"not", "never", "hardly"};
static const char *const others[] = {"the", "was", ",", "but", "and", "."};

static const struct {
    const char *const *word;
    int count;
} lists[] = {{good, 12}, {bad, 12}, {things, 8}, {fill, 6}, {negation, 3}, {others, 6}};
enum { GOOD, BAD, THINGS, FILL, NEGATION, OTHERS, LISTS };

static int32_t w[STEPS * MOST], label[MOST], length[MOST];
static uint32_t seed = 1;

static int pick(int n)
{
    seed = seed * 1664525U + 1013904223U;
    return (int)((seed >> 8) % (uint32_t)n);
}

/* Words are numbered through all lists. */
static int32_t number_of(int list, int index)
{
    int32_t number = index;
    for (int i = 0; i < list; i++)
        number += lists[i].count;
    return number;
}

static const char *word_of(int32_t number)
{
    int list = 0;
    for (; number >= lists[list].count; list++)
        number -= lists[list].count;
    return lists[list].word[number];
}

typedef struct Review {
    int32_t word[STEPS];
    int n, sum, counted; /* counted: the sum without regard to negation and "but" */
} Review;

static void say(Review *review, int list, int index)
{
    review->word[review->n++] = number_of(list, index);
}

static void add_remark(Review *review, int weight)
{
    const int is_good = pick(2), negated = pick(3) == 0;
    say(review, OTHERS, 0);
    say(review, THINGS, pick(lists[THINGS].count));
    say(review, OTHERS, 1);
    if (negated)
        say(review, NEGATION, pick(lists[NEGATION].count));
    for (int i = pick(3); i > 0; i--)
        say(review, FILL, pick(lists[FILL].count));
    say(review, is_good ? GOOD : BAD, pick(lists[GOOD].count));
    review->sum += (is_good != negated ? 1 : -1) * weight;
    review->counted += is_good ? 1 : -1;
}

static Review make_review(void)
{
    Review review;
    do { /* until it is for or against */
        review.n = review.sum = review.counted = 0;
        int weight = 1;
        for (int left = 1 + pick(REMARKS); left > 0; left--) {
            add_remark(&review, weight);
            if (left == 1)
                break;
            const int but = pick(4) == 0;
            say(&review, OTHERS, 2);
            say(&review, OTHERS, but ? 3 : 4);
            weight = but ? 2 : 1;
        }
        say(&review, OTHERS, 5);
    } while (review.sum == 0);
    return review;
}

static int write_set(const char *path, int rows, int shown, double *counting)
{
    const rnn_tensor_out tensors[] = {{"w", RNN_I32, 2, {STEPS, rows, 1, 1}, w},
                                      {"label", RNN_I32, 1, {rows, 1, 1, 1}, label},
                                      {"t_len", RNN_I32, 1, {rows, 1, 1, 1}, length}};
    rnn_error err;
    double right = 0;
    for (int row = 0; row < rows; row++) {
        const Review review = make_review();
        for (int t = 0; t < STEPS; t++)
            w[t * rows + row] = t < review.n ? review.word[t] : 0;
        length[row] = review.n;
        label[row] = review.sum > 0;
        right += review.counted == 0 ? 0.5 : (review.counted > 0) == (review.sum > 0);
        for (int t = 0; row < shown && t < review.n; t++)
            printf("%s%s", word_of(review.word[t]),
                   t + 1 < review.n ? " "
                   : review.sum > 0 ? "  [for]\n"
                                    : "  [against]\n");
    }
    *counting = right / rows;
    if (rnn_tensors_write(path, tensors, 3, NULL, 0, &err) == RNN_OK)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}

int main(int argc, char **argv)
{
    double counting;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: %s TRAIN.safetensors VALID.safetensors [words]\n", argv[0]);
        return 2;
    }
    if (write_set(argv[1], MOST, argc == 4 ? 5 : 0, &counting) || write_set(argv[2], MOST / 8, 0, &counting))
        return 1;
    printf("counting good and bad words is right for %.3f of the reviews\n", counting);
    return 0;
}
