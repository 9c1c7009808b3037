/* test_runtime_checkpoint.c: checkpoints that are damaged, of another run, or interrupted: cut at every length, single
 * bits turned, every file call failing in turn, every state that a crash can leave on a disk. Loading takes a whole
 * checkpoint or touches nothing. */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "file_calls.h"
#include "toy_run.h"

static char directory[256], file[300], previous[320], other[300];

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "%s", toy_path("checkpoints"));
    CHECK(mkdir(directory, 0777) == 0);
    snprintf(file, sizeof file, "%s/c", directory);
    snprintf(previous, sizeof previous, "%s.prev", file);
    snprintf(other, sizeof other, "%s/o", directory);
}

static int files_in_directory(int only_temporary)
{
    DIR *d = opendir(directory);
    int n = 0;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += only_temporary ? strncmp(e->d_name, ".rnn-", 5) == 0 : e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void write_bytes(const char *path, const char *bytes, size_t count)
{
    unlink(path); /* a new file: some file systems flush one that is cut and written again */
    const int d = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    size_t at = 0;
    while (at < count) {
        const ssize_t n = write(d, bytes + at, count - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    close(d);
    CHECK(at == count);
}

/* A run of `steps` steps, open, not saved. */
static void run_to(ToyRun *run, int64_t steps)
{
    toy_run_init(run, 4, 1, "adam");
    run->has_valid = 0;
    run->options.steps = steps;
    toy_run_open(run, NULL);
    CHECK(rnn_trainer_run(run->trainer, &run->err) == RNN_OK);
}

/* ---- Damage ---- */

static void expect_refused(ToyRun *run, ToyRun *as_before, rnn_status a, rnn_status b)
{
    const rnn_status status = rnn_trainer_resume(run->trainer, file, NULL, &run->err);
    CHECK(status == a || status == b);
    CHECK(run->err.text[0] != '\0');
    CHECK(toy_same(run, as_before));
}

static void test_damage(void)
{
    static ToyRun saved, run, twin;
    char *bytes, *copy;
    long refused = 0;
    run_to(&saved, 20);
    CHECK(rnn_trainer_save(saved.trainer, file, &saved.err) == RNN_OK);
    toy_run_close(&saved);
    run_to(&run, 3);
    run_to(&twin, 3);
    const size_t n = toy_read(file, &bytes);
    CHECK(n > 80000 && files_in_directory(0) == 1);
    copy = malloc(n + 1);
    for (size_t cut = 0; cut < n; cut += cut < 700 ? 1 : 997) {
        write_bytes(file, bytes, cut);
        expect_refused(&run, &twin, RNN_FORMAT, RNN_IO);
        refused++;
    }
    for (size_t at = 0; at < n; at += at < 1500 || at > n - 64 ? 1 : 499) {
        for (int bit = 0; bit < 8; bit += at < 1500 ? 1 : 5) {
            memcpy(copy, bytes, n);
            copy[at] = (char)(copy[at] ^ 1 << bit);
            write_bytes(file, copy, n);
            expect_refused(&run, &twin, RNN_FORMAT, RNN_FORMAT);
            refused++;
        }
    }
    memcpy(copy, bytes, n);
    copy[n] = 0;
    write_bytes(file, copy, n + 1);
    expect_refused(&run, &twin, RNN_FORMAT, RNN_FORMAT);
    printf("%ld damaged checkpoints refused\n", refused);
    write_bytes(file, bytes, n);
    CHECK(rnn_trainer_resume(run.trainer, file, NULL, &run.err) == RNN_OK && !toy_same(&run, &twin));
    free(bytes);
    free(copy);
    toy_run_close(&run);
    toy_run_close(&twin);
    toy_remove(file);
}

/* Fallback: to the one before, with a note; a damaged file never pushes a good one out. */
static void test_fallback(void)
{
    static ToyRun run, loaded;
    int32_t fell_back = 0;
    rnn_checkpoint_info info;
    run_to(&run, 10);
    CHECK(rnn_trainer_resume(run.trainer, file, &fell_back, &run.err) == RNN_IO);
    CHECK(rnn_checkpoint_peek(file, &info, &run.err) == RNN_IO);
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    run_to(&loaded, 1);
    CHECK(rename(file, previous) == 0);
    CHECK(rnn_trainer_resume(loaded.trainer, file, &fell_back, &loaded.err) == RNN_OK && fell_back == 1);
    CHECK(strstr(loaded.err.text, ".prev") != NULL && toy_same(&run, &loaded));
    toy_run_close(&loaded);
    write_bytes(file, "RNNCKPT\n damaged", 16);
    run_to(&loaded, 1);
    CHECK(rnn_trainer_resume(loaded.trainer, file, &fell_back, &loaded.err) == RNN_OK && fell_back == 1);
    CHECK(rnn_checkpoint_peek(file, &info, NULL) == RNN_OK && info.fell_back == 1 && info.step == 10);
    CHECK(toy_same(&run, &loaded));
    toy_run_close(&run);
    run_to(&run, 30);
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK); /* replaces the damaged one only */
    CHECK(rnn_checkpoint_peek(file, &info, NULL) == RNN_OK && info.step == 30 && !info.fell_back);
    CHECK(rnn_checkpoint_peek(previous, &info, NULL) == RNN_OK && info.step == 10);
    CHECK(rnn_trainer_save(loaded.trainer, file, &run.err) == RNN_OK);
    CHECK(rnn_checkpoint_peek(previous, &info, NULL) == RNN_OK && info.step == 30);
    write_bytes(file, "x", 1);
    write_bytes(previous, "y", 1);
    CHECK(rnn_trainer_resume(loaded.trainer, file, &fell_back, &loaded.err) == RNN_FORMAT && fell_back == 0);
    toy_run_close(&run);
    toy_run_close(&loaded);
    toy_remove(file);
}

/* ---- Checkpoints of another run ---- */

static void test_other_run(void)
{
    static ToyRun run, twin;
    static const struct {
        const char *option, *value, *message;
    } changes[] = {
        {"seed", "78", "seed"}, {"optimizer", "sgd", "optimizer"}, {"lr", "0.5", NULL}, {"steps", "9", NULL}};
    run_to(&run, 5);
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    toy_run_close(&run);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        toy_run_init(&run, 4, 1, "adam");
        CHECK(rnn_options_set(&run.options, changes[i].option, changes[i].value, NULL) == RNN_OK);
        toy_run_open(&run, NULL);
        const rnn_status status = rnn_trainer_resume(run.trainer, file, NULL, &run.err);
        CHECK(status == (changes[i].message != NULL ? RNN_VERSION : RNN_OK));
        CHECK(changes[i].message == NULL || strstr(run.err.text, changes[i].message) != NULL);
        toy_run_close(&run);
    }
    for (int what = 0; what < 5; what++) {
        toy_run_init(&run, what == 0 ? 8 : 4, what == 1 ? 0 : 1, "adam");
        toy_run_init(&twin, what == 0 ? 8 : 4, what == 1 ? 0 : 1, "adam");
        run.model.params_hash += what == 2;
        run.model.layout_hash += what == 3;
        run.tokens[500] += what == 4 ? (run.tokens[500] == 0 ? 1 : -1) : 0;
        toy_run_open(&run, NULL);
        toy_run_open(&twin, NULL);
        expect_refused(&run, &twin, RNN_VERSION, RNN_VERSION);
        toy_run_close(&run);
        toy_run_close(&twin);
    }
    toy_remove(file);
}

/* ---- Every file call fails in turn ---- */

static void test_faults(void)
{
    static const struct {
        int error, is_short, must_work;
    } kinds[] = {{ENOSPC, 0, 0}, {EIO, 0, 0}, {EDQUOT, 0, 0}, {EINTR, 0, 1}, {0, 1, 1}};
    static ToyRun old, new, loaded;
    long cases = 0, failures = 0;
    run_to(&old, 10);
    run_to(&new, 20);
    run_to(&loaded, 1);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (long at = 1;; at++) {
            rnn_checkpoint_info info;
            toy_remove(file);
            CHECK(rnn_trainer_save(old.trainer, file, &old.err) == RNN_OK);
            call_count = 0;
            call_fail_at = at;
            call_errno = kinds[k].error;
            call_short = kinds[k].is_short;
            const rnn_status status = rnn_trainer_save(new.trainer, file, &new.err);
            const long calls = call_count;
            call_fail_at = -1;
            call_short = 0;
            if (calls < at)
                break;
            cases++;
            failures += status != RNN_OK;
            CHECK(status == RNN_OK || (status == RNN_IO && new.err.text[0] != '\0' && !kinds[k].must_work));
            CHECK(rnn_checkpoint_peek(file, &info, NULL) == RNN_OK);
            CHECK(info.step == (status == RNN_OK ? 20 : info.step) && (info.step == 10 || info.step == 20));
            CHECK(rnn_trainer_resume(loaded.trainer, file, NULL, NULL) == RNN_OK);
            CHECK(toy_same(&loaded, info.step == 10 ? &old : &new));
            CHECK(files_in_directory(1) == 0);
        }
    }
    for (long at = 1;; at++) { /* reading */
        rnn_error err = {RNN_OK, ""};
        call_count = 0;
        call_fail_at = at;
        call_errno = EIO;
        const rnn_status status = rnn_trainer_resume(loaded.trainer, file, NULL, &err);
        const long calls = call_count;
        call_fail_at = -1;
        if (calls < at)
            break;
        cases++;
        CHECK(status == RNN_OK || status == RNN_IO);
    }
    printf("%ld faults, %ld of them failed the save\n", cases, failures);
    CHECK(failures > 20);
    toy_run_close(&old);
    toy_run_close(&new);
    toy_run_close(&loaded);
    toy_remove(file);
}

