/* text_buffer.h: text that grows while it is put together. A failed allocation is remembered in `failed`; later calls
 * do nothing, so it is asked for once, at the end. */
#ifndef RNN_IO_TEXT_BUFFER_H
#define RNN_IO_TEXT_BUFFER_H
#include <stddef.h>

#include "rnn/file.h"

typedef struct rnn_text {
    char *bytes; /* NUL-terminated when not NULL; release with free */
    size_t count, capacity;
    int failed;
} rnn_text;

void rnn_text_add(rnn_text *text, const char *bytes, size_t count);
void rnn_text_format(rnn_text *text, const char *format, ...) RNN_PRINTF(2, 3); /* at most 500 bytes at once */

#endif
