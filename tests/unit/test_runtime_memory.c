/* test_runtime_memory.c: each allocation of the library fails in turn, in everything that allocates. The call must say
 * RNN_MEMORY (or do without), leave nothing behind (the leak checker of a sanitized build sees to that), and touch
 * nothing of the caller's. */
#include <errno.h>
#include <unistd.h>

#include "toy_run.h"

/* The allocator under the one that is replaced here. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER(name) __interceptor_##name
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(UNDER)
#define UNDER(name) __interceptor_##name
#endif
#ifndef UNDER
#define UNDER(name) __libc_##name
#endif
void *UNDER(malloc)(size_t bytes);
void *UNDER(calloc)(size_t count, size_t bytes);
void *UNDER(realloc)(void *memory, size_t bytes);
void *UNDER(memalign)(size_t alignment, size_t bytes);

static long allocations, fail_at;
static int counting;

static int fails(void)
{
    if (!counting || ++allocations != fail_at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : UNDER(malloc)(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : UNDER(calloc)(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    return fails() ? NULL : UNDER(realloc)(memory, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    *memory = fails() ? NULL : UNDER(memalign)(alignment, bytes);
    return *memory == NULL ? ENOMEM : 0;
}

/* ---- What allocates ---- */

static char weights[300], window[300], vocab[300], checkpoint[300], picture[300];
static ToyRun run;
static rnn_error err;

static rnn_status save_and_load_params(void)
{
    const rnn_meta meta[] = {{"rnn.D.H", "3"}};
    unsigned char params[TOY_REALS * 8], before[TOY_REALS * 8];
    memset(params, 1, sizeof params);
    memcpy(before, params, sizeof params);
    rnn_status status = rnn_params_save(&run.model, weights, rnn_trainer_learner(run.trainer)->params, meta, 1, &err);
    if (status == RNN_OK)
        status = rnn_params_load(&run.model, weights, params, 0, &err);
    CHECK(status == RNN_OK || memcmp(params, before, sizeof params) == 0);
    return status;
}

static rnn_status use_vocabulary(void)
{
    rnn_vocab *v = NULL, *back = NULL;
    int32_t *tokens = NULL;
    size_t n;
    rnn_status status = rnn_vocab_build(RNN_UNIT_CHAR, "hello\n", 6, NULL, &v, &err);
    if (status == RNN_OK)
        status = rnn_vocab_save(v, vocab, &err);
    if (status == RNN_OK)
        status = rnn_vocab_load(vocab, &back, &err);
    if (status == RNN_OK)
        status = rnn_vocab_encode(back, "hell", 4, &tokens, &n, &err);
    free(tokens);
    rnn_vocab_free(v);
    rnn_vocab_free(back);
    return status;
}

static rnn_status open_stream(void)
{
    const rnn_feed feed[2] = {{"x", run.tokens, 100, 0}, {"y", run.tokens, 100, 1}};
    rnn_source source;
    const rnn_status status = rnn_stream_source(&run.model, feed, 2, 2, 5, 1, &source, &err);
    rnn_source_close(&source);
    return status;
}

static rnn_status open_set(void)
{
    static int32_t tokens[6 * 20];
    const rnn_tensor_out out[] = {{"x", RNN_I32, 2, {6, 20, 1, 1}, tokens}, {"y", RNN_I32, 2, {6, 20, 1, 1}, tokens}};
    rnn_window_data *data = NULL;
    rnn_source source;
    rnn_status status = rnn_tensors_write(window, out, 2, NULL, 0, &err);
    memset(&source, 0, sizeof source);
    if (status == RNN_OK)
        status = rnn_window_load(&run.model, window, RNN_WINDOW_ANY_ROWS, &data, &err);
    if (status == RNN_OK)
        status = rnn_set_source(&run.model, data, 4, 0, 1, &source, &err);
    rnn_source_close(&source);
    rnn_window_free(data);
    return status;
}

static rnn_status save_and_resume(void)
{
    rnn_checkpoint_info info;
    rnn_status status = rnn_trainer_save(run.trainer, checkpoint, &err);
    if (status == RNN_OK)
        status = rnn_trainer_resume(run.trainer, checkpoint, NULL, &err);
    if (status == RNN_OK)
        status = rnn_checkpoint_peek(checkpoint, &info, &err);
    return status;
}

static rnn_status train(void)
{
    rnn_trainer *trainer = NULL;
    static const double controls[3];
    rnn_status status = rnn_trainer_open(&run.model, &run.options, &run.train, &run.valid, NULL, NULL, &trainer, &err);
    if (status == RNN_OK)
        status = rnn_trainer_controls(trainer, controls, &err);
    if (status == RNN_OK)
        status = rnn_trainer_run(trainer, &err);
    rnn_trainer_close(trainer);
    return status;
}

static rnn_status draw(void)
{
    return rnn_curve_svg(picture, rnn_trainer_report(run.trainer)->history, "x", &err);
}

static void fail_each(const char *name, rnn_status (*use)(void))
{
    long n;
    for (n = 1;; n++) {
        allocations = 0;
        fail_at = n;
        counting = 1;
        const rnn_status status = use();
        counting = 0;
        if (allocations < n) {
            CHECK(status == RNN_OK);
            break;
        }
        if (status != RNN_OK && status != RNN_MEMORY)
            fprintf(stderr, "%s: allocation %ld: %s: %s\n", name, n, rnn_status_name(status), err.text);
        CHECK(status == RNN_OK || status == RNN_MEMORY);
    }
    printf("%-12s %ld allocations\n", name, n - 1);
    CHECK(n > 1);
}

int main(void)
{
    strcpy(weights, toy_path("w"));
    strcpy(window, toy_path("d"));
    strcpy(vocab, toy_path("v"));
    strcpy(checkpoint, toy_path("c"));
    strcpy(picture, toy_path("p"));
    toy_run_init(&run, 4, 0, "adam");
    run.options.steps = 30;
    toy_run_open(&run, NULL);
    CHECK(rnn_trainer_run(run.trainer, &err) == RNN_OK);
    fail_each("weights", save_and_load_params);
    fail_each("vocabulary", use_vocabulary);
    fail_each("stream", open_stream);
    fail_each("set", open_set);
    fail_each("checkpoint", save_and_resume);
    fail_each("training", train);
    fail_each("picture", draw);
    toy_run_close(&run);
    toy_remove(checkpoint);
    unlink(weights);
    unlink(window);
    unlink(vocab);
    unlink(picture);
    return unit_result();
}
