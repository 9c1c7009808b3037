/* embedded.c: finds a file that rnnc carries inside itself; the table is in build/gen/embedded.c. */
#include "support/embedded.h"

#include <string.h>

const EmbeddedFile *embedded_find(const char *path)
{
    for (int i = 0; i < embedded_file_count; i++)
        if (strcmp(embedded_files[i].path, path) == 0)
            return &embedded_files[i];
    return NULL;
}
