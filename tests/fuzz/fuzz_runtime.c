/* fuzz_runtime.c: the readers of files from outside under a fuzzer. FUZZ chooses: 1 files of tensors and weights,
 * 2 checkpoints (hashes are put right, so that what lies behind them is reached), 3 vocabularies. For libFuzzer:
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -DFUZZ=1 -D_POSIX_C_SOURCE=200809L -Iruntime/include -Itests/unit \
 *         tests/fuzz/fuzz_runtime.c runtime/train/[a-z]*.c runtime/io/[a-z]*.c -lm */
#include "../../runtime/io/file_io.h"
#include "toy_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* A file in memory, where the system has them; the readers take a path. */
static const char *as_file(const void *bytes, size_t count)
{
    static char path[64];
    FILE *f;
    if (path[0] == '\0')
        snprintf(path, sizeof path, "/dev/shm/rnn-fuzz-%d", (int)getpid());
    f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes, 1, count, f) != count || fclose(f) != 0)
        abort();
    return path;
}

static inline void fuzz_tensors(const uint8_t *bytes, size_t count)
{
    static unsigned char params[TOY_REALS * 8], before[TOY_REALS * 8];
    const rnn_model m = toy_model(4, 1);
    const char *path = as_file(bytes, count);
    rnn_tensors *file;
    rnn_window_data *data;
    if (rnn_tensors_open(path, RNN_TENSORS_WINDOW, &file, NULL) == RNN_OK) {
        for (int32_t i = 0; i < rnn_tensors_count(file); i++) {
            const rnn_tensor_info *info = rnn_tensors_at(file, i);
            double *to = malloc((size_t)info->count * sizeof *to + 1);
            if ((uint64_t)info->count > count || rnn_tensors_find(file, info->name) != i)
                abort();
            (void)!rnn_tensors_read(file, i, info->dtype >= RNN_I32 ? RNN_I32 : RNN_F64, to, RNN_READ_NONFINITE, NULL);
            free(to);
        }
        rnn_tensors_close(file);
    }
    memcpy(before, params, sizeof params);
    if (rnn_params_load(&m, path, params, 0, NULL) != RNN_OK && memcmp(before, params, sizeof params) != 0)
        abort();
    if (rnn_window_load(&m, path, RNN_WINDOW_ANY_ROWS, &data, NULL) == RNN_OK)
        rnn_window_free(data);
}

static void put(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)from[i] << 8 * i;
    return value;
}

/* The same pieces as checkpoint_file.c hashes. */
static uint64_t hash(uint64_t h, const uint8_t *p, size_t n)
{
    for (size_t k; n > 0; p += k, n -= k) {
        k = n < 65536 ? n : 65536;
        h = rnn_hash64(h, p, k);
    }
    return h;
}

/* Length and hashes of header, sections and whole, as far as the sections can be found. */
static void put_right(uint8_t *b, size_t count)
{
    size_t at = 64;
    uint64_t whole;
    if (count < 72)
        return;
    put(b + 48, count);
    put(b + 56, rnn_hash64(0, b, 56));
    whole = rnn_hash64(0, b, 64);
    while (at + 24 <= count - 8) {
        const uint64_t bytes = get(b + at + 8);
        if (bytes > count - 8 - at - 24)
            break;
        put(b + at + 16, hash(0, b + at + 24, (size_t)bytes));
        whole = rnn_hash64(whole, b + at, 24);
        whole = hash(whole, b + at + 24, (size_t)bytes);
        at += 24 + (size_t)bytes;
    }
    put(b + count - 8, whole);
}

static inline void fuzz_checkpoint(const uint8_t *bytes, size_t count)
{
    static ToyRun run, twin;
    static uint8_t copy[1 << 18];
    static int opened;
    if (!opened) {
        toy_run_init(&run, 4, 1, "adam");
        toy_run_init(&twin, 4, 1, "adam");
        toy_run_open(&twin, NULL);
        opened = 1;
    }
    if (count > sizeof copy)
        return;
    memcpy(copy, bytes, count);
    put_right(copy, count);
    toy_run_open(&run, NULL);
    if (rnn_trainer_resume(run.trainer, as_file(copy, count), NULL, NULL) == RNN_OK) {
        run.hooks.step = NULL;
        (void)!rnn_curve_svg("/dev/shm/rnn-fuzz.svg", rnn_trainer_report(run.trainer)->history, "", NULL);
    } else if (!toy_same(&run, &twin)) {
        abort();
    }
    toy_run_close(&run);
}

static inline void fuzz_vocabulary(const uint8_t *bytes, size_t count)
{
    rnn_vocab *v;
    char *back;
    const char *path = as_file(bytes, count);
    if (rnn_vocab_load(path, &v, NULL) != RNN_OK)
        return;
    if (rnn_vocab_save(v, path, NULL) != RNN_OK || toy_read(path, &back) != count || memcmp(back, bytes, count) != 0)
        abort(); /* each vocabulary has one file */
    free(back);
    rnn_vocab_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
#if FUZZ == 1
    fuzz_tensors(bytes, count);
#elif FUZZ == 2
    fuzz_checkpoint(bytes, count);
#else
    fuzz_vocabulary(bytes, count);
#endif
    return 0;
}
