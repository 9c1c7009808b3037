/* unit.h: checks of a unit test. A failed one is printed with its place; main returns unit_result(). */
#ifndef UNIT_H
#define UNIT_H
#include <stdio.h>
#include <string.h>

static int unit_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                                    \
            unit_failures++;                                                                                           \
        }                                                                                                              \
    } while (0)

#define CHECK_TEXT(found, wanted)                                                                                      \
    do {                                                                                                               \
        const char *const unit_found = (found), *const unit_wanted = (wanted);                                         \
        if (unit_found == NULL || strcmp(unit_found, unit_wanted) != 0) {                                              \
            fprintf(stderr, "%s:%d: found:\n%s\nwanted:\n%s\n", __FILE__, __LINE__,                                    \
                    unit_found == NULL ? "(nothing)" : unit_found, unit_wanted);                                       \
            unit_failures++;                                                                                           \
        }                                                                                                              \
    } while (0)

static inline int unit_result(void)
{
    return unit_failures == 0 ? 0 : 1;
}
#endif
