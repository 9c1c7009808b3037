/* print.c: --dump=model. A line each for axes, dims and variables, with types, axes, start values and equations:
 *
 *   rnn.h[t] : [H], batch, loop t forward = ((1 - rnn.z[t]) * rnn.h[t-1]) + (rnn.z[t] * rnn.n[t])
 */
#include "op/function.h"
#include "sema/sema.h"

static void print_term(Text *out, const Model *model, const Term *term);

static void print_axes(Text *out, const Model *model, AxisSet axes)
{
    const char *between = "";
    for (int axis = model->axes.n - 1; axis >= 0; axis--) /* batch last, as one writes it */
        if ((axes & AXIS_BIT(axis)) != 0) {
            text_printf(out, "%s%s", between, model->axes.at[axis].name);
            between = ", ";
        }
}

static void print_read(Text *out, const Model *model, const Term *term)
{
    text_add(out, term->var->path);
    for (int i = 0; i < term->reads.n; i++) {
        const AxisRead *read = &term->reads.at[i];
        text_add(out, i == 0 ? "[" : ",");
        if (read->place != READ_OFFSET)
            text_add(out, read->place == READ_FIRST ? "first" : "last");
        else if (read->offset == 0)
            text_add(out, model->axes.at[read->axis].name);
        else
            text_printf(out, "%s%+d", model->axes.at[read->axis].name, read->offset);
    }
    text_add(out, term->reads.n > 0 ? "]" : "");
}

static void print_operand(Text *out, const Model *model, const Term *term)
{
    const bool infix = term->kind == TERM_CALL && function_info[term->function].is_operator &&
                       function_info[term->function].signature != SIG_LOOKUP &&
                       function_info[term->function].signature != SIG_JOIN;
    text_add(out, infix ? "(" : "");
    print_term(out, model, term);
    text_add(out, infix ? ")" : "");
}

static void print_operation(Text *out, const Model *model, const Term *term)
{
    const FunctionInfo *info = &function_info[term->function];
    if (info->signature == SIG_LOOKUP) {
        print_operand(out, model, term->args.at[0]);
        text_add(out, "[");
        print_term(out, model, term->args.at[1]);
        text_add(out, "]");
    } else if (info->signature == SIG_JOIN) {
        for (int i = 0; i < term->args.n; i++) {
            text_add(out, i == 0 ? "[" : "; ");
            print_term(out, model, term->args.at[i]);
        }
        text_add(out, "]");
    } else if (info->signature == SIG_TRANSPOSE) {
        print_operand(out, model, term->args.at[0]);
        text_add(out, "'");
    } else if (term->args.n == 1) {
        text_printf(out, "%s%s", info->name, term->function == FN_not ? " " : "");
        print_operand(out, model, term->args.at[0]);
    } else {
        print_operand(out, model, term->args.at[0]);
        text_printf(out, " %s ", info->name);
        print_operand(out, model, term->args.at[1]);
    }
}

static void print_call(Text *out, const Model *model, const Term *term)
{
    const FunctionInfo *info = &function_info[term->function];
    if (info->is_operator) {
        print_operation(out, model, term);
        return;
    }
    text_add(out, info->name);
    if (term->over != 0) {
        text_add(out, "[");
        print_axes(out, model, term->over);
        text_add(out, "]");
    }
    text_add(out, "(");
    if (term->partition >= 0)
        text_printf(out, "%s, ", model->partitions.at[term->partition].name);
    for (int i = 0; i < term->args.n; i++) {
        text_add(out, i > 0 ? ", " : "");
        print_term(out, model, term->args.at[i]);
    }
    if (info->signature == SIG_SLICE)
        text_printf(out, ", %d, %d", term->from, term->count);
    if (term->weight != NULL) {
        text_add(out, ", weight = ");
        print_term(out, model, term->weight);
    }
    if (term->per_axis >= 0)
        text_printf(out, ", per = %s", model->axes.at[term->per_axis].name);
    if (term->site >= 0)
        text_printf(out, ", site %d", term->site);
    text_add(out, ")");
}

static void print_term(Text *out, const Model *model, const Term *term)
{
    switch (term->kind) {
    case TERM_NUMBER:
        text_add_double(out, term->number);
        break;
    case TERM_TOKEN:
        text_printf(out, "token %.0f", term->number);
        break;
    case TERM_READ:
        print_read(out, model, term);
        break;
    case TERM_CALL:
        print_call(out, model, term);
        break;
    }
}

static void print_type(Text *out, const Type *type)
{
    static const char *const values[] = {"", " dist", " logdist"};
    if (type->kind == TYPE_TOKEN)
        text_printf(out, "index(%s)", dim_text(out->arena, type->vocab));
    else
        text_printf(out, "%s%s", type->shape.rank == 0 ? "real" : shape_text(out->arena, type->shape),
                    values[type->value]);
}

static void print_init(Text *out, const Var *var)
{
    static const struct {
        const char *name;
        int numbers;
    } inits[] = {{"zeros", 0},  {"ones", 0}, {"constant", 1},   {"uniform", 2}, {"normal", 1},
                 {"glorot", 0}, {"he", 0},   {"orthogonal", 1}, {"identity", 1}};
    text_printf(out, " = %s", inits[var->init_kind].name);
    for (int i = 0; i < inits[var->init_kind].numbers; i++) {
        text_add(out, i == 0 ? "(" : ", ");
        text_add_double(out, var->init_arg[i]);
    }
    text_add(out, inits[var->init_kind].numbers > 0 ? ")" : "");
    text_add(out, var->frozen ? " frozen" : "");
}

