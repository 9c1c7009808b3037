/* test_runtime_trainer.c: runs of the trainer: learning, the plan, validation, history, the stop flag, and that a run
 * which is interrupted in any way and resumed is the same run, bit for bit. */
#include <sys/wait.h>

#include "toy_run.h"

static void test_learns(void)
{
    static ToyRun run;
    toy_run_init(&run, 8, 1, "adam");
    run.options.steps = 0;
    run.options.epochs = 20;
    run.options.valid_every = 7;
    toy_run_open(&run, NULL);
    CHECK(run.train.windows == 22 && run.train.tokens == 5 * 215);
    CHECK(rnn_trainer_run(run.trainer, &run.err) == RNN_OK);
    const rnn_report *r = rnn_trainer_report(run.trainer);
    CHECK(run.logged == 20 * 22 && run.epochs == 20 && r->last.step == 440 && r->steps == 440 && r->epochs == 20);
    CHECK(run.valids == 20 + 440 / 7 - 440 / 154);
    CHECK(r->history->count == 440 && r->history->loss[0] == run.log[0][0] && r->history->norm[439] == run.log[439][1]);
    CHECK(r->valid_loss < 0.75 * run.log[0][0]);
    CHECK(run.model.metric(2, r->valid_metrics) > 0.6);
    printf("loss %.4f -> %.4f, validation %.4f, accuracy %.3f\n", run.log[0][0], run.log[439][0], r->valid_loss,
           run.model.metric(2, r->valid_metrics));
    CHECK(rnn_curve_svg(toy_path("curve.svg"), r->history, "toy <model> & co", &run.err) == RNN_OK);
    unlink(toy_path("curve.svg"));
    toy_run_close(&run);
}

/* 200 steps at once = `first` steps, save, another process's worth of memory, load, the rest. */
static void test_resume(int bytes, int carry, const char *optimizer, int64_t first, int with_nan)
{
    static ToyRun whole, part;
    char whole_file[256], part_file[256];
    int32_t fell_back = -1;
    strcpy(whole_file, toy_path("whole"));
    strcpy(part_file, toy_path("part"));
    toy_run_init(&whole, bytes, carry, optimizer);
    toy_run_init(&part, bytes, carry, optimizer);
    whole.options.valid_every = part.options.valid_every = 13;
    whole.options.nonfinite = part.options.nonfinite = RNN_NONFINITE_SKIP;
    toy_bad_forward = with_nan ? first - 1 : -1;
    toy_bad_gradient = with_nan ? first : -1;
    toy_run_open(&whole, whole_file);
    CHECK(rnn_trainer_run(whole.trainer, &whole.err) == RNN_OK);
    part.stop_at = first;
    toy_run_open(&part, part_file);
    CHECK(rnn_trainer_run(part.trainer, &part.err) == RNN_STOPPED && part.logged == first && part.saves == 1);
    toy_run_close(&part);
    part.stop_at = 0;
    toy_run_open(&part, part_file);
    CHECK(rnn_trainer_resume(part.trainer, part_file, &fell_back, &part.err) == RNN_OK && fell_back == 0);
    CHECK(rnn_trainer_run(part.trainer, &part.err) == RNN_OK && part.logged == 200);
    CHECK(memcmp(whole.log, part.log, sizeof whole.log) == 0);
    CHECK(toy_same(&whole, &part));
    CHECK(toy_same_files(whole_file, part_file)); /* history, means, counters, too */
    CHECK(with_nan == (rnn_trainer_learner(whole.trainer)->skipped == 2));
    toy_run_close(&whole);
    toy_run_close(&part);
    toy_remove(whole_file);
    toy_remove(part_file);
}

