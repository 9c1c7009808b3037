/* make_data.c: scenes and what is to be said of them, for caption.rnn. A scene is some things of one kind and colour at
 * a place, perhaps beside another one; its 512 features are sums of fixed random vectors, one for each of these facts,
 * and noise, which is how the last layer of an image network may look. The caption is its sentence: "two red balls on
 * the table beside a blue box". Usage: make_data TRAIN.safetensors SCENES.safetensors WORDS.txt
 * SCENES: eight further scenes without captions, described on standard output. WORDS: a word a line, the first is 0. */
#include <stdio.h>
#include <stdlib.h>

#include "rnn/tensors.h"

enum { F = 512, STEPS = 14, MOST = 4000, SHOWN = 8, BOS = 1, EOS = 2 };

static const char *const words[] = {"",      "BOS",   "EOS",   "a",      "two",   "three",  "red",   "blue",
                                    "green", "white", "black", "ball",   "box",   "bird",   "boat",  "chair",
                                    "cup",   "balls", "boxes", "birds",  "boats", "chairs", "cups",  "on",
                                    "under", "the",   "table", "bridge", "tree",  "water",  "beside"};
enum { WORDS = sizeof words / sizeof *words };
enum { COUNT = 3, COLOUR = 6, THING = 11, THINGS = 17, PREPOSITION = 23, THE = 25, PLACE = 26, BESIDE = 30 };
enum { FACTS = 3 + 5 + 6 + 2 + 4 + 5 + 6 }; /* kinds of each, and of the thing beside */

static float fact[FACTS][F], feat[MOST * F];
static int32_t w[STEPS * MOST], length[MOST];
static uint32_t seed = 1;

static int pick(int n)
{
    seed = seed * 1664525U + 1013904223U;
    return (int)((seed >> 8) % (uint32_t)n);
}

static float noise(void)
{
    return (float)(pick(2001) - 1000) / 1000.0F;
}

static void see(float *to, int which)
{
    for (int i = 0; i < F; i++)
        to[i] += fact[which][i];
}

/* Features and caption of one scene; returns the number of words, EOS included. */
static int make_scene(float *to, int32_t caption[STEPS])
{
    const int count = pick(3), colour = pick(5), thing = pick(6), below = pick(2), place = pick(4);
    int n = 0;
    for (int i = 0; i < F; i++)
        to[i] = 0.3F * noise();
    see(to, count);
    see(to, 3 + colour);
    see(to, 8 + thing);
    see(to, 14 + below);
    see(to, 16 + place);
    caption[n++] = COUNT + count;
    caption[n++] = COLOUR + colour;
    caption[n++] = (count ? THINGS : THING) + thing;
    caption[n++] = PREPOSITION + below;
    caption[n++] = THE;
    caption[n++] = PLACE + place;
    if (pick(2)) {
        const int other_colour = pick(5), other = pick(6);
        see(to, 20 + other_colour);
        see(to, 25 + other);
        caption[n++] = BESIDE;
        caption[n++] = COUNT;
        caption[n++] = COLOUR + other_colour;
        caption[n++] = THING + other;
    }
    caption[n++] = EOS;
    return n;
}

static int failed(const rnn_error *err)
{
    fprintf(stderr, "%s\n", err->text);
    return 1;
}

static int write_training(const char *path)
{
    const rnn_tensor_out tensors[] = {{"feat", RNN_F32, 2, {MOST, F, 1, 1}, feat},
                                      {"w", RNN_I32, 2, {STEPS, MOST, 1, 1}, w},
                                      {"t_len", RNN_I32, 1, {MOST, 1, 1, 1}, length}};
    rnn_error err;
    for (int row = 0; row < MOST; row++) {
        int32_t caption[STEPS] = {0};
        length[row] = make_scene(feat + row * F, caption);
        for (int t = 0; t < STEPS; t++)
            w[t * MOST + row] = caption[t];
    }
    return rnn_tensors_write(path, tensors, 3, NULL, 0, &err) == RNN_OK ? 0 : failed(&err);
}

static int write_scenes(const char *path)
{
    const rnn_tensor_out tensor = {"feat", RNN_F32, 2, {SHOWN, F, 1, 1}, feat};
    rnn_error err;
    for (int row = 0; row < SHOWN; row++) {
        int32_t caption[STEPS] = {0};
        const int n = make_scene(feat + row * F, caption);
        for (int t = 0; t + 1 < n; t++)
            printf("%s%s", words[caption[t]], t + 2 < n ? " " : "\n");
    }
    return rnn_tensors_write(path, &tensor, 1, NULL, 0, &err) == RNN_OK ? 0 : failed(&err);
}

static int write_words(const char *path)
{
    FILE *out = fopen(path, "w");
    for (int i = 0; out != NULL && i < WORDS; i++)
        fprintf(out, "%s\n", words[i]);
    if (out != NULL && fclose(out) == 0)
        return 0;
    fprintf(stderr, "cannot write %s\n", path);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s TRAIN.safetensors SCENES.safetensors WORDS.txt\n", argv[0]);
        return 2;
    }
    for (int k = 0; k < FACTS; k++)
        for (int i = 0; i < F; i++)
            fact[k][i] = noise();
    return write_training(argv[1]) || write_scenes(argv[2]) || write_words(argv[3]);
}