/* ---- Every state of the disk after a crash ----
 * The calls of one save are recorded. A crash may come after each of them; what was written since the last fsync of the
 * file may be there up to any border of 512 bytes, or not; of the changes to the directory since its last fsync any
 * subset may have happened. All these disks are built and loaded. */

typedef struct Disk {
    int made, data_end; /* bytes of the new file that were written, and of them surely there */
    size_t written, synced;
    int renames, surely; /* changes of the directory so far, and of them surely there */
    int rename_at[8];
} Disk;

static int count_disks(const char *old_file, const char *old_previous, const char *new_bytes, int ignore_sync,
                       long *worse)
{
    int states = 0, new_descriptor = -1;
    Disk d;
    memset(&d, 0, sizeof d);
    for (int k = 0; k <= call_logged; k++) {
        if (k > 0) {
            const CallRecord *c = &call_log[k - 1];
            if (c->kind == CALL_OPEN && c->creates)
                new_descriptor = c->descriptor;
            if (c->kind == CALL_WRITE && c->descriptor == new_descriptor)
                d.written += c->count;
            if (c->kind == CALL_SYNC && c->descriptor == new_descriptor && !ignore_sync)
                d.synced = d.written;
            else if (c->kind == CALL_SYNC && c->descriptor != new_descriptor)
                d.surely = d.renames;
            if (c->kind == CALL_RENAME)
                d.rename_at[d.renames++] = k - 1;
            if (c->kind == CALL_CLOSE && c->descriptor == new_descriptor)
                new_descriptor = -2; /* its number may be used again */
            if (c->kind == CALL_OPEN && !c->creates)
                continue;
        }
        for (size_t cut = d.synced;; cut = cut + 512 < d.written ? cut + 512 : d.written) {
            for (int subset = 0; subset < 1 << (d.renames - d.surely); subset++) {
                char name[320];
                rnn_checkpoint_info info;
                toy_remove(other);
                CHECK(link(old_file, other) == 0);
                snprintf(name, sizeof name, "%s.prev", other);
                CHECK(link(old_previous, name) == 0);
                for (int r = 0; r < d.renames; r++) {
                    const CallRecord *c = &call_log[d.rename_at[r]];
                    if (r >= d.surely && (subset >> (r - d.surely) & 1) == 0)
                        continue;
                    if (strcmp(c->path, file) == 0) { /* the old one is kept */
                        CHECK(rename(other, name) == 0);
                    } else {
                        unlink(other);
                        write_bytes(other, new_bytes, cut);
                    }
                }
                if (rnn_checkpoint_peek(other, &info, NULL) != RNN_OK || info.step < 20)
                    ++*worse;
                states++;
            }
            if (cut >= d.written)
                break;
        }
    }
    return states;
}

