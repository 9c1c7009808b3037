/* window_result.c: one call, and what it gave as a file of tensors: loss and metrics F64, reals in the model's type,
 * tokens I32. */
#include "cmd/window_result.h"

#include <stdlib.h>

#include "rnn/tensors.h"

typedef struct WindowResult {
    RunModel *run;
    const rnn_window *window;
    bool has_targets, gradient;
    rnn_call call;
    void **out;      /* [fields] */
    double *metrics; /* [fields]: values */
    void *grad, *tape;
    rnn_tensor_out *tensor;
    int32_t tensors;
} WindowResult;

static bool wanted(const WindowResult *result, const rnn_field_info *field)
{
    return field->role == RNN_ROLE_OUTPUT && (result->has_targets || !field->needs_target);
}

/* [steps]..[rows][dims]; returns the number of elements. */
static size_t shape_of(const WindowResult *result, const rnn_field_info *field, rnn_tensor_out *tensor)
{
    size_t count = 1;
    tensor->rank = 0;
    for (int32_t i = 0; i < field->axes; i++)
        tensor->dim[tensor->rank++] = result->window->steps[field->axis[i]];
    if (field->has_batch)
        tensor->dim[tensor->rank++] = result->window->rows;
    for (int32_t i = 0; i < field->rank; i++)
        tensor->dim[tensor->rank++] = field->dim[i];
    for (int32_t i = 0; i < tensor->rank; i++)
        count *= (size_t)tensor->dim[i];
    return count;
}

static rnn_tensor_out *add_tensor(WindowResult *result, const char *name, int32_t dtype, const void *data)
{
    rnn_tensor_out *tensor = &result->tensor[result->tensors++];
    *tensor = (rnn_tensor_out){.name = name, .dtype = dtype, .data = data};
    return tensor;
}

static int open_result(WindowResult *result)
{
    const rnn_model *model = result->run->model;
    const size_t fields = (size_t)model->fields + 1;
    result->out = calloc(fields, sizeof *result->out);
    result->metrics = calloc(fields, sizeof *result->metrics);
    result->tensor = calloc(fields + (size_t)model->params + 1, sizeof *result->tensor);
    result->call.metrics = calloc((size_t)model->mean_count + 1, sizeof(rnn_mean));
    if (result->gradient) {
        result->grad = run_alloc(model->params_bytes);
        result->tape = run_alloc(model->tape_bytes);
    }
    if (!result->out || !result->metrics || !result->tensor || !result->call.metrics ||
        (result->gradient && (!result->grad || !result->tape)))
        return command_error("not enough memory");
    for (int32_t i = 0; i < model->fields; i++) {
        rnn_tensor_out shape;
        const rnn_field_info *field = &model->field[i];
        if (wanted(result, field) &&
            !(result->out[i] = run_alloc(shape_of(result, field, &shape) * (size_t)model->real_bytes)))
            return command_error("not enough memory");
    }
    return -1;
}

static void close_result(WindowResult *result)
{
    for (int32_t i = 0; result->out && i < result->run->model->fields; i++)
        free(result->out[i]);
    free(result->out);
    free(result->metrics);
    free(result->tensor);
    free(result->call.metrics);
    free(result->grad);
    free(result->tape);
}

static int call_model(WindowResult *result)
{
    const RunModel *run = result->run;
    const rnn_model *model = run->model;
    rnn_call *call = &result->call;
    rnn_status status;
    call->out = result->out;
    if (result->gradient) {
        status = model->forward(run->params, run->packed, call, NULL, result->tape);
        if (status == RNN_OK)
            status =
                model->backward(run->params, run->packed, call, result->tape, run->work, 1.0, NULL, result->grad, NULL);
    } else {
        status = (result->has_targets || !model->has_infer ? model->eval : model->infer)(run->params, run->packed, call,
                                                                                         NULL, run->work);
    }
    return status == RNN_OK ? -1 : run_fault(model, call);
}

static void add_outputs(WindowResult *result)
{
    const rnn_model *model = result->run->model;
    if (model->has_loss && result->has_targets)
        add_tensor(result, "loss", RNN_F64, &result->call.loss);
    for (int32_t i = 0; i < model->fields; i++)
        if (result->out[i]) {
            const rnn_field_info *field = &model->field[i];
            (void)shape_of(
                result, field,
                add_tensor(result, field->name, field->is_token ? RNN_I32 : rnn_model_dtype(model), result->out[i]));
        }
    for (int32_t i = 0; i < model->fields && result->has_targets; i++)
        if (model->field[i].role == RNN_ROLE_METRIC) {
            result->metrics[i] = model->metric(i, result->call.metrics);
            add_tensor(result, model->field[i].name, RNN_F64, &result->metrics[i]);
        }
}

static void add_gradients(WindowResult *result)
{
    const rnn_model *model = result->run->model;
    for (int32_t i = 0; i < model->params; i++) {
        const rnn_param_info *param = &model->param[i];
        if (param->flags & RNN_PARAM_FROZEN)
            continue;
        rnn_tensor_out *tensor = add_tensor(result, param->name, rnn_model_dtype(model),
                                            (char *)result->grad + (size_t)param->offset * (size_t)model->real_bytes);
        tensor->rank = param->rank;
        for (int32_t d = 0; d < param->rank; d++)
            tensor->dim[d] = param->dim[d];
    }
}

static int run_and_write(WindowResult *result, const char *path)
{
    int over = open_result(result);
    if (over < 0)
        over = call_model(result);
    if (over >= 0)
        return over;
    add_outputs(result);
    if (result->gradient)
        add_gradients(result);
    rnn_error err = {0};
    return rnn_tensors_write(path, result->tensor, result->tensors, NULL, 0, &err) == RNN_OK ? EXIT_DONE
                                                                                             : run_error(&err);
}

int window_result_write(RunModel *run, const rnn_window_data *data, const double *controls, uint64_t seed,
                        bool gradient, const char *path)
{
    WindowResult result = {.run = run, .window = rnn_window_of(data), .gradient = gradient};
    result.has_targets = rnn_window_has_targets(data);
    if (gradient && !run->model->has_loss)
        return command_error("model %s has no loss, so there is no gradient", run->model->name);
    if (gradient && !result.has_targets)
        return command_error("a gradient needs the targets, and the window has none");
    rnn_window_into_call(result.window, &result.call);
    result.call.controls = controls;
    result.call.key.seed = seed;
    const int over = run_and_write(&result, path);
    close_result(&result);
    return over;
}
