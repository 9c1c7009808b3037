/* output_file.h: output that appears whole or not at all. */
#ifndef RNNC_OUTPUT_FILE_H
#define RNNC_OUTPUT_FILE_H
#include <stdbool.h>
#include <stddef.h>

typedef struct OutputFile {
    const char *path;
    const char *text;
    size_t size;
} OutputFile;

/* False after a message when writing `output` would replace an input; those that are NULL or absent are not replaced. */
bool output_spares(const char *output, const char *const *inputs, int count);
/* Writes all files to temporary ones beside them, then renames these. Links stay links, and a file that was there keeps
 * its mode. Prints a message and returns false when one cannot be written or is no regular
 * file; then none was replaced (but for a failure of the renaming itself). */
bool output_write(const OutputFile *file, int count);
#endif
