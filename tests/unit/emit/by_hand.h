/* by_hand.h: models made by hand for tests of the emitted interface: one with everything that the interface knows, one
 * with next to nothing, and one whose names are as bad as names can be. Their loops are stubs. */
#ifndef EMIT_BY_HAND_H
#define EMIT_BY_HAND_H
#include "emit/interface.h"

static Arena *hand_arena;

static Dim hand_dim(const char *name, int64_t value)
{
    DimAtom *atom = arena_make(hand_arena, DimAtom);
    *atom = (DimAtom){0, name, value};
    return dim_atom(hand_arena, atom);
}

static Program *hand_program(const char *name, int64_t rows)
{
    Model *model = arena_make(hand_arena, Model);
    model->name = name;
    vec_push(hand_arena, &model->axes, (ModelAxis){"batch", 1, rows, false, NO_SPAN});
    Program *program = arena_make(hand_arena, Program);
    program->arena = hand_arena;
    program->model = model;
    program->graph = graph_new(hand_arena, model);
    program->axis = -1;
    program->param_at = arena_array(hand_arena, int64_t, 16);
    program->sizes = (ProgramSizes){16, 16, 16, 8, 16, 4, 16, 4};
    return program;
}

static Model *hand_model(Program *program)
{
    return program->graph->arena == NULL ? NULL : (Model *)(uintptr_t)program->model;
}

/* dims: of the shape; the axis t when over_t; tokens by a vocabulary in dims[0]. */
static GVar *hand_var(Program *program, VarKind kind, const char *name, int rank, const Dim *dims, bool over_t,
                      bool token)
{
    static const GVarKind kinds[] = {GVAR_INPUT, GVAR_TARGET, GVAR_PARAM, GVAR_CONTROL, GVAR_EQUATION};
    Model *model = hand_model(program);
    Var *var = arena_make(hand_arena, Var);
    var->kind = kind;
    var->id = model->vars.n;
    var->path = var->c_name = name;
    var->type.kind = token ? TYPE_TOKEN : TYPE_REAL;
    if (token)
        var->type.vocab = dims[0];
    var->type.shape.rank = token ? 0 : rank;
    for (int i = 0; i < var->type.shape.rank; i++)
        var->type.shape.dim[i] = dims[i];
    if (kind != VAR_PARAM && kind != VAR_CONTROL)
        var->axes = AXIS_BIT(AXIS_BATCH) | (over_t ? AXIS_BIT(1) : 0);
    if (over_t)
        vec_push(hand_arena, &var->axis_order, 1);
    vec_push(hand_arena, &model->vars, var);
    GVar *graph_var = arena_make(hand_arena, GVar);
    graph_var->kind = kinds[kind];
    graph_var->id = program->graph->vars.n;
    graph_var->name = graph_var->path = name;
    graph_var->var = var;
    graph_var->token = token;
    graph_var->vocab = token ? dims[0].value : 0;
    graph_var->axes = var->axes;
    vec_push(hand_arena, &program->graph->vars, graph_var);
    return graph_var;
}

static Node *hand_node(Program *program, OpId op, GVar *var, double number, Node *a, Node *b)
{
    Node *node = arena_make(hand_arena, Node);
    node->op = op;
    node->id = program->graph->nodes.n;
    node->dim[0] = node->dim[1] = 1;
    node->var = var;
    node->number = number;
    node->arg = arena_array(hand_arena, Node *, 2);
    node->n = (a != NULL) + (b != NULL);
    node->arg[0] = a;
    node->arg[1] = b;
    vec_push(hand_arena, &program->graph->nodes, node);
    return node;
}

static void hand_metric(Program *program, const char *name, int means, Node *value)
{
    GVar *var = hand_var(program, VAR_EQUATION, name, 0, NULL, false, false);
    var->var->axes = 0;
    GMetric metric = {.var = var, .value = value};
    for (int i = 0; i < means; i++)
        vec_push(hand_arena, &metric.means, (MetricMean){NULL, NULL});
    vec_push(hand_arena, &program->graph->metrics, metric);
    vec_push(hand_arena, &hand_model(program)->metrics, var->var);
}

