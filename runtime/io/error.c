/* error.c: statuses and faults in words. Every message of the library passes through rnn_error_set, which keeps it one
 * printable line whatever names a hostile file put into it. See rnn/file.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rnn/file.h"

static const struct {
    rnn_status code;
    const char *name, *meaning;
} statuses[] = {
    {RNN_OK, "RNN_OK", "no error"},
    {RNN_ARG, "RNN_ARG", "invalid argument"},
    {RNN_RANGE, "RNN_RANGE", "value out of range"},
    {RNN_LENGTH, "RNN_LENGTH", "length out of range"},
    {RNN_ORDER, "RNN_ORDER", "calls in the wrong order"},
    {RNN_NONFINITE, "RNN_NONFINITE", "not a finite number"},
    {RNN_VERSION, "RNN_VERSION", "version or hash does not match"},
    {RNN_IO, "RNN_IO", "input or output failed"},
    {RNN_FORMAT, "RNN_FORMAT", "malformed contents"},
    {RNN_MEMORY, "RNN_MEMORY", "out of memory"},
    {RNN_STOPPED, "RNN_STOPPED", "stopped"},
};

static const char *status_text(rnn_status code, int meaning)
{
    size_t i;
    for (i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].code == code) {
            return meaning ? statuses[i].meaning : statuses[i].name;
        }
    }
    return "unknown status";
}

const char *rnn_status_name(rnn_status code)
{
    return status_text(code, 0);
}

/* Control characters become '?'; a UTF-8 sequence that the end of the buffer cut is dropped. */
static void make_printable(char *text, size_t capacity)
{
    size_t n = strlen(text), i, start;
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F) {
            text[i] = '?';
        }
    }
    if (n + 1 < capacity || n == 0) {
        return;
    }
    for (start = n - 1; start > 0 && n - start < 4 && ((unsigned char)text[start] & 0xC0) == 0x80; start--) {
    }
    if ((unsigned char)text[start] >= 0xC0) {
        text[start] = '\0';
    }
}

rnn_status rnn_error_set(rnn_error *err, rnn_status code, const char *format, ...)
{
    va_list args;
    if (err == NULL) {
        return code;
    }
    err->code = code;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0) {
        err->text[0] = '\0';
    }
    va_end(args);
    make_printable(err->text, sizeof err->text);
    return code;
}

rnn_status rnn_error_from_fault(rnn_error *err, const rnn_model *model, const rnn_fault *fault)
{
    char place[160];
    size_t used = 0;
    int n;
    place[0] = '\0';
    if (fault->axis >= 0 && model != NULL && fault->axis < model->axes) {
        n = snprintf(place, sizeof place, ", axis %.64s", model->axis[fault->axis].name);
        used += n > 0 ? (size_t)n : 0;
    }
    if (fault->step >= 0) {
        n = snprintf(place + used, sizeof place - used, ", step %d", (int)fault->step);
        used += n > 0 ? (size_t)n : 0;
    }
    if (fault->row >= 0) {
        (void)snprintf(place + used, sizeof place - used, ", row %d", (int)fault->row);
    }
    return rnn_error_set(err, fault->code, "%.96s: %s%s", fault->what[0] != '\0' ? fault->what : "model",
                         status_text(fault->code, 1), place);
}
