/* weights.c: the -D values become metadata of the file: "rnn.D.V" -> "65". */
#include "cmd/weights.h"

#include <stdio.h>
#include <string.h>

#include "rnn/tensors.h"

int weights_save(const RunModel *run, const char *path, const void *params)
{
    Arena *arena = run->compilation.arena;
    const Defines *defines = &run->compilation.defines;
    rnn_meta meta[DEFINES_MAX];
    int32_t n = 0;
    for (int i = 0; i < defines->n; i++) {
        if (defines->at[i].origin == DEFINE_BOUND)
            continue;
        char value[40];
        define_text(defines->at[i].value, value);
        meta[n].key = arena_printf(arena, "%s%s", RNN_META_DEFINE, defines->at[i].name);
        meta[n++].value = arena_copy(arena, value, strlen(value));
    }
    rnn_error err = {0};
    return rnn_params_save(run->model, path, params, meta, n, &err) == RNN_OK ? EXIT_DONE : run_error(&err);
}
