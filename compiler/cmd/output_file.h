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

/* True when both paths name one existing file (by device and inode), however they are written. */
bool output_is_input(const char *output, const char *input);
/* Writes all files to temporary ones beside them, then renames these. Prints a message and returns false when one
 * cannot be written; then none was replaced (but for a failure of the renaming itself). */
bool output_write(const OutputFile *file, int count);
#endif
