/* emit_pack.c: M_pack: every matrix that a product multiplies by, in panels (rnn/kernels.h), and the rows that
 * accumulators start from. Matrices that only backward uses are packed when it starts, or right before their product
 * where this runs once a call (gradients of start values: only for callers who want them). */
#include "emit/body.h"

static void pack_piece(Emit *emit, CBlock *out, const PackedMatrix *packed, const struct PackPiece *piece,
                       const char *to, const char *from)
{
    const Node *matrix = piece->matrix;
    c_call(out, c_name(emit->arena,
                       "rnn_pack_%s_part(%s, %s, %lld, %lld, %lld, %d, %d, %lld, %d, 0, %lld, %d, %d, part, parts)",
                       piece->transposed ? "cols" : "rows", lay_offset(emit->arena, to, packed->at),
                       lay_offset(emit->arena, from, param_offset(emit->program, matrix->var)),
                       (long long)matrix->dim[1], (long long)piece->units, (long long)piece->depth, piece->slot,
                       piece->slots, (long long)packed->panels, packed->at_once, (long long)packed->depth,
                       piece->depth_slot, piece->depth_slots));
}

/* Panels and depths that no piece covers must be zero. */
static bool is_covered(const PackedMatrix *packed)
{
    int64_t covered = 0;
    for (int i = 0; i < packed->pieces; i++) {
        const struct PackPiece *piece = &packed->piece[i];
        covered += padded(piece->units) * (piece->depth_slots > 0 ? padded(piece->depth) : piece->depth);
    }
    return covered == packed->count;
}

void emit_pack_matrix(Emit *emit, CBlock *out, const PackedMatrix *packed, const char *to, const char *from)
{
    Text what = text_new(emit->arena);
    for (int i = 0; i < packed->pieces; i++)
        text_printf(&what, "%s%s%s", i ? ", " : "", packed->piece[i].matrix->var->path,
                    packed->piece[i].transposed ? "'" : "");
    c_comment(out, "%s: %lld panel%s of 16 units, each of %lld terms", text_z(&what), (long long)packed->panels,
              packed->panels == 1 ? "" : "s", (long long)packed->depth);
    if (!is_covered(packed))
        c_call(out, c_name(emit->arena, "rnn_pack_clear_part(%s, %lld, %d, %lld, part, parts)",
                           lay_offset(emit->arena, to, packed->at), (long long)packed->panels, packed->at_once,
                           (long long)packed->depth));
    for (int i = 0; i < packed->pieces; i++)
        pack_piece(emit, out, packed, &packed->piece[i], to, from);
}

static void pack_starts(Emit *emit, CBlock *out, const BiasRow *bias, const Group *group)
{
    Text what = text_new(emit->arena);
    for (int s = 0; s < group->slots; s++)
        text_printf(&what, "%s%s", s ? ", " : "", group->start[s] ? group->start[s]->var->path : "0");
    c_comment(out, "%s: what the sums of a row start from", text_z(&what));
    for (int s = 0; s < group->slots; s++) {
        const Node *start = group->start[s];
        const char *from = start ? lay_offset(emit->arena, "p", param_offset(emit->program, start->var)) : "NULL";
        c_call(out, c_name(emit->arena, "rnn_pack_vector_part(%s, %s, %lld, %d, %d, part, parts)",
                           lay_offset(emit->arena, "to", bias->at), from, (long long)group->units, group->first + s,
                           group->slots));
    }
}

bool packs_at_start(const Program *program)
{
    for (int i = 0; i < program->packed.n; i++)
        if (program->packed.at[i]->backward && !program->packed.at[i]->late)
            return true;
    return false;
}

static bool packs_for_forward(const Program *program)
{
    for (int i = 0; i < program->packed.n; i++)
        if (!program->packed.at[i]->backward)
            return true;
    return program->bias.n > 0;
}

/* Without a frame: nothing is placed yet. */
static CBlock *pack_function(Emit *emit, CBlock *out, const char *name, const char *from, const char *to)
{
    const char *params[] = {from, to, "int part", "int parts"};
    return c_function(out, "static RNN_NOINLINE void", arena_printf(emit->arena, "%s_%s", emit->m, name), params, 4);
}

void emit_pack(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    CBlock *body = pack_function(emit, out, "do_pack", arena_printf(arena, "const %s_params *params", emit->m),
                                 arena_printf(arena, "%s_packed *packed", emit->m));
    if (packs_for_forward(emit->program)) {
        c_decl(body, "const rnn_real *const", "p", c_name(arena, "params->v"));
        c_decl(body, "rnn_real *const", "to", c_name(arena, "packed->w"));
    } else {
        c_call(body, c_name(arena, "(void)params"));
        share_none(body);
        c_assign(body, c_name(arena, "packed->w[0]"), "=", c_int(arena, 0));
    }
    for (int i = 0; i < emit->program->packed.n; i++)
        if (!emit->program->packed.at[i]->backward)
            emit_pack_matrix(emit, body, emit->program->packed.at[i], "to", "p");
    for (int i = 0; i < emit->program->bias.n; i++) {
        const BiasRow *bias = emit->program->bias.at[i];
        for (int g = 0; g < bias->strip->groups.n; g++)
            pack_starts(emit, body, bias, bias->strip->groups.at[g]);
    }
    c_blank(out);
    if (!packs_at_start(emit->program))
        return;
    body = pack_function(emit, out, "pack_backward", "const rnn_real *p", "rnn_real *to");
    for (int i = 0; i < emit->program->packed.n; i++)
        if (emit->program->packed.at[i]->backward && !emit->program->packed.at[i]->late)
            emit_pack_matrix(emit, body, emit->program->packed.at[i], "to", "p");
    c_blank(out);
}
