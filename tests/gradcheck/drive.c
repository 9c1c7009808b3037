/* drive.c: checks the models of gradcheck_models, which are compiled with it. A model with a planted fault must be found
 * wrong. Prints "ok gradcheck/NAME" or what is wrong, a line a model; arguments choose models by name. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gradcheck.h"

static char notes[4000];

void note(const char *format, ...)
{
    const size_t used = strlen(notes);
    va_list args;
    if (used + 200 > sizeof notes)
        return;
    strcpy(notes + used, "    ");
    va_start(args, format);
    vsnprintf(notes + used + 4, sizeof notes - used - 4, format, args);
    va_end(args);
}

static const Window windows[] = {
    {3, 4, true, true, 1, false},    /* rows of 1 to all steps: entry by entry */
    {0, 0, true, false, -0.7, true}, /* as many rows as there is room for; adjoints of the loss and of outputs */
    {1, 0, false, false, 1, false},  /* one row */
    {0, 1, false, false, 1, true},   /* one step */
    {3, 2, true, false, 2, false},   /* fewer rows and steps than there is room for */
    {1, 1, false, false, 0, true},   /* adjoints of outputs alone */
};
enum { WINDOWS = sizeof windows / sizeof *windows };

static bool has_real_output(const rnn_model *model)
{
    for (int32_t i = 0; i < model->fields; i++)
        if (model->field[i].role == RNN_ROLE_OUTPUT && !model->field[i].is_token)
            return true;
    return false;
}

static bool check_window(const rnn_model *model, const Window *window, uint64_t seed, bool faulty)
{
    Point point;
    Window used = *window;
    if (used.dloss == 0 && !has_real_output(model))
        used.dloss = 1;
    bool good = point_open(&point, model, &used, seed);
    if (good && !faulty)
        good = relations_check(&point);
    good = good && difference_check(&point, used.all_entries);
    point_close(&point);
    return good;
}

static bool check_model(const rnn_model *model, bool faulty)
{
    for (int i = 0; i < WINDOWS; i++)
        if (!check_window(model, &windows[i], 17 + (uint64_t)i, faulty))
            return false;
    return true;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (const GradcheckModel *row = gradcheck_models; row->name; row++) {
        const bool faulty = strcmp(row->fault, "-") != 0;
        if (!is_wanted(row->name, argc, argv))
            continue;
        notes[0] = 0;
        const bool good = check_model(row->model(), faulty);
        if (good != faulty) {
            printf("ok gradcheck/%s%s%s\n", row->name, faulty ? " " : "", faulty ? row->fault : "");
        } else {
            printf("FAIL gradcheck/%s%s%s\n%s", row->name, faulty ? " does not notice " : "", faulty ? row->fault : "",
                   notes);
            failed++;
        }
        fflush(stdout);
    }
    return failed > 0;
}
