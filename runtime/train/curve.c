/* curve.c: the history of a run as a picture in SVG: training loss (faint: as it was, strong: smoothed), validation
 * loss as points, below it the norm of the gradient. Numbers are written with integers only, so that no locale puts
 * a comma into them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/text_buffer.h"
#include "rnn/train.h"

enum { WIDTH = 880, HEIGHT = 560, LEFT = 70, RIGHT = 20, BINS = 720 };

/* A rectangle of the picture and the ranges it shows. */
typedef struct Panel {
    double top, height, low, high, steps;
} Panel;

/* One curve, averaged into at most BINS points. */
typedef struct Curve {
    int count;
    double step[BINS], value[BINS], smooth[BINS];
} Curve;

/* ---- Numbers ---- */

/* value with `decimals` (0 .. 9) digits behind the point. */
static void add_fixed(rnn_text *text, double value, int decimals)
{
    double scale = pow(10, decimals), scaled = floor(fabs(value) * scale + 0.5);
    if (!(scaled < 9e15)) {
        scaled = 9e15;
    }
    rnn_text_format(text, "%s%.0f", value < 0 && scaled > 0 ? "-" : "", floor(scaled / scale));
    if (decimals > 0) {
        rnn_text_format(text, ".%0*.0f", decimals, fmod(scaled, scale));
    }
}

/* A tick: multiples of 10^power. */
static void add_label(rnn_text *text, double value, int power)
{
    if (power < -4 || power > 6) {
        add_fixed(text, value / pow(10, power), 0);
        if (fabs(value) > 0) {
            rnn_text_format(text, "e%d", power);
        }
    } else {
        add_fixed(text, value, power < 0 ? -power : 0);
    }
}

static void add_escaped(rnn_text *text, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' || c < 0x20) {
            rnn_text_format(text, "&#%d;", c < 0x20 ? 32 : c);
        } else {
            rnn_text_add(text, s, 1);
        }
    }
}

/* ---- Data ---- */

/* The mean of the finite ones of values[from .. to - 1]; NaN when there is none. */
static double mean_of(const double *values, int from, int to)
{
    double sum = 0;
    int i, n = 0;
    for (i = from; i < to; i++) {
        if (isfinite(values[i])) {
            sum += values[i];
            n++;
        }
    }
    return n > 0 ? sum / n : (double)NAN;
}

static void make_curve(const rnn_history *history, const double *values, Curve *curve)
{
    int i, reach;
    curve->count = history->count < BINS ? history->count : BINS;
    for (i = 0; i < curve->count; i++) {
        int from = (int)((int64_t)i * history->count / curve->count);
        int to = (int)((int64_t)(i + 1) * history->count / curve->count);
        curve->value[i] = mean_of(values, from, to);
        curve->step[i] = (double)history->stride * 0.5 * (from + to);
    }
    for (i = 0; i < curve->count; i++) { /* a centred mean does not lag behind */
        reach = curve->count / 60;
        reach = i < reach ? i : reach;
        reach = curve->count - 1 - i < reach ? curve->count - 1 - i : reach;
        curve->smooth[i] = mean_of(curve->value, i - reach, i + reach + 1);
    }
}

static int compare_reals(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* The range of a curve, but for its largest hundredth when that would squeeze the rest. */
static void find_range(const Curve *curve, double *low, double *high)
{
    double sorted[BINS];
    int i, n = 0;
    for (i = 0; i < curve->count; i++) {
        if (isfinite(curve->value[i])) {
            sorted[n++] = curve->value[i];
        }
    }
    qsort(sorted, (size_t)n, sizeof *sorted, compare_reals);
    *low = n > 0 ? sorted[0] : 0;
    *high = n > 0 ? sorted[n - 1] : 1;
    if (n > 0 && *high - *low > 2 * (sorted[n - 1 - n / 100] - *low) && sorted[n - 1 - n / 100] > *low) {
        *high = *low + 1.2 * (sorted[n - 1 - n / 100] - *low);
    }
}

/* ---- Drawing ---- */

static double x_of(const Panel *p, double step)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * step / p->steps;
}

static double y_of(const Panel *p, double value)
{
    double part = (value - p->low) / (p->high - p->low);
    return p->top + p->height * (1 - (part < 0 ? 0 : part > 1 ? 1 : part));
}

