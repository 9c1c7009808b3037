/* lower.c: the table of variables, and their definitions in an order in which every definition is there before it is
 * read at offset 0. sema has checked that such an order exists (S8). */
#include "graph/lower_internal.h"

/* ---- variables ---- */
static GVar *declare(Lower *lower, const Var *var)
{
    static const GVarKind kinds[] = {[VAR_INPUT] = GVAR_INPUT,
                                     [VAR_TARGET] = GVAR_TARGET,
                                     [VAR_PARAM] = GVAR_PARAM,
                                     [VAR_CONTROL] = GVAR_CONTROL,
                                     [VAR_EQUATION] = GVAR_EQUATION};
    const Shape shape = var->type.shape;
    GVar *made = arena_make(lower->graph->arena, GVar);
    *made = (GVar){.kind = kinds[var->kind],
                   .id = var->id,
                   .name = var->c_name,
                   .path = var->path,
                   .var = lower->model->vars.at[var->id],
                   .token = var->type.kind == TYPE_TOKEN,
                   .dim = {1, 1},
                   .axes = var->axes | lower->extra[var->id],
                   .direction = 0,
                   .loop_axis = -1,
                   .span = var->span};
    if (made->token)
        made->vocab = var->type.vocab.value;
    else
        made->rank = shape.rank;
    for (int i = 0; i < made->rank; i++)
        made->dim[i] = shape.dim[i].value;
    if (var->kind == VAR_EQUATION && var->loop_direction != 0) {
        made->direction = var->loop_direction;
        made->loop_axis = var->loop_axis;
    }
    return made;
}

static void declare_all(Lower *lower)
{
    Graph *graph = lower->graph;
    const Model *model = lower->model;
    for (int i = 0; i < model->vars.n; i++)
        vec_push(graph->arena, &graph->vars, declare(lower, model->vars.at[i]));
    for (int i = 0; i < model->params.n; i++)
        vec_push(graph->arena, &graph->params, lower_var(lower, model->params.at[i]));
}

/* ---- definitions ---- */
/* Does a row go on in another call, so that step 0 of a call need not be its first one? */
static bool goes_on(const Model *model, int axis)
{
    bool on = model->axes.at[axis].carry;
    for (int i = 0; i < model->entries.n; i++)
        on = on || model->entries.at[i]->axis == axis;
    return on;
}

static Node *edge_condition(Lower *lower, const Var *var)
{
    const bool by_position = !var->edge_last && goes_on(lower->model, var->edge_axis);
    return graph_node(
        lower->graph,
        &(NodeSpec){.op = by_position ? OP_IS_START : OP_IS_STEP, .axis = var->edge_axis, .from_end = var->edge_last});
}

static void define(Lower *lower, const Var *var)
{
    Graph *graph = lower->graph;
    GVar *made = lower_var(lower, var);
    Node *def = lower_term_as(lower, var->def, var->type);
    if (var->edge != NULL) {
        lower->edge_axis = var->edge_axis;
        Node *edge = lower_term_as(lower, var->edge, var->type);
        lower->edge_axis = -1;
        graph->at = var->span;
        def = Where(edge_condition(lower, var), edge, def);
    }
    graph->at = var->equation;
    const AxisSet more = def->axes & ~made->axes;
    if ((more & ~AXIS_BIT(AXIS_BATCH)) != 0)
        BUG("%s varies over more axes than its left side", var->path);
    if (more != 0) { /* the lengths of rows entered: lower everything again with what is known now */
        lower->extra[var->id] |= more;
        lower->grown = true;
        made->axes |= more;
    }
    def = graph_fit(graph, def, made->rank, made->dim, made->axes);
    made->def = def;
    if (def->n > 0 && def->defines == NULL) {
        def->name = made->name;
        def->defines = made;
    }
}

typedef struct Order { /* depth first, without recursion: models may chain thousands of variables */
    char *state;       /* by id: 0 not seen, 1 its operands are on the stack above it, 2 defined */
    VEC(const Var *) stack;
} Order;

static void push_operands(Lower *lower, Order *order, const Term *term)
{
    bool moved = false;
    if (term == NULL)
        return;
    for (int i = 0; i < term->reads.n; i++)
        moved = moved || (term->reads.at[i].place == READ_OFFSET && term->reads.at[i].offset != 0);
    if (term->kind == TERM_READ && term->var->kind == VAR_EQUATION && !moved && order->state[term->var->id] == 0)
        vec_push(lower->graph->arena, &order->stack, term->var);
    for (int i = term->args.n - 1; i >= 0; i--) /* the first operand ends on top */
        push_operands(lower, order, term->args.at[i]);
    push_operands(lower, order, term->weight);
}