static void test_crashes(void)
{
    static ToyRun run;
    char old_file[300], old_previous[300], *bytes;
    long worse = 0, seen = 0;
    snprintf(old_file, sizeof old_file, "%s/old", directory);
    snprintf(old_previous, sizeof old_previous, "%s/oldprev", directory);
    for (int64_t steps = 10; steps <= 20; steps += 10) {
        run_to(&run, steps);
        CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
        toy_run_close(&run);
    }
    CHECK(link(file, old_file) == 0 && link(previous, old_previous) == 0);
    run_to(&run, 30);
    call_recording = 1;
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    call_recording = 0;
    toy_run_close(&run);
    CHECK(toy_read(file, &bytes) > 0);
    const int states = count_disks(old_file, old_previous, bytes, 0, &worse);
    CHECK(worse == 0);
    CHECK(states > 500);
    const int unsynced = count_disks(old_file, old_previous, bytes, 1, &seen);
    CHECK(seen > 0); /* without the fsync of the file the same search must find a loss */
    printf("%d states of the disk, %ld lost; without fsync %ld of %d\n", states, worse, seen, unsynced);
    free(bytes);
    call_log_clear();
    toy_remove(other);
    toy_remove(file);
    unlink(old_file);
    unlink(old_previous);
}

/* ---- Places that cannot be written, and leftovers of the dead ---- */