static void hand_entry(Program *program, EntryKind kind, const char *name, GVar *out, GVar *generated, Node *value)
{
    Entry *entry = arena_make(hand_arena, Entry);
    entry->kind = kind;
    entry->name = name;
    entry->axis = 1;
    GEntry graph_entry = {.entry = entry};
    if (out != NULL) {
        vec_push(hand_arena, &entry->outputs, out->var);
        vec_push(hand_arena, &graph_entry.outputs, out);
    }
    if (generated != NULL) {
        vec_push(hand_arena, &entry->generated, generated->var);
        vec_push(hand_arena, &graph_entry.generated, generated);
        vec_push(hand_arena, &graph_entry.values, value);
        graph_entry.stop = value;
    }
    vec_push(hand_arena, &hand_model(program)->entries, entry);
    vec_push(hand_arena, &program->graph->entries, graph_entry);
}

static GVar *hand_output(Program *program, GVar *var, bool needs_target)
{
    var->var->is_output = true;
    var->var->needs_target = needs_target;
    vec_push(hand_arena, &hand_model(program)->outputs, var->var);
    return var;
}

static GVar *hand_param(Program *program, const char *name, int rank, Dim a, Dim b, InitKind kind, double arg)
{
    const Dim dims[2] = {a, b};
    GVar *var = hand_var(program, VAR_PARAM, name, rank, dims, false, false);
    var->var->init_kind = kind;
    var->var->init_arg[0] = arg;
    var->var->init_arg[1] = -arg;
    const int index = hand_model(program)->params.n;
    program->param_at[index] = program->sizes.params - 16;
    program->sizes.params += (shape_count(var->var->type.shape) + 15) / 16 * 16;
    vec_push(hand_arena, &hand_model(program)->params, var->var);
    return var;
}

/* `int`, `linux` and the like; its own macros; doc comments that try to break out. */
static Program *hand_bad_names(void)
{
    Program *program = hand_program("RNN", 2);
    Model *model = hand_model(program);
    const Dim two = hand_dim("INT8_MAX", 2);
    vec_push(hand_arena, &model->dims, (NamedNumber){"INT8_MAX", 2, 2, NO_SPAN});
    vec_push(hand_arena, &model->axes, (ModelAxis){"int", 0, 4, false, NO_SPAN});
    program->axis = 1;
    program->sizes.state_ints = 2;
    static const char *const names[] = {"rows",      "int_len",  "linux",    "NULL",
                                        "RNN_DIM_x", "template", "INT8_MAX", "rnn_key"};
    GVar *input = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        input = hand_var(program, VAR_INPUT, names[i], 1, &two, i % 2 == 0, i % 3 == 0);
    input->var->doc = "ends here */ int x = 1; /* ?\?/\nor here \\\n\xE2\x80\xAE\x01";
    hand_param(program, "COUNT", 1, two, two, INIT_ONES, 0);
    GVar *class_out = hand_output(program, hand_var(program, VAR_EQUATION, "class", 1, &two, true, false), false);
    class_out->def = hand_node(program, OP_INPUT, input, 0, NULL, NULL);
    hand_output(program, hand_var(program, VAR_EQUATION, "fault", 1, &two, true, false), false);
    model->loss = hand_var(program, VAR_EQUATION, "loss", 0, NULL, false, false)->var;
    hand_metric(program, "double", 1, hand_node(program, OP_MEAN_OF, NULL, 0, NULL, NULL));
    hand_entry(program, ENTRY_STEP, "eval", class_out, NULL, NULL);
    hand_entry(program, ENTRY_STEP, "DIM_INT8_MAX", class_out, NULL, NULL);
    return program;
}

static Program *hand_least(void)
{
    Program *program = hand_program("least", 1);
    GVar *out = hand_output(program, hand_var(program, VAR_EQUATION, "y", 0, NULL, false, false), false);
    out->var->axes = 0;
    return program;
}

