/* emit_metrics.c: the readers of metrics: the outer function of a metric, such as the exp of perplexity, applied in
 * double to its accumulated means. Each operation becomes one constant, so that no operand needs parentheses. */
#include <math.h>
#include <string.h>

#include "emit/interface.h"
#include "support/diag.h"

typedef struct Reader {
    Emit *emit;
    Text *out;
    const GMetric *metric;
    const char **value; /* [nodes]: C text of what was computed, or NULL */
    int count;
} Reader;

static const char *mean_text(const Reader *reader, int index)
{
    Arena *arena = reader->emit->arena;
    const char *name = emit_c_name(reader->emit, reader->metric->var->var->c_name);
    return reader->metric->means.n == 1 ? arena_printf(arena, "mean") : arena_printf(arena, "%s_mean%d", name, index);
}

/* The row's text over double scalars; operands are names or literals. */
static const char *apply_template(const Reader *reader, const Node *node)
{
    Text text = text_new(reader->emit->arena);
    for (const char *at = op_info[node->op].c_double; *at; at++) {
        if (*at != '$' || at[1] == '\0') {
            text_add_n(&text, at, 1);
            continue;
        }
        at++;
        const int which = *at >= 'a' ? *at - 'a' : *at - 'A';
        if (which < 0 || which >= node->n)
            BUG("template of %s", op_info[node->op].name);
        text_add(&text, reader->value[node->arg[which]->id]);
    }
    return text_z(&text);
}

static const char *leaf_text(const Reader *reader, const Node *node)
{
    if (node->op == OP_MEAN_OF)
        return mean_text(reader, (int)node->number);
    if (node->op != OP_CONST)
        return NULL;
    const char *text = lay_double(reader->emit->arena, node->number);
    return signbit(node->number) ? arena_printf(reader->emit->arena, "(%s)", text) : text;
}

static void compute(Reader *reader, const Node *node)
{
    reader->value[node->id] = leaf_text(reader, node);
    if (reader->value[node->id] != NULL)
        return;
    if (op_info[node->op].family != FAMILY_EW || node->rank != 0)
        BUG("a metric applies %s", op_info[node->op].name);
    const char *name = arena_printf(reader->emit->arena, "value%d", reader->count++);
    text_printf(reader->out, "    const double %s = %s;\n", name, apply_template(reader, node));
    reader->value[node->id] = name;
}

/* Operands first, without recursion: ids of operands are smaller. */
static void compute_all(Reader *reader, const Node *root)
{
    const Graph *graph = reader->emit->program->graph;
    bool *needed = arena_array(reader->emit->arena, bool, graph->nodes.n + 1);
    needed[root->id] = true;
    for (int id = root->id; id >= 0; id--)
        for (int i = 0; needed[id] && i < graph->nodes.at[id]->n; i++)
            needed[graph->nodes.at[id]->arg[i]->id] = true;
    for (int id = 0; id < root->id; id++)
        if (needed[id])
            compute(reader, graph->nodes.at[id]);
}

static void read_means(const Reader *reader)
{
    const int n = reader->metric->means.n;
    const char *field = emit_c_name(reader->emit, reader->metric->var->var->c_name);
    if (n == 0)
        text_add(reader->out, "    (void)r; /* takes no mean */\n");
    if (n == 1)
        text_printf(reader->out, "    const double mean = r->%s.sum / r->%s.weight;\n", field, field);
    for (int i = 0; n > 1 && i < n; i++)
        text_printf(reader->out, "    const double %s = r->%s[%d].sum / r->%s[%d].weight;\n", mean_text(reader, i),
                    field, i, field, i);
}

static void reader_function(Emit *emit, Text *out, const GMetric *metric)
{
    const Graph *graph = emit->program->graph;
    Reader reader = {emit, out, metric, arena_array(emit->arena, const char *, graph->nodes.n + 1), 0};
    const Var *var = metric->var->var;
    text_printf(out, "double %s_metric_%s(const %s_result *r)\n{\n", emit->m, var->c_name, emit->m);
    read_means(&reader);
    compute_all(&reader, metric->value);
    const char *leaf = leaf_text(&reader, metric->value);
    text_printf(out, "    return %s;\n}\n\n", leaf != NULL ? leaf : apply_template(&reader, metric->value));
}

void emit_metrics(Emit *emit, Text *out)
{
    const Graph *graph = emit->program->graph;
    for (int i = 0; i < graph->metrics.n; i++)
        reader_function(emit, out, &graph->metrics.at[i]);
}