/* A longer plan goes on from a shorter one. */
static void test_longer(void)
{
    static ToyRun whole, part;
    char file[256];
    strcpy(file, toy_path("longer"));
    toy_run_init(&whole, 4, 1, "adam");
    toy_run_init(&part, 4, 1, "adam");
    whole.has_valid = part.has_valid = 0;
    part.options.steps = 100;
    toy_run_open(&whole, NULL);
    toy_run_open(&part, file);
    CHECK(rnn_trainer_run(whole.trainer, NULL) == RNN_OK && rnn_trainer_run(part.trainer, NULL) == RNN_OK);
    toy_run_close(&part);
    part.options.steps = 200;
    toy_run_open(&part, file);
    CHECK(rnn_trainer_resume(part.trainer, file, NULL, NULL) == RNN_OK);
    CHECK(rnn_trainer_run(part.trainer, NULL) == RNN_OK && toy_same(&whole, &part));
    CHECK(rnn_trainer_run(part.trainer, NULL) == RNN_OK && part.logged == 200); /* nothing is left to do */
    toy_run_close(&whole);
    toy_run_close(&part);
    toy_remove(file);
}

/* The flag comes while a validation runs: the checkpoint remembers that it is still due. */
static ToyRun *stopping;
static rnn_status stop_in_validation(void *self, int64_t epoch, int64_t index, rnn_window *window, rnn_error *err)
{
    if (index == 1 && stopping->stop_in_valid-- == 1)
        stopping->stop = 1;
    const rnn_source *inner = self;
    return inner->window(inner->self, epoch, index, window, err);
}

static void test_stop_in_validation(void)
{
    static ToyRun whole, part;
    char file[256];
    rnn_source slow;
    strcpy(file, toy_path("valid"));
    toy_run_init(&whole, 8, 1, "sgd");
    toy_run_init(&part, 8, 1, "sgd");
    toy_run_open(&whole, NULL);
    CHECK(rnn_trainer_run(whole.trainer, NULL) == RNN_OK);
    toy_run_open(&part, NULL);
    rnn_trainer_close(part.trainer);
    slow = part.valid;
    slow.self = &part.valid;
    slow.window = stop_in_validation;
    slow.close = NULL;
    stopping = &part;
    part.stop_in_valid = 3; /* in the third validation */
    CHECK(rnn_trainer_open(&part.model, &part.options, &part.train, &slow, &part.hooks, file, &part.trainer, NULL) ==
          RNN_OK);
    CHECK(rnn_trainer_run(part.trainer, NULL) == RNN_STOPPED && part.logged == 66 && part.valids == 2 &&
          part.epochs == 2);
    rnn_trainer_close(part.trainer);
    part.stop = 0;
    CHECK(rnn_trainer_open(&part.model, &part.options, &part.train, &part.valid, &part.hooks, file, &part.trainer,
                           NULL) == RNN_OK);
    CHECK(rnn_trainer_resume(part.trainer, file, NULL, NULL) == RNN_OK &&
          rnn_trainer_run(part.trainer, NULL) == RNN_OK);
    CHECK(part.valids == whole.valids && part.epochs == whole.epochs && toy_same(&whole, &part));
    toy_run_close(&whole);
    toy_run_close(&part);
    toy_remove(file);
}

static void test_nonfinite_stops(void)
{
    static ToyRun run;
    char file[256];
    rnn_checkpoint_info info;
    strcpy(file, toy_path("nan"));
    toy_run_init(&run, 8, 1, "adam");
    toy_bad_loss = 30;
    toy_run_open(&run, file);
    CHECK(rnn_trainer_run(run.trainer, &run.err) == RNN_NONFINITE && run.logged == 30);
    CHECK(strstr(run.err.text, "finite") != NULL);
    CHECK(rnn_checkpoint_peek(file, &info, NULL) == RNN_OK && info.step == 30 && info.options.seed == 77);
    CHECK_TEXT(info.model, "toy");
    toy_bad_loss = -1;
    CHECK(rnn_trainer_run(run.trainer, &run.err) == RNN_OK && run.logged == 200);
    toy_run_close(&run);
    toy_remove(file);
}