/* Everything: see misuse.c, which calls it. */
static Program *hand_rich(void)
{
    Program *program = hand_program("rich", 4);
    Model *model = hand_model(program);
    const Dim v = hand_dim("V", 5), d = hand_dim("D", 3), h = hand_dim("H", 6);
    vec_push(hand_arena, &model->dims, (NamedNumber){"V", 5, 5, NO_SPAN});
    vec_push(hand_arena, &model->dims, (NamedNumber){"D", 3, 3, NO_SPAN});
    vec_push(hand_arena, &model->consts, (NamedNumber){"BOS", 0, 0, NO_SPAN});
    vec_push(hand_arena, &model->axes, (ModelAxis){"t", 1, 8, true, NO_SPAN});
    vec_push(hand_arena, &model->train, (TrainAdvice){"optimizer", "sgd", 0});
    vec_push(hand_arena, &model->train, (TrainAdvice){"lr", NULL, 0.5});
    GVar *w = hand_var(program, VAR_INPUT, "w", 0, &v, true, true);
    GVar *x = hand_var(program, VAR_INPUT, "x", 1, &d, true, false);
    GVar *feat = hand_var(program, VAR_INPUT, "feat", 1, &d, false, false);
    GVar *y = hand_var(program, VAR_TARGET, "y", 0, &v, true, true);
    GVar *tau = hand_var(program, VAR_CONTROL, "tau", 0, NULL, false, false);
    tau->var->control = 1;
    x->var->doc = "what is measured";
    hand_param(program, "Emb", 2, v, h, INIT_UNIFORM, -0.5);
    hand_param(program, "Q", 2, h, h, INIT_ORTHOGONAL, 1);
    hand_param(program, "b", 1, h, h, INIT_ZEROS, 0);
    hand_param(program, "bf", 1, h, h, INIT_CONSTANT, 1)->var->frozen = true;
    Node *in = hand_node(program, OP_INPUT, w, 0, hand_node(program, OP_INPUT, feat, 0, NULL, NULL), NULL);
    hand_node(program, OP_MASK, NULL, 0, hand_node(program, OP_CONST, NULL, 0.5, NULL, NULL), NULL);
    GVar *p = hand_output(program, hand_var(program, VAR_EQUATION, "p", 1, &v, true, false), false);
    GVar *best = hand_output(program, hand_var(program, VAR_EQUATION, "best", 0, &v, true, true), false);
    hand_output(program, hand_var(program, VAR_EQUATION, "score", 0, NULL, false, false), true);
    p->def = in;
    GVar *hidden = hand_var(program, VAR_EQUATION, "h", 1, &h, true, false);
    hidden->def = hand_node(program, OP_INPUT, x, 0, in, NULL);
    Node *mean = hand_node(program, OP_MEAN_OF, NULL, 0, NULL, NULL);
    Node *second = hand_node(program, OP_MEAN_OF, NULL, 1, NULL, NULL);
    hand_metric(program, "ppl", 1, hand_node(program, OP_EXP, NULL, 0, mean, NULL));
    Node *minus_two = hand_node(program, OP_CONST, NULL, -2, NULL, NULL);
    Node *product = hand_node(program, OP_MUL, NULL, 0, hand_node(program, OP_SUB, NULL, 0, mean, minus_two), second);
    hand_metric(program, "both", 2, product);
    hand_metric(program, "fixed", 0, hand_node(program, OP_NEG, NULL, 0, minus_two, NULL));
    model->loss = hand_var(program, VAR_EQUATION, "J", 0, NULL, false, false)->var;
    hand_entry(program, ENTRY_STEP, "next", hidden, NULL, NULL);
    hand_entry(program, ENTRY_GENERATE, "text", best, w, in);
    program->axis = 1;
    vec_push(hand_arena, &program->state, (StateSlot){hidden, 2, 16, false, 0});
    vec_push(hand_arena, &program->state, (StateSlot){w, 1, 1, true, 0});
    program->position_at = 16;
    program->sizes.state_reals = 2 * 4 * 16;
    program->sizes.state_ints = 20;
    (void)y;
    return program;
}
#endif