static void add_point(rnn_text *text, const Panel *p, double step, double value)
{
    add_fixed(text, x_of(p, step), 1);
    rnn_text_add(text, ",", 1);
    add_fixed(text, y_of(p, value), 1);
}

static void close_line(rnn_text *text, int open)
{
    if (open) {
        rnn_text_format(text, "\"/>\n");
    }
}

static void add_line(rnn_text *text, const Panel *p, const char *style, const double *step, const double *value,
                     int count)
{
    int i, open = 0;
    for (i = 0; i < count; i++) {
        if (!isfinite(value[i])) {
            close_line(text, open);
            open = 0;
            continue;
        }
        if (!open) {
            rnn_text_format(text, "<polyline class=\"%s\" points=\"", style);
        }
        rnn_text_add(text, " ", open ? 1 : 0);
        add_point(text, p, step[i], value[i]);
        open = 1;
    }
    close_line(text, open);
}

static void add_points(rnn_text *text, const Panel *p, const rnn_history *history)
{
    int i;
    for (i = 0; i < history->valid_count; i++) {
        if (isfinite(history->valid_loss[i])) {
            rnn_text_format(text, "<circle class=\"v\" r=\"3\" cx=\"");
            add_fixed(text, x_of(p, history->valid_step[i]), 1);
            rnn_text_format(text, "\" cy=\"");
            add_fixed(text, y_of(p, history->valid_loss[i]), 1);
            rnn_text_format(text, "\"/>\n");
        }
    }
}

/* 1, 2 or 5 times 10^*power: the distance of about `wanted` ticks over `span`. */
static double tick_distance(double span, int wanted, int *power)
{
    double rough = span / wanted, unit, part;
    *power = (int)floor(log10(rough));
    unit = pow(10, *power);
    part = rough / unit;
    if (part > 5) {
        *power += 1;
        return 10 * unit;
    }
    return unit * (part > 2 ? 5 : part > 1 ? 2 : 1);
}

static void add_value_ticks(rnn_text *text, const Panel *p, int wanted)
{
    int power, i;
    double distance = tick_distance(p->high - p->low, wanted, &power), first = ceil(p->low / distance);
    for (i = 0; i < 3 * wanted && (first + i) * distance <= p->high + 1e-9 * distance; i++) {
        double value = (first + i) * distance;
        rnn_text_format(text, "<path class=\"g\" d=\"M%d ", LEFT);
        add_fixed(text, y_of(p, value), 1);
        rnn_text_format(text, "H%d\"/><text text-anchor=\"end\" x=\"%d\" y=\"", WIDTH - RIGHT, LEFT - 7);
        add_fixed(text, y_of(p, value) + 4, 1);
        rnn_text_format(text, "\">");
        add_label(text, value, power);
        rnn_text_format(text, "</text>\n");
    }
}

static void add_step_ticks(rnn_text *text, const Panel *p, int labels)
{
    int power, i;
    double distance = tick_distance(p->steps, 8, &power);
    if (distance < 1) {
        distance = 1;
        power = 0;
    }
    for (i = 0; i < 40 && i * distance <= p->steps; i++) {
        rnn_text_format(text, "<path class=\"g\" d=\"M");
        add_fixed(text, x_of(p, i * distance), 1);
        rnn_text_format(text, " %dV%d\"/>", (int)p->top, (int)(p->top + p->height));
        if (labels) {
            rnn_text_format(text, "<text text-anchor=\"middle\" y=\"%d\" x=\"", (int)(p->top + p->height) + 18);
            add_fixed(text, x_of(p, i * distance), 1);
            rnn_text_format(text, "\">");
            add_label(text, i * distance, power);
            rnn_text_format(text, "</text>\n");
        }
    }
}

static void add_frame(rnn_text *text, const Panel *p, const char *name)
{
    rnn_text_format(text, "<rect class=\"f\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", LEFT, (int)p->top,
                    WIDTH - LEFT - RIGHT, (int)p->height);
    rnn_text_format(text, "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
                    (int)(p->top + p->height / 2), name);
}