/* kill -9 at odd moments, again and again, while every step is saved; then resume to the end. */
static void test_killed(int kills)
{
    static ToyRun whole, part;
    char file[256];
    uint32_t chance = 1;
    int killed = 0;
    strcpy(file, toy_path("killed"));
    toy_run_init(&whole, 4, 1, "adam");
    toy_run_init(&part, 4, 1, "adam");
    whole.options.steps = part.options.steps = 8 * kills;
    toy_run_open(&whole, NULL);
    CHECK(rnn_trainer_run(whole.trainer, NULL) == RNN_OK);
    part.stop_at = 1; /* the first checkpoint; from now on there must always be one */
    toy_run_open(&part, file);
    CHECK(rnn_trainer_run(part.trainer, NULL) == RNN_STOPPED);
    toy_run_close(&part);
    part.stop_at = 0;
    for (int round = 0; round < kills; round++) {
        const pid_t child = fork();
        if (child == 0) {
            int32_t fell;
            part.options.checkpoint_every = 1;
            part.delay = 100;
            toy_run_open(&part, file);
            if (rnn_trainer_resume(part.trainer, file, &fell, &part.err) != RNN_OK) {
                fprintf(stderr, "round %d: %s\n", round, part.err.text);
                _exit(3);
            }
            _exit(rnn_trainer_run(part.trainer, &part.err) == RNN_OK ? 0 : 4);
        }
        int status = 0;
        chance = chance * 1664525u + 1013904223u;
        toy_sleep(500 + (long)(chance >> 17));
        kill(child, SIGKILL);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        killed += WIFSIGNALED(status) != 0;
    }
    toy_run_open(&part, file);
    CHECK(rnn_trainer_resume(part.trainer, file, NULL, &part.err) == RNN_OK);
    printf("killed %d times, then at step %lld of %lld\n", killed,
           (long long)rnn_trainer_report(part.trainer)->last.step, (long long)part.options.steps);
    CHECK(killed > kills / 2);
    CHECK(rnn_trainer_run(part.trainer, &part.err) == RNN_OK);
    CHECK(toy_same(&whole, &part));
    toy_run_close(&whole);
    toy_run_close(&part);
    toy_remove(file);
}

static void test_history(void)
{
    static rnn_history h;
    rnn_history_clear(&h);
    for (int i = 0; i < 3 * RNN_HISTORY_MAX; i++)
        rnn_history_add(&h, i % 100 == 7 ? NAN : i, 1);
    CHECK(h.stride == 4 && h.count == 3 * RNN_HISTORY_MAX / 4 && h.steps == 3 * RNN_HISTORY_MAX && h.pending == 0);
    CHECK(h.loss[0] == 1.5 && h.loss[1] == 5.25 && h.norm[1] == 1 && h.loss[100] == 401.5);
    for (int i = 0; i < RNN_HISTORY_VALID_MAX + 3; i++)
        rnn_history_add_valid(&h, i, 2 * i);
    CHECK(h.valid_count == RNN_HISTORY_VALID_MAX / 2 + 3 && h.valid_step[0] == 1 && h.valid_loss[1] == 6);
}

int main(void)
{
    test_learns();
    for (int64_t first = 1; first < 200; first += 33) /* also at the end of an epoch: 22, 66, ... */
        test_resume(8, 1, "adam", first, 0);
    test_resume(4, 1, "adam", 110, 0);
    test_resume(4, 0, "adam", 101, 0);
    test_resume(8, 0, "sgd", 132, 0);
    test_resume(4, 1, "sgd", 57, 0);
    test_resume(8, 1, "adam", 90, 1);
    test_longer();
    test_stop_in_validation();
    test_nonfinite_stops();
    test_killed(getenv("KILLS") != NULL ? atoi(getenv("KILLS")) : 40);
    test_history();
    return unit_result();
}
