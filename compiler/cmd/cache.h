/* cache.h: the C of a model as a shared object, compiled once and kept in $XDG_CACHE_HOME/rnnc (or ~/.cache/rnnc).
 * The key is a hash of the text, the compiler and its version, its flags and the features of this CPU. */
#ifndef RNNC_CACHE_H
#define RNNC_CACHE_H
#include <stdbool.h>
#include <stddef.h>

enum { CACHE_PATH_MAX = 4096 };

/* `compiler`: what --cc said, or NULL for $RNNC_CC, clang, gcc. On success `object` is the path of the shared object.
 * Safe when several processes ask for the same one. Prints a message and returns false when it cannot be made. */
bool cache_object(const char *text, size_t size, const char *compiler, char object[CACHE_PATH_MAX]);
#endif
