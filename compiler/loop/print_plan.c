/* print_plan.c: --dump=plan: where everything stands. Offsets count reals (int32_t for tokens) from the begin of the
 * struct that holds them. A buffer is alive from the first to the last block of a pass that touches it; the blocks are
 * numbered as --dump=loop lists them, from 0. */
#include "loop/print.h"

#include "loop/schedule.h"
#include "loop/verify.h"

typedef struct Region { /* of memory in which buffers stand */
    const char *title;
    int pass;
    bool forever; /* nothing shares */
} Region;
static const Region regions[] = {
    {"M_tape, forward", 0, false},
    {"M_work, eval and infer", 0, false},
    {"M_work, backward", 1, false},
    {"M_work, step and generate", 0, true},
};

static int64_t place_in(const Buffer *buffer, int region)
{
    const int64_t at[PLAN_REGIONS] = {buffer->tape_at, buffer->work_at, buffer->back_at, buffer->step_at};
    return at[region];
}

static void print_params(Text *out, const Program *program)
{
    const Graph *graph = program->graph;
    text_printf(out, "parameters: M_params, %lld reals\n", (long long)program->sizes.params);
    for (int i = 0; i < graph->params.n; i++) {
        const GVar *param = graph->params.at[i];
        text_printf(out, "  %lld: %s", (long long)program->param_at[i], param->path);
        if (param->rank == 1)
            text_printf(out, " [%lld]", (long long)param->dim[0]);
        else if (param->rank == 2)
            text_printf(out, " [%lld, %lld]", (long long)param->dim[0], (long long)param->dim[1]);
        text_add(out, "\n");
    }
}

static const char *matrix_name(const Node *matrix)
{
    if (matrix->var)
        return matrix->var->path;
    return matrix->name ? matrix->name : "a computed matrix";
}

static void print_matrix(Text *out, const PackedMatrix *packed)
{
    text_printf(out,
                "  %lld, %lld reals: m%d, %lld panel%s of 16, k = %lld, %d panel%s at once:", (long long)packed->at,
                (long long)packed->count, packed->id, (long long)packed->panels, packed->panels == 1 ? "" : "s",
                (long long)packed->depth, packed->at_once, packed->at_once == 1 ? "" : "s");
    for (int i = 0; i < packed->pieces; i++) {
        const struct PackPiece *piece = &packed->piece[i];
        text_printf(out, "%s %s%s", i ? "," : "", matrix_name(piece->matrix), piece->transposed ? "'" : "");
        if (packed->panels > (piece->units + PANEL - 1) / PANEL)
            text_printf(out, " in %d + %d p", piece->slot, piece->slots);
        if (piece->depth_slots > 0)
            text_printf(out, " from %d + %d p", piece->depth_slot, piece->depth_slots);
    }
    text_add(out, "\n");
}

static void print_starts(Text *out, const Strip *strip)
{
    for (int g = 0; g < strip->groups.n; g++) {
        const Group *group = strip->groups.at[g];
        for (int s = 0; s < group->slots; s++)
            if (group->start[s])
                text_printf(out, " %s in %d", matrix_name(group->start[s]), group->first + s);
    }
}

static void print_packed(Text *out, const Program *program, bool backward)
{
    if (backward)
        text_printf(out, "packed when backward starts: M_work after its buffers, %lld reals\n",
                    (long long)program->back_packed);
    else
        text_printf(out, "packed weights: M_packed, %lld reals\n", (long long)program->sizes.packed);
    for (int i = 0; i < program->packed.n; i++)
        if (program->packed.at[i]->backward == backward)
            print_matrix(out, program->packed.at[i]);
    for (int i = 0; !backward && i < program->bias.n; i++) {
        const BiasRow *bias = program->bias.at[i];
        text_printf(out, "  %lld, %lld reals: start", (long long)bias->at, (long long)bias->count);
        print_starts(out, bias->strip);
        text_add(out, "\n");
    }
}

static void print_state(Text *out, const Program *program)
{
    text_printf(out, "state: M_state, %lld reals, %lld ints\n", (long long)program->sizes.state_reals,
                (long long)program->sizes.state_ints);
    for (int i = 0; i < program->state.n; i++) {
        const StateSlot *slot = &program->state.at[i];
        text_printf(out, "  %lld%s: %s, %d step%s back, width %lld\n", (long long)slot->at, slot->token ? " int" : "",
                    slot->var->path, slot->back, slot->back == 1 ? "" : "s", (long long)slot->width);
    }
    text_printf(out, "  %lld int: steps since the reset of each row\n", (long long)program->position_at);
}

