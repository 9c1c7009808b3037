/* embedded.h: files that rnnc carries inside itself, so that it works wherever it is copied: the library of cells
 * ("std/cells.rnn") and the headers of the runtime ("rnn/rnn.h", "rnn/simd.h", ...), which --standalone pastes.
 * The table is written by tools/embed.c from the real files when rnnc is built. */
#ifndef RNNC_EMBEDDED_H
#define RNNC_EMBEDDED_H
#include <stddef.h>

typedef struct EmbeddedFile {
    const char *path; /* "std/cells.rnn", "rnn/rnn.h" */
    const char *text; /* NUL-terminated */
    size_t size;      /* without the NUL */
} EmbeddedFile;

extern const EmbeddedFile embedded_files[]; /* a row of NULLs ends it */
extern const int embedded_file_count;
/* NULL when there is none of that path. */
const EmbeddedFile *embedded_find(const char *path);
#endif