static void print_name(Text *out, const Model *model, const Var *var, bool edge)
{
    text_add(out, var->path);
    for (int i = 0; i < var->axis_order.n; i++) {
        const int axis = var->axis_order.at[i];
        const bool at_edge = edge && axis == var->edge_axis;
        text_printf(out, "%s%s", i == 0 ? "[" : ",",
                    !at_edge         ? model->axes.at[axis].name
                    : var->edge_last ? "last"
                                     : "first");
    }
    text_add(out, var->axis_order.n > 0 ? "]" : "");
}

static void print_flags(Text *out, const Model *model, const Var *var)
{
    if ((var->axes & AXIS_BIT(AXIS_BATCH)) != 0)
        text_add(out, ", batch");
    if (var->loop_direction != 0)
        text_printf(out, ", loop %s %s", model->axes.at[var->loop_axis].name,
                    var->loop_direction > 0 ? "forward" : "reverse");
    if (var->is_output)
        text_add(out, ", output");
    if (var->needs_target && var->kind == VAR_EQUATION)
        text_add(out, ", needs target");
}

static void print_var(Text *out, const Model *model, const Var *var)
{
    static const char *const kinds[] = {"input", "target", "param", "control", "let"};
    text_printf(out, "%-7s ", var == model->loss ? "loss" : kinds[var->kind]);
    print_name(out, model, var, false);
    text_add(out, " : ");
    print_type(out, &var->type);
    if (var->c_name != NULL && var->c_name[0] != '\0')
        text_printf(out, ", c %s", var->c_name);
    print_flags(out, model, var);
    if (var->kind == VAR_PARAM)
        print_init(out, var);
    if (var->kind == VAR_CONTROL) {
        text_add(out, " = ");
        text_add_double(out, var->control);
    }
    text_add(out, "\n");
    const Term *const parts[] = {var->def, var->edge, var->init};
    for (int i = 0; i < 3; i++) {
        if (parts[i] == NULL)
            continue;
        text_add(out, i == 2 ? "        init " : "        ");
        if (i == 2)
            text_add(out, var->path);
        else
            print_name(out, model, var, i == 1);
        text_add(out, " = ");
        print_term(out, model, parts[i]);
        text_add(out, "\n");
    }
}

static void print_entry(Text *out, const Model *model, const Entry *entry)
{
    text_printf(out, "%s %s over %s", entry->kind == ENTRY_STEP ? "step" : "generate", entry->name,
                model->axes.at[entry->axis].name);
    for (int i = 0; i < entry->outputs.n; i++)
        text_printf(out, "%s%s", i == 0 ? " -> " : ", ", entry->outputs.at[i]->path);
    text_add(out, "\n");
    for (int i = 0; i < entry->generated.n; i++) {
        text_printf(out, "        %s = ", entry->generated.at[i]->path);
        print_term(out, model, entry->equations.at[i]);
        text_add(out, "\n");
    }
    if (entry->stop != NULL) {
        text_add(out, "        stop ");
        print_term(out, model, entry->stop);
        text_add(out, "\n");
    }
}

static void print_numbers(Text *out, const Model *model)
{
    for (int i = 0; i < model->dims.n; i++)
        text_printf(out, "dim %s = %lld\n", model->dims.at[i].name, (long long)model->dims.at[i].integer);
    for (int i = 0; i < model->consts.n; i++) {
        text_printf(out, "const %s = ", model->consts.at[i].name);
        text_add_double(out, model->consts.at[i].number);
        text_add(out, "\n");
    }
    for (int i = 0; i < model->partitions.n; i++) {
        const Partition *p = &model->partitions.at[i];
        text_printf(out, "partition %s(%s, %s) = %s\n", p->name, dim_text(out->arena, p->words),
                    dim_text(out->arena, p->classes), p->file == NULL ? "even" : p->file);
    }
}

void model_print(Text *out, const Model *model)
{
    text_printf(out, "model %s\n", model->name);
    for (int i = 0; i < model->axes.n; i++) {
        const ModelAxis *axis = &model->axes.at[i];
        text_printf(out, "axis %s in %lld..%lld%s\n", axis->name, (long long)axis->low, (long long)axis->high,
                    axis->carry ? " carry" : "");
    }
    print_numbers(out, model);
    for (int i = 0; i < model->vars.n; i++)
        print_var(out, model, model->vars.at[i]);
    for (int i = 0; i < model->metrics.n; i++)
        text_printf(out, "metric %s\n", model->metrics.at[i]->path);
    for (int i = 0; i < model->entries.n; i++)
        print_entry(out, model, model->entries.at[i]);
    for (int i = 0; i < model->train.n; i++) {
        text_printf(out, "train %s = ", model->train.at[i].key);
        if (model->train.at[i].text != NULL)
            text_printf(out, "\"%s\"", model->train.at[i].text);
        else
            text_add_double(out, model->train.at[i].number);
        text_add(out, "\n");
    }
}