static void print_life(Text *out, const Buffer *buffer)
{
    static const char *const names[] = {"forward", "backward"};
    for (int pass = 0; pass < 2; pass++)
        if (buffer->first[pass] >= 0)
            text_printf(out, ", %s %d..%d", names[pass], buffer->first[pass], buffer->last[pass]);
}

static void print_buffer(Text *out, const Program *program, const Buffer *buffer)
{
    text_printf(out, "  b%d %s: ", buffer->id, buffer->name);
    if (buffer->chunk)
        text_printf(out, "%s of a chunk, each row, ", program->model->axes.at[program->axis].name);
    else if (buffer->span == SPAN_SEQ)
        text_printf(out, "%d + %s + %d steps, each row, ", buffer->lead, program->model->axes.at[program->axis].name,
                    buffer->trail);
    else
        text_add(out, buffer->span == SPAN_ROWS ? "each row, " : "once, ");
    text_printf(out, "width %lld%s", (long long)buffer->width, buffer->token ? " int" : "");
    if (buffer->strip && buffer->strip->slots > 1)
        text_printf(out, " in %d slots", buffer->strip->slots);
    text_printf(out, ", %lld in all%s", (long long)buffer_elements(program, buffer, PLAN_TAPE),
                buffer->tape ? ", kept for backward" : "");
    if (buffer->passes)
        text_add(out, ", in eval for a chunk");
    print_life(out, buffer);
    text_add(out, "\n");
}

static bool overlaps(const Program *program, const Buffer *a, const Buffer *b, int region)
{
    int64_t a_at = place_in(a, region), b_at = place_in(b, region);
    return a != b && a_at >= 0 && b_at >= 0 && a->token == b->token &&
           a_at < b_at + buffer_elements(program, b, (PlanRegion)region) &&
           b_at < a_at + buffer_elements(program, a, (PlanRegion)region);
}

static void print_place(Text *out, const Program *program, const Buffer *buffer, int region)
{
    int64_t at = place_in(buffer, region);
    text_printf(out, "  %lld..%lld%s: b%d %s", (long long)at,
                (long long)(at + buffer_elements(program, buffer, (PlanRegion)region)), buffer->token ? " int" : "",
                buffer->id, buffer->name);
    bool any = false;
    for (int i = 0; i < program->buffers.n; i++) {
        if (!overlaps(program, buffer, program->buffers.at[i], region))
            continue;
        text_printf(out, "%s b%d", any ? "" : ", in turns with", program->buffers.at[i]->id);
        any = true;
    }
    text_add(out, "\n");
}

/* By offset, reals first. */
static void print_region(Text *out, const Program *program, int region)
{
    bool *printed = arena_array(program->arena, bool, program->buffers.n);
    text_printf(out, "%s: %lld reals\n", regions[region].title, (long long)program->region[region]);
    for (;;) {
        const Buffer *next = NULL;
        for (int i = 0; i < program->buffers.n; i++) {
            const Buffer *buffer = program->buffers.at[i];
            int64_t at = place_in(buffer, region);
            if (printed[i] || at < 0)
                continue;
            if (!next || (buffer->token ? 1 : 0) < (next->token ? 1 : 0) ||
                (buffer->token == next->token && at < place_in(next, region)))
                next = buffer;
        }
        if (!next)
            break;
        printed[next->id] = true;
        print_place(out, program, next, region);
    }
}

static void print_totals(Text *out, const Program *program)
{
    const ProgramSizes *sizes = &program->sizes;
    text_printf(out,
                "totals in reals (and ints): parameters %lld, packed %lld, state %lld (%lld), work %lld (%lld), tape "
                "%lld (%lld)\n",
                (long long)sizes->params, (long long)sizes->packed, (long long)sizes->state_reals,
                (long long)sizes->state_ints, (long long)sizes->work_reals, (long long)sizes->work_ints,
                (long long)sizes->tape_reals, (long long)sizes->tape_ints);
}

void plan_print(Text *out, const Program *program)
{
    print_params(out, program);
    print_packed(out, program, false);
    if (program->back_packed > 0)
        print_packed(out, program, true);
    print_state(out, program);
    text_add(out, "buffers, in reals\n");
    for (int i = 0; i < program->buffers.n; i++)
        print_buffer(out, program, program->buffers.at[i]);
    for (int region = 0; region < PLAN_REGIONS; region++)
        print_region(out, program, region);
    print_totals(out, program);
}
