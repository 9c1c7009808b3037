/* run_model.c: emit, compile, dlopen; and the small things that every command that runs a model needs. */
#include "cmd/run_model.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cache.h"
#include "rnn/tensors.h"

void *run_alloc(size_t bytes)
{
    const size_t room = (bytes + 127) / 64 * 64;
    void *at = aligned_alloc(64, room);
    if (at)
        memset(at, 0, room);
    return at;
}

int run_error(const rnn_error *err)
{
    return command_error("%s", err->text);
}

int run_fault(const rnn_model *model, const rnn_call *call)
{
    rnn_error err = {0};
    (void)rnn_error_from_fault(&err, model, &call->fault);
    return run_error(&err);
}

/* dlsym gives a data pointer; POSIX says that its bytes are those of the function pointer. */
static const rnn_model *(*find_table(void *library, const char *name))(void)
{
    const rnn_model *(*table)(void) = NULL;
    void *symbol = dlsym(library, name);
    if (symbol)
        memcpy(&table, &symbol, sizeof table);
    return table;
}

int run_model_load(RunModel *run, const char *compiler)
{
    Compilation *compilation = &run->compilation;
    compilation->standalone = true;
    compilation->header_name = NULL; /* one text, no include path */
    const int over = compilation_run(compilation, "c");
    if (over >= 0)
        return over;
    char object[CACHE_PATH_MAX];
    if (!cache_object(text_z(&compilation->c), compilation->c.n, compiler, object))
        return EXIT_REFUSED;
    run->library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (!run->library)
        return command_error("cannot load the compiled model: %s", dlerror());
    const char *name = compilation->prefix ? compilation->prefix : compilation->model->name;
    const char *getter = arena_printf(compilation->arena, "%s_model", emit_prefix(compilation->arena, name));
    const rnn_model *(*table)(void) = find_table(run->library, getter);
    run->model = table ? table() : NULL;
    if (!run->model || run->model->abi != RNN_RUNTIME_ABI)
        return command_error("%s does not hold a model of this version of rnnc", object);
    return -1;
}

void run_model_close(RunModel *run)
{
    free(run->params);
    free(run->packed);
    free(run->state);
    free(run->work);
    if (run->library)
        dlclose(run->library);
    compilation_close(&run->compilation);
}

int run_model_memory(RunModel *run)
{
    const rnn_model *model = run->model;
    run->params = run_alloc(model->params_bytes);
    run->packed = run_alloc(model->packed_bytes);
    run->state = run_alloc(model->state_bytes);
    run->work = run_alloc(model->work_bytes);
    if (!run->params || !run->packed || !run->state || !run->work)
        return command_error("not enough memory for the model");
    return model->state_reset(run->state, -1) == RNN_OK ? -1 : command_error("the state cannot be reset");
}

int run_model_weights(RunModel *run, const char *path, uint64_t seed)
{
    rnn_error err = {0};
    const rnn_model *model = run->model;
    if (path && rnn_params_load(model, path, run->params, 0, &err) != RNN_OK)
        return run_error(&err);
    if (!path && model->params_init(run->params, seed) != RNN_OK)
        return command_error("the weights cannot be initialised");
    if (model->pack(run->params, run->packed) != RNN_OK)
        return command_error("the weights cannot be packed");
    return -1;
}

int run_field(const rnn_model *model, rnn_role role, const char *name)
{
    for (int32_t i = 0; i < model->fields; i++)
        if (model->field[i].role == (int32_t)role && strcmp(model->field[i].name, name) == 0)
            return i;
    return -1;
}

/* "tau=0.8" into the value of control tau. */
static bool set_control(const rnn_model *model, const char *setting, double *values)
{
    char name[96];
    const char *equals = strchr(setting, '=');
    if (!equals || equals - setting >= (long)sizeof name)
        return command_error("--set %s: expected NAME=NUMBER", setting) < 0;
    snprintf(name, sizeof name, "%.*s", (int)(equals - setting), setting);
    const int field = run_field(model, RNN_ROLE_CONTROL, name);
    if (field < 0)
        return command_error("--set %s: model %s has no control '%s'", setting, model->name, name) < 0;
    char *end;
    values[field] = strtod(equals + 1, &end);
    if (end == equals + 1 || *end != '\0' || !isfinite(values[field]))
        return command_error("--set %s: '%s' is no number", setting, equals + 1) < 0;
    return true;
}

double *run_controls(const rnn_model *model, const OptionList *settings)
{
    double *values = calloc((size_t)model->fields + 1, sizeof *values);
    if (!values) {
        command_error("not enough memory");
        return NULL;
    }
    for (int32_t i = 0; i < model->fields; i++)
        values[i] = model->field[i].role == RNN_ROLE_CONTROL ? model->field[i].initial : 0;
    for (int i = 0; settings && i < settings->n; i++)
        if (!set_control(model, settings->at[i], values)) {
            free(values);
            return NULL;
        }
    return values;
}

void run_print_metrics(const rnn_model *model, const rnn_mean *means)
{
    for (int32_t i = 0; i < model->fields; i++) {
        const rnn_field_info *field = &model->field[i];
        bool seen = field->role == RNN_ROLE_METRIC;
        for (int32_t k = 0; seen && k < field->means; k++)
            seen = means[field->first_mean + k].weight != 0;
        if (seen)
            printf("%-12s %.6g\n", field->name, model->metric(i, means));
    }
}
