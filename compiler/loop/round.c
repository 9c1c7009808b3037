/* round.c: which products of a strip or group share an operand and run together: side by side for the slots, and joined
 * over k where the operands are adjoints that stand in one row (the adjoints of a forward strip: schedule.h, mirror).
 * Rounds over all steps belong to the strip, those of a step to the group. */
#include "loop/schedule.h"

typedef struct Chains { /* of all slots that run side by side: which products are left */
    NodeList *products;
    int *next;
    int n;
} Chains;

typedef struct RowSpan { /* panels of a row of adjoints that a round runs over */
    const Strip *strip;
    int first, end;
} RowSpan;

/* What stands in the row: the value itself, or what it reads at another step. */
static const Node *value_of(const Node *operand)
{
    return operand->op == OP_READ && operand->var->def ? operand->var->def : operand;
}

static int offset_of(const Node *operand)
{
    return operand->op == OP_READ ? operand->offset : 0;
}

/* Does some product that is left of the slot run over adjoints of this group? */
static bool comes_too(const Pass *pass, const Chains *chains, int slot, const Group *group, int offset)
{
    for (int i = chains->next[slot]; i < chains->products[slot].n; i++) {
        const Node *operand = product_operand(chains->products[slot].at[i]);
        if (pass->mirror[value_of(operand)->id] == group && offset_of(operand) == offset)
            return true;
    }
    return false;
}

/* Adjoints of one row are one operand, with nothing between them that is not multiplied as well. */
static bool same_row(const Pass *pass, const Chains *chains, int slot, const Node *lead, const Node *operand,
                     const RowSpan *span)
{
    const Group *mirror = pass->mirror[value_of(operand)->id];
    if (!mirror || mirror->strip != span->strip || offset_of(lead) != offset_of(operand))
        return lead == operand;
    for (int g = 0; g < mirror->strip->groups.n; g++) {
        const Group *group = mirror->strip->groups.at[g];
        bool inside = group->first >= span->first && group->first < span->end;
        bool between = (group->first > span->first) != (group->first > mirror->first);
        if (between && !inside && group != mirror && !comes_too(pass, chains, slot, group, offset_of(lead)))
            return false;
    }
    return true;
}

static void extend(const Pass *pass, const Node *operand, RowSpan *span)
{
    const Group *mirror = pass->mirror[value_of(operand)->id];
    if (!mirror)
        return;
    int end = mirror->first + group_panels(mirror);
    bool fresh = !span->strip;
    span->strip = mirror->strip;
    span->first = fresh || mirror->first < span->first ? mirror->first : span->first;
    span->end = fresh || end > span->end ? end : span->end;
}

/* May this product be part of the round? One a slot, or one for each slot of a row of adjoints. */
static bool fits_round(const Pass *pass, const Chains *chains, int slot, const Node *lead, RowSpan *span,
                       uint64_t *taken)
{
    const Node *product = chains->products[slot].at[chains->next[slot]];
    const Node *operand = product_operand(product), *value = value_of(operand);
    if (pass->component[product->id] != pass->component[lead->id] ||
        !same_row(pass, chains, slot, product_operand(lead), operand, span))
        return false;
    const Group *mirror = pass->mirror[value->id];
    uint64_t bit = mirror ? UINT64_C(1) << (mirror->ordinal + pass->mirror_slot[value->id]) : 1;
    if (*taken & bit)
        return false;
    *taken |= bit;
    extend(pass, operand, span);
    return true;
}

/* The first product left that runs before the loop (outside of loops), or inside. */
static const Node *round_lead(const Pass *pass, const Chains *chains, bool hoisted)
{
    for (int s = 0; s < chains->n; s++)
        if (chains->next[s] < chains->products[s].n) {
            const Node *product = chains->products[s].at[chains->next[s]];
            if ((pass->component[product->id] < 0) == hoisted)
                return product;
        }
    return NULL;
}

/* Takes from each slot the products that start with the operand of the first one left; NULL: there is none. */
static Round *take_round(Program *program, Pass *pass, Chains *chains, bool hoisted)
{
    const Node *lead = round_lead(pass, chains, hoisted);
    if (!lead)
        return NULL;
    Round *round = arena_make(program->arena, Round);
    RowSpan span = {0};
    extend(pass, product_operand(lead), &span);
    for (int s = 0; s < chains->n; s++) {
        uint64_t taken = 0;
        while (chains->next[s] < chains->products[s].n) {
            Node *product = chains->products[s].at[chains->next[s]];
            if (!fits_round(pass, chains, s, lead, &span, &taken))
                break;
            vec_push(program->arena, &round->products, product);
            pass->round[product->id] = round;
            chains->next[s]++;
        }
    }
    return round;
}

static Chains chains_of(Program *program, const Pass *pass, Group *const *groups, int n)
{
    Chains chains = {0};
    int slots = 0;
    for (int g = 0; g < n; g++)
        slots += groups[g]->slots;
    chains.products = arena_array(program->arena, NodeList, slots);
    chains.next = arena_array(program->arena, int, slots);
    for (int g = 0; g < n; g++)
        for (int s = 0; s < groups[g]->slots; s++)
            chains.products[chains.n++] = group_chain(program, pass, groups[g], s);
    return chains;
}

static void skip_hoisted(const Pass *pass, Chains *chains)
{
    for (int s = 0; s < chains->n; s++)
        while (chains->next[s] < chains->products[s].n &&
               pass->component[chains->products[s].at[chains->next[s]]->id] < 0)
            chains->next[s]++;
}

bool start_is_plain(const Node *start)
{
    return !start || (start->op == OP_PARAM && start->rank == 1);
}

static void make_rounds(Program *program, Pass *pass, Strip *strip)
{
    Chains all = chains_of(program, pass, strip->groups.at, strip->groups.n);
    for (Round *round; (round = take_round(program, pass, &all, true));)
        vec_push(program->arena, &strip->rounds, round);
    for (int g = 0; g < strip->groups.n; g++) {
        Group *group = strip->groups.at[g];
        Chains chains = chains_of(program, pass, &group, 1);
        skip_hoisted(pass, &chains);
        for (Round *round; (round = take_round(program, pass, &chains, false));)
            vec_push(program->arena, &group->rounds, round);
        for (int s = 0; s < group->slots; s++)
            if (!start_is_plain(group->start[s]))
                strip->prefill = strip->rounds.n > 0;
    }
}

void pass_rounds(Program *program, Pass *pass)
{
    for (int i = 0; i < pass->strips.n; i++)
        make_rounds(program, pass, pass->strips.at[i]);
}