static void define_with_operands(Lower *lower, Order *order, const Var *first)
{
    vec_push(lower->graph->arena, &order->stack, first);
    while (order->stack.n > 0) {
        const Var *var = vec_last(&order->stack);
        if (order->state[var->id] == 0) {
            order->state[var->id] = 1;
            push_operands(lower, order, var->edge);
            push_operands(lower, order, var->def);
            continue;
        }
        order->stack.n--;
        if (order->state[var->id] == 1)
            define(lower, var);
        order->state[var->id] = 2;
    }
}

static void define_all(Lower *lower)
{
    const Model *model = lower->model;
    Order order = {.state = arena_array(lower->graph->arena, char, model->vars.n)};
    for (int i = 0; i < model->vars.n; i++)
        if (model->vars.at[i]->kind == VAR_EQUATION)
            define_with_operands(lower, &order, model->vars.at[i]);
}

/* After all definitions: a start value may read any of them. */
static void init_all(Lower *lower)
{
    Graph *graph = lower->graph;
    for (int i = 0; i < lower->model->vars.n; i++) {
        const Var *var = lower->model->vars.at[i];
        GVar *made = lower_var(lower, var);
        if (var->init == NULL)
            continue;
        Node *init = lower_term_as(lower, var->init, var->type);
        const AxisSet more = init->axes & ~made->axes & AXIS_BIT(AXIS_BATCH);
        lower->extra[var->id] |= more;
        lower->grown = lower->grown || more != 0;
        init = graph_fit(graph, init, made->rank, made->dim, init->axes);
        made->init = node_is_number(init, 0) ? NULL : init;
    }
}

/* ---- what a later version brings ---- */
typedef struct Axes { /* sequence axes that were met: the first, and where the second was */
    int first, second;
    Span span;
    const char *what;
} Axes;

static void meet_axis(Axes *axes, int axis, Span span, const char *what)
{
    if (axis == AXIS_BATCH || axes->second >= 0)
        return;
    if (axes->first < 0)
        axes->first = axis;
    if (axis != axes->first)
        *axes = (Axes){axes->first, axis, span, what};
}

static void meet_reductions(Axes *axes, const Model *model, const Term *term)
{
    if (term == NULL)
        return;
    for (int axis = 0; axis < model->axes.n; axis++)
        if ((term->over & AXIS_BIT(axis)) != 0)
            meet_axis(axes, axis, term->span, "this");
    for (int i = 0; i < term->args.n; i++)
        meet_reductions(axes, model, term->args.at[i]);
    meet_reductions(axes, model, term->weight);
}

static void refuse_second_axis(Lower *lower)
{
    const Model *model = lower->model;
    Axes axes = {.first = -1, .second = -1};
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        for (int k = 0; k < var->axis_order.n; k++)
            meet_axis(&axes, var->axis_order.at[k], var->span, var->path);
    }
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        meet_reductions(&axes, model, var->def);
        meet_reductions(&axes, model, var->edge);
        meet_reductions(&axes, model, var->init);
    }
    for (int i = 0; i < model->entries.n; i++) {
        const Entry *entry = model->entries.at[i];
        for (int k = 0; k < entry->equations.n; k++)
            meet_reductions(&axes, model, entry->equations.at[k]);
        meet_reductions(&axes, model, entry->stop);
    }
    if (axes.second < 0)
        return;
    const ModelAxis *first = &model->axes.at[axes.first], *second = &model->axes.at[axes.second];
    DiagMsg *msg = diag_report(lower->diag, E0901, axes.span, "%s runs over %s, a second sequence axis beside %s",
                               axes.what, second->name, first->name);
    diag_note(lower->diag, msg, second->span, "%s declared here", second->name);
    diag_hint(lower->diag, msg, "models over one sequence axis are translated; split the model in two, or use %s",
              first->name);
    lower->refused = true;
}

static Graph *lower_once(Lower *lower, Arena *arena, bool plain)
{
    lower->graph = graph_new(arena, lower->model);
    lower->graph->plain = plain;
    lower->grown = false;
    declare_all(lower);
    define_all(lower);
    init_all(lower);
    lower_results(lower);
    lower->graph->at = NO_SPAN;
    return lower->graph;
}

static Graph *lower_with(Arena *arena, Diag *diag, const Model *model, bool plain)
{
    Lower lower = {.diag = diag,
                   .model = model,
                   .edge_axis = -1,
                   .extra = arena_array(arena, AxisSet, model->vars.n),
                   .reduces = arena_array(arena, char, model->vars.n)};
    refuse_second_axis(&lower);
    if (lower.refused)
        return NULL;
    Graph *graph;
    do /* each round gives at least one more variable its batch axis */
        graph = lower_once(&lower, arena, plain);
    while (lower.grown && !lower.refused);
    if (!lower.refused)
        lower_sizes(&lower);
    if (lower.refused)
        return NULL;
    graph_compact(graph);
    return graph;
}

Graph *lower_model(Arena *arena, Diag *diag, const Model *model)
{
    return lower_with(arena, diag, model, false);
}

Graph *lower_model_plain(Arena *arena, Diag *diag, const Model *model)
{
    return lower_with(arena, diag, model, true);
}
