/* interp_random.c: dropout masks and draws, a second reading of the language reference (S17): Philox4x32-10, key = low,
 * high word of the seed, counter = (tick, position, row, site * 2^20 + component div 4), word component mod 4. */
#include <math.h>

#include "graph/interp_internal.h"

static uint32_t high_word(uint64_t x)
{
    return (uint32_t)(x >> 32);
}

static uint32_t philox(const InterpData *data, uint32_t position, uint32_t row, int site, int64_t component)
{
    uint32_t c[4] = {data->tick, position, row, (uint32_t)site * 1048576U + (uint32_t)(component / 4)};
    uint32_t key[2] = {(uint32_t)data->seed, high_word(data->seed)};
    for (int round = 0; round < 10; round++) {
        const uint64_t p = UINT64_C(0xD2511F53) * c[0], q = UINT64_C(0xCD9E8D57) * c[2];
        const uint32_t next[4] = {high_word(q) ^ c[1] ^ key[0], (uint32_t)q, high_word(p) ^ c[3] ^ key[1], (uint32_t)p};
        for (int i = 0; i < 4; i++)
            c[i] = next[i];
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return c[component % 4];
}

/* Steps of the row since its reset; 0 where the value has no sequence axis. */
static uint32_t position_of(const Interp *interp, AxisSet axes, const int at[MAX_AXES])
{
    for (int axis = 1; axis < MAX_AXES; axis++) {
        if ((axes & AXIS_BIT(axis)) == 0)
            continue;
        const int32_t *before = interp->data->position;
        const bool rows = (axes & AXIS_BIT(AXIS_BATCH)) != 0;
        return (uint32_t)at[axis] + (before == NULL || !rows ? 0 : (uint32_t)before[at[AXIS_BATCH]]);
    }
    return 0;
}

void interp_mask(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    const double rate = creal(interp_at(interp, node->arg[0], at)[0]);
    const uint32_t row = (node->axes & AXIS_BIT(AXIS_BATCH)) != 0 ? (uint32_t)at[AXIS_BATCH] : 0;
    const uint32_t position = position_of(interp, node->axes, at);
    for (int64_t i = 0; i < node_count(node); i++) {
        const uint32_t word = philox(interp->data, position, row, node->site, i);
        const bool kept = !interp->data->train || (word >> 8) * (1.0 / 16777216.0) >= rate;
        y[i] = !kept ? 0 : interp->data->train ? 1 / (1 - rate) : 1;
    }
}

/* A draw from softmax(scores / temperature) by inverting its distribution function; at temperature 0 the argmax. */
int interp_draw(Interp *interp, const Node *node, const int at[MAX_AXES])
{
    const int64_t n = node_count(node->arg[0]);
    const Complex *scores = interp_at(interp, node->arg[0], at);
    const double temperature = creal(interp_at(interp, node->arg[1], at)[0]);
    const uint32_t position = position_of(interp, node->axes, at), row = (uint32_t)at[AXIS_BATCH];
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (creal(scores[i]) > creal(scores[best]))
            best = i;
    if (!(temperature > 0))
        return (int)best;
    double total = 0, below = 0;
    for (int64_t i = 0; i < n; i++)
        total += exp((creal(scores[i]) - creal(scores[best])) / temperature);
    const uint64_t high = philox(interp->data, position, row, node->site, 0);
    const uint32_t low = philox(interp->data, position, row, node->site, 1);
    const double target = (double)((high << 21) | (low >> 11)) * (1.0 / 9007199254740992.0) * total;
    for (int64_t i = 0; i < n; i++) {
        below += exp((creal(scores[i]) - creal(scores[best])) / temperature);
        if (below > target)
            return (int)i;
    }
    return (int)n - 1;
}