static void test_places(void)
{
    static ToyRun run;
    char name[600], stale[400];
    run_to(&run, 2);
    snprintf(name, sizeof name, "%s/no/such/place", directory);
    CHECK(rnn_trainer_save(run.trainer, name, &run.err) == RNN_IO);
    CHECK(rnn_trainer_save(run.trainer, directory, &run.err) == RNN_IO);
    CHECK(rnn_trainer_save(run.trainer, "/dev/null", &run.err) == RNN_IO);
    CHECK(rnn_trainer_save(run.trainer, "", &run.err) == RNN_ARG);
    CHECK(rnn_trainer_save(run.trainer, NULL, &run.err) == RNN_ARG);
    for (int length = 250; length <= 256; length++) {
        snprintf(name, sizeof name, "%s/%0*d", directory, length, 7);
        const rnn_status status = rnn_trainer_save(run.trainer, name, &run.err);
        CHECK(length <= 255 ? status == RNN_OK : status == RNN_IO);
        unlink(name);
    }
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    /* a temporary file of this target, whose writer is gone, and one of another target */
    call_recording = 1;
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    call_recording = 0;
    stale[0] = '\0';
    for (int i = 0; i < call_logged; i++)
        if (call_log[i].kind == CALL_OPEN && call_log[i].creates)
            snprintf(stale, sizeof stale, "%s", call_log[i].path);
    call_log_clear();
    char *digits = strstr(stale, ".rnn-") + 5 + 17;
    const pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    CHECK(waitpid(dead, NULL, 0) == dead);
    snprintf(digits, 60, "%d-00000000.tmp", (int)getppid()); /* alive: it may still be writing */
    write_bytes(stale, "busy", 4);
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK && access(stale, F_OK) == 0);
    unlink(stale);
    snprintf(digits, 60, "%d-00000000.tmp", (int)dead);
    write_bytes(stale, "left", 4);
    snprintf(name, sizeof name, "%s/.rnn-0123456789abcdef-%d-00000000.tmp", directory, (int)dead);
    write_bytes(name, "another", 7);
    CHECK(files_in_directory(1) == 2);
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    CHECK(files_in_directory(1) == 1 && access(name, F_OK) == 0);
    unlink(name);
    toy_run_close(&run);
    toy_remove(file);
}

/* Two processes that save to one name: whoever looks always finds one of the two, whole. */
static void test_two_writers(void)
{
    static ToyRun run;
    pid_t child[2];
    int left = 2, looked = 0;
    run_to(&run, 1);
    CHECK(rnn_trainer_save(run.trainer, file, &run.err) == RNN_OK);
    toy_run_close(&run);
    for (int k = 0; k < 2; k++) {
        child[k] = fork();
        if (child[k] == 0) {
            run_to(&run, 10 + 10 * k);
            for (int i = 0; i < 150; i++)
                if (rnn_trainer_save(run.trainer, file, &run.err) != RNN_OK) {
                    fprintf(stderr, "writer %d: %s\n", k, run.err.text);
                    _exit(3);
                }
            _exit(0);
        }
    }
    while (left > 0) {
        rnn_checkpoint_info info;
        int status;
        CHECK(rnn_checkpoint_peek(file, &info, &run.err) == RNN_OK);
        CHECK(info.step == 1 || info.step == 10 || info.step == 20);
        looked++;
        if (waitpid(-1, &status, WNOHANG) > 0) {
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            left--;
        }
    }
    printf("looked %d times while two were writing\n", looked);
    CHECK(files_in_directory(1) == 0);
    toy_remove(file);
}

int main(void)
{
    make_directory();
    test_damage();
    test_fallback();
    test_other_run();
    test_faults();
    test_crashes();
    test_places();
    test_two_writers();
    CHECK(files_in_directory(0) == 0 && files_in_directory(1) == 0);
    rmdir(directory);
    return unit_result();
}
