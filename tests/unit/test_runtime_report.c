/* test_runtime_report.c: what a person sees of a run: the picture of the loss and the lines of progress. */
#include <unistd.h>

#include "toy_run.h"

static int count(const char *text, const char *piece)
{
    int n = 0;
    for (const char *at = strstr(text, piece); at != NULL; at = strstr(at + 1, piece))
        n++;
    return n;
}

/* Every element is closed, and no number is one that SVG does not know. */
static void check_picture(const char *path, int points)
{
    char *svg = NULL;
    CHECK(toy_read(path, &svg) > 0 && svg != NULL);
    if (svg == NULL)
        return;
    CHECK(strncmp(svg, "<svg xmlns=", 11) == 0 && strcmp(svg + strlen(svg) - 7, "</svg>\n") == 0);
    CHECK(count(svg, "<text") == count(svg, "</text>") && count(svg, "<style>") == count(svg, "</style>"));
    CHECK(count(svg, "<polyline") + count(svg, "<circle") + count(svg, "<path") + count(svg, "<rect") ==
          count(svg, "/>"));
    CHECK(count(svg, "nan") == 0 && count(svg, "inf") == 0 && count(svg, "e+") == 0);
    CHECK(count(svg, "cx=") == points + (points > 0)); /* and one in the legend */
    free(svg);
}

static void test_picture(void)
{
    static rnn_history h;
    static const double values[] = {0, -5, 1e-9, 1e12, -1e300, 1e300, 3.25};
    char path[300];
    rnn_error err;
    snprintf(path, sizeof path, "%s", toy_path("picture.svg"));
    rnn_history_clear(&h);
    CHECK(rnn_curve_svg(path, &h, "", &err) == RNN_OK);
    check_picture(path, 0);
    rnn_history_add(&h, NAN, NAN);
    rnn_history_add_valid(&h, 1, NAN);
    CHECK(rnn_curve_svg(path, &h, NULL, &err) == RNN_OK);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) { /* ranges of any size, also of no size */
        rnn_history_clear(&h);
        for (int k = 0; k < 20; k++)
            rnn_history_add(&h, values[i] * (k % 2), fabs(values[i]));
        rnn_history_add_valid(&h, 20, values[i]);
        CHECK(rnn_curve_svg(path, &h, "x", &err) == RNN_OK);
        check_picture(path, 1);
    }
    rnn_history_clear(&h);
    for (int k = 0; k < 9000; k++) {
        rnn_history_add(&h, k % 1000 == 3 ? NAN : 3 + sin(0.01 * k) / (1 + k), 1 + k % 7);
        if (k % 1000 == 999)
            rnn_history_add_valid(&h, k + 1, 3);
    }
    CHECK(rnn_curve_svg(path, &h, "<script>\"&'\n", &err) == RNN_OK);
    check_picture(path, 9);
    char *svg;
    CHECK(toy_read(path, &svg) < 100000 && count(svg, "script") == 1 && count(svg, "<script") == 0);
    free(svg);
    CHECK(rnn_curve_svg("/no/such/place.svg", &h, "x", &err) == RNN_IO);
    unlink(path);
}

static void test_progress(int terminal)
{
    char path[300], *text;
    rnn_progress p;
    rnn_report r;
    FILE *out;
    snprintf(path, sizeof path, "%s", toy_path("progress"));
    out = fopen(path, "w");
    memset(&r, 0, sizeof r);
    r.steps = 1000;
    r.tokens = 640;
    rnn_progress_open(&p, out, terminal);
    for (int k = 1; k <= 1000; k++) {
        r.last.step = r.ran = k;
        r.last.loss = 5.0 / k;
        r.last.norm = 0.5;
        r.seconds = 0.02 * k; /* 20 s in all */
        r.has_valid = k > 500;
        r.valid_loss = 0.75;
        rnn_progress_step(&p, &r);
        if (k == 500)
            rnn_progress_note(&p, "half of %d", 1000);
    }
    rnn_progress_close(&p, &r);
    rnn_progress_close(&p, NULL);
    fclose(out);
    CHECK(toy_read(path, &text) > 0);
    CHECK(count(text, "step 1000/1000") >= 1);
    CHECK(count(text, "half of 1000\n") == 1 && count(text, "valid 0.7500") > 0);
    CHECK(count(text, "\n") == (terminal ? 2 : 1 + 5));
    CHECK(count(text, "32.0k/s") > 0 && count(text, "0:10 left") >= terminal);
    CHECK(count(text, "\r") >= (terminal ? 150 : 0) && (terminal || count(text, "\r") == 0));
    CHECK(!terminal || count(text, "[============>") > 0);
    free(text);
    unlink(path);
}

int main(void)
{
    test_picture();
    test_progress(0);
    test_progress(1);
    return unit_result();
}
