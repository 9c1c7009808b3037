/* emit_share.c: how functions that take (part, parts) begin: the loops over their share of steps and rows. The rule that
 * they keep stands in body.h. Which share is whose: rnn/share.h. */
#include "emit/body.h"

CBlock *share_function(Emit *emit, CBlock *out, const char *name, const char *const *more, int n)
{
    const char *params[8] = {arena_printf(emit->arena, "const %s_frame *f", emit->m)};
    for (int i = 0; i < n; i++)
        params[1 + i] = more[i];
    params[1 + n] = "int part";
    params[2 + n] = "int parts";
    return c_function(out, "static RNN_NOINLINE void", name, params, n + 3);
}

void share_rows(CBlock *body)
{
    c_decl(body, "const rnn_share", "rows", c_name(body->arena, "rnn_share_of(f->rows, part, parts)"));
}

void share_none(CBlock *body)
{
    c_call(body, c_name(body->arena, "(void)parts"));
    c_return(c_if(body, c_name(body->arena, "part != 0")), NULL);
}

CBlock *share_each_row(CBlock *out)
{
    return c_for(out, "row", c_name(out->arena, "rows.from"), c_name(out->arena, "rows.to"), c_int(out->arena, 1));
}

static CBlock *each_in(CBlock *out, const char *name, const char *share)
{
    return c_for(out, name, c_name(out->arena, "%s.from", share), c_name(out->arena, "%s.to", share),
                 c_int(out->arena, 1));
}

CBlock *share_area(CBlock *body, const char *from, const char *to)
{
    c_decl(body, "const rnn_area", "area", c_name(body->arena, "rnn_area_of(%s, %s, f->rows, part, parts)", from, to));
    return each_in(each_in(body, "t", "area.steps"), "row", "area.rows");
}

/* Max, sum or first of a batch at one step: the rows before are looked at, or have been computed by the first of them
 * for all. */
bool reads_other_rows(const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++) {
        const Node *node = block->nodes.at[i];
        if (node_domain(node) == DOMAIN_SEQ && op_info[node->op].family == FAMILY_AXIS &&
            (node->over & AXIS_BIT(AXIS_BATCH)) != 0)
            return true;
    }
    for (int i = 0; i < block->body.n; i++)
        if (reads_other_rows(block->body.at[i]))
            return true;
    return false;
}