static void add_legend(rnn_text *text, int valid)
{
    int x = WIDTH - RIGHT - (valid ? 300 : 215);
    rnn_text_format(text, "<path class=\"r\" d=\"M%d 34h22\"/><text x=\"%d\" y=\"38\">training</text>", x, x + 28);
    rnn_text_format(text, "<path class=\"s\" d=\"M%d 34h22\"/><text x=\"%d\" y=\"38\">smoothed</text>", x + 100,
                    x + 128);
    if (valid) {
        rnn_text_format(text,
                        "<circle class=\"v\" r=\"3\" cx=\"%d\" cy=\"34\"/><text x=\"%d\" y=\"38\">validation"
                        "</text>\n",
                        x + 215, x + 224);
    }
}

static void add_head(rnn_text *text, const char *title)
{
    rnn_text_format(text,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                    "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n",
                    WIDTH, HEIGHT, WIDTH, HEIGHT);
    rnn_text_format(text, "<style>polyline,path{fill:none}.g{stroke:#e6e6e6}.f{fill:none;stroke:#888}"
                          ".r{stroke:#a9c4e4;stroke-width:1}.s{stroke:#1f5fa8;stroke-width:2}"
                          ".v{fill:#d9590b;stroke:none}.l{stroke:#d9590b;stroke-width:1}.n{stroke:#5b7f5b}</style>\n");
    rnn_text_format(text, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><text x=\"%d\" y=\"24\" font-size=\"15\">",
                    WIDTH, HEIGHT, LEFT);
    add_escaped(text, title);
    rnn_text_format(text, "</text>\n");
}

/* A range that is not empty, with a little room above and below. */
static void set_range(Panel *p, double low, double high)
{
    double room = high - low > 0 ? 0.04 * (high - low) : fabs(high) > 0 ? 0.5 * fabs(high) : 1;
    p->low = low - room < 0 && low >= 0 ? 0 : low - room;
    p->high = high + room;
}

static void draw_loss(rnn_text *text, const rnn_history *history, Curve *curve, double steps)
{
    Panel p = {50, 320, 0, 1, 1};
    double low, high;
    int i;
    make_curve(history, history->loss, curve);
    find_range(curve, &low, &high);
    for (i = 0; i < history->valid_count; i++) {
        double value = history->valid_loss[i];
        low = value < low ? value : low;
        high = isfinite(value) && value > high ? value : high;
    }
    set_range(&p, low, high);
    p.steps = steps;
    add_value_ticks(text, &p, 7);
    add_step_ticks(text, &p, 0);
    add_line(text, &p, "r", curve->step, curve->value, curve->count);
    add_line(text, &p, "s", curve->step, curve->smooth, curve->count);
    add_line(text, &p, "l", history->valid_step, history->valid_loss, history->valid_count);
    add_points(text, &p, history);
    add_frame(text, &p, "loss");
}

static void draw_norm(rnn_text *text, const rnn_history *history, Curve *curve, double steps)
{
    Panel p = {390, 120, 0, 1, 1};
    double low, high;
    make_curve(history, history->norm, curve);
    find_range(curve, &low, &high);
    set_range(&p, 0, high);
    p.steps = steps;
    add_value_ticks(text, &p, 3);
    add_step_ticks(text, &p, 1);
    add_line(text, &p, "n", curve->step, curve->value, curve->count);
    add_frame(text, &p, "gradient norm");
    rnn_text_format(text, "<text text-anchor=\"middle\" x=\"%d\" y=\"%d\">step</text>\n", (LEFT + WIDTH - RIGHT) / 2,
                    HEIGHT - 12);
}

rnn_status rnn_curve_svg(const char *path, const rnn_history *history, const char *title, rnn_error *err)
{
    rnn_text text = {NULL, 0, 0, 0};
    Curve *curve = malloc(sizeof *curve);
    double steps = history->steps > 1 ? (double)history->steps : 1;
    rnn_status status;
    if (curve == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path);
    }
    add_head(&text, title != NULL ? title : "");
    add_legend(&text, history->valid_count > 0);
    draw_loss(&text, history, curve, steps);
    draw_norm(&text, history, curve, steps);
    rnn_text_format(&text, "</svg>\n");
    status = text.failed ? rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path)
                         : rnn_file_write(path, text.bytes, text.count, err);
    free(text.bytes);
    free(curve);
    return status;
}
