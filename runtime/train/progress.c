/* progress.c: where a run is, for a person: one line with a bar that is rewritten on a terminal, plain lines at longer
 * intervals anywhere else. Nothing here has an influence on the run. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "rnn/train.h"

enum { BAR = 24, LINE = 240, NUMBER = 32 };

void rnn_progress_open(rnn_progress *progress, FILE *out, int32_t terminal)
{
    progress->out = out;
    progress->terminal = terminal < 0 ? isatty(fileno(out)) != 0 : terminal;
    progress->open = 0;
    progress->shown = -1e9;
    progress->every = progress->terminal ? 0.1 : 5;
}

/* "1:02:03", "2:03" */
static void format_time(double seconds, char text[NUMBER])
{
    long whole = seconds > 0 ? seconds < 359999 ? (long)(seconds + 0.5) : 359999 : 0;
    if (whole >= 3600) {
        (void)snprintf(text, NUMBER, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        (void)snprintf(text, NUMBER, "%ld:%02ld", whole / 60, whole % 60);
    }
}

/* 950, 12.3k, 4.56M */
static void format_rate(double rate, char text[NUMBER])
{
    double scale = rate >= 1e6 ? 1e6 : rate >= 1e4 ? 1e3 : 1;
    (void)snprintf(text, NUMBER, "%.*f%s", scale > 1 ? (rate / scale < 100 ? 1 : 0) : 0, rate / scale,
                   scale > 1e3 ? "M"
                   : scale > 1 ? "k"
                               : "");
}

static void format_bar(double part, char text[BAR + 3])
{
    int full = (int)(part * BAR), i;
    text[0] = '[';
    for (i = 0; i < BAR; i++) {
        text[i + 1] = i < full ? '=' : i == full ? '>' : ' ';
    }
    text[BAR + 1] = ']';
    text[BAR + 2] = '\0';
}

static void format_line(const rnn_report *report, int32_t terminal, char line[LINE])
{
    char bar[BAR + 3], left[NUMBER], rate[NUMBER], valid[40];
    double done = (double)report->last.step, per_step = report->ran > 0 ? report->seconds / (double)report->ran : 0;
    double speed = per_step > 0 ? (double)report->tokens / per_step : 0;
    format_bar(report->steps > 0 ? done / (double)report->steps : 0, bar);
    format_time(per_step * ((double)report->steps - done), left);
    format_rate(speed, rate);
    valid[0] = '\0';
    if (report->has_valid) {
        (void)snprintf(valid, sizeof valid, "  valid %.4f", report->valid_loss);
    }
    (void)snprintf(line, LINE, "%s%sstep %lld/%lld  epoch %d  loss %.4f  norm %.3g%s  %s/s  %s left",
                   terminal ? bar : "", terminal ? " " : "", (long long)report->last.step, (long long)report->steps,
                   (int)report->epoch, report->last.loss, report->last.norm, valid, rate, left);
}

static void print_line(rnn_progress *progress, const rnn_report *report)
{
    char line[LINE];
    format_line(report, progress->terminal, line);
    if (progress->terminal) {
        (void)fprintf(progress->out, "\r%s\033[K", line);
        progress->open = 1;
    } else {
        (void)fprintf(progress->out, "%s\n", line);
    }
    (void)fflush(progress->out);
    progress->shown = report->seconds;
}

void rnn_progress_step(rnn_progress *progress, const rnn_report *report)
{
    if (report->seconds - progress->shown >= progress->every || report->seconds < progress->shown) {
        print_line(progress, report);
    }
}

void rnn_progress_note(rnn_progress *progress, const char *format, ...)
{
    va_list args;
    if (progress->open) {
        (void)fputs("\r\033[K", progress->out);
        progress->open = 0;
    }
    va_start(args, format);
    (void)vfprintf(progress->out, format, args);
    va_end(args);
    (void)fputc('\n', progress->out);
    (void)fflush(progress->out);
}

void rnn_progress_close(rnn_progress *progress, const rnn_report *report)
{
    if (report != NULL && (report->seconds > progress->shown || progress->open)) {
        print_line(progress, report);
    }
    if (progress->open) {
        (void)fputc('\n', progress->out);
        (void)fflush(progress->out);
        progress->open = 0;
    }
}
