/* inplace.c: an adjoint outside loops that is computed element by element takes the place of a value on the tape that
 * nobody reads after it: d_logits stand where the logits stood. (In loops, adjoints take the slots of the sums they are
 * the adjoints of: place_strip.c.) Backward consumes the tape, so nothing is lost. */
#include "loop/schedule.h"

static bool is_alone_in(const Pass *pass, const Graph *graph, const Node *value, const Buffer *buffer)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *other = graph->nodes.at[i];
        if (other != value && pass->loc[i].buffer == buffer && pass->users[i].n > 0)
            return false;
    }
    return true;
}

static bool is_read_as_variable(const Program *program, const Pass *pass, const Buffer *buffer)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (pass->in[i] && (node->op == OP_READ || node->op == OP_INPUT) &&
            program->schedule->var_loc[0][node->var->id].buffer == buffer)
            return true;
    }
    return false;
}

/* Everybody who reads the value is elementwise work of the block: it loads all before it stores. */
static bool ends_in(const Pass *pass, const Node *value, const Block *block)
{
    for (int i = 0; i < pass->users[value->id].n; i++) {
        const Node *user = pass->users[value->id].at[i];
        if (pass->home[user->id] != block || op_info[user->op].family != FAMILY_EW)
            return false;
    }
    return true;
}

/* A loop of sums may compute once more what is made of the value, after the block. */
static bool is_loaded_in_sums(const Pass *pass, const Node *value)
{
    for (int b = 0; b < pass->blocks.n; b++)
        for (int i = 0; i < pass->blocks.at[b]->inside.n; i++) {
            const Node *node = pass->blocks.at[b]->inside.at[i];
            for (int k = 0; k < node->n; k++)
                if (node->arg[k] == value)
                    return true;
        }
    return false;
}

static bool may_replace(const Program *program, const Pass *pass, const Node *value, const Node *adjoint)
{
    const Buffer *buffer = pass->loc[value->id].buffer;
    return pass_loads(program, pass, value) && buffer && buffer->tape && !(buffer->strip && buffer->strip->slots > 1) &&
           !buffer->token && buffer->span == SPAN_SEQ && buffer->lead + buffer->trail == 0 && value->rank == 1 &&
           value->dim[0] == adjoint->dim[0] && value->axes == adjoint->axes &&
           ends_in(pass, value, pass->home[adjoint->id]) && !is_loaded_in_sums(pass, value) &&
           is_alone_in(pass, program->graph, value, buffer) && !is_read_as_variable(program, pass, buffer);
}

static bool is_candidate(const Program *program, const Pass *pass, const Node *node)
{
    const Block *home = pass->home[node->id];
    return pass_computes(program, pass, node) && pass->keep[node->id] && !pass->loc[node->id].buffer &&
           node->rank == 1 && home && home->kind == BLOCK_UNITS && home->component < 0 && home->domain == DOMAIN_SEQ &&
           !(node->defines && node->defines->lag > 0);
}

static const Node *spent_in(const Program *program, const Pass *pass, const Node *adjoint)
{
    const Block *home = pass->home[adjoint->id];
    for (int i = 0; i < home->nodes.n; i++)
        for (int k = 0; k < home->nodes.at[i]->n; k++)
            if (may_replace(program, pass, home->nodes.at[i]->arg[k], adjoint))
                return home->nodes.at[i]->arg[k];
    return NULL;
}

static bool is_taken(const Pass *pass, const Graph *graph, const Buffer *buffer)
{
    for (int i = 0; i < graph->nodes.n; i++)
        if (pass->loc[i].buffer == buffer && pass->home[i])
            return true;
    return false;
}

void place_in_place(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        const Node *value = is_candidate(program, pass, node) ? spent_in(program, pass, node) : NULL;
        if (value && !is_taken(pass, graph, pass->loc[value->id].buffer))
            pass->loc[i] = (Loc){pass->loc[value->id].buffer, 0, 1};
    }
}
