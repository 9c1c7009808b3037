/* What a checked program means, read from its dump (model_print): expansion, shapes, loops, start values, names in C.
 * Messages are tested by tests/bad. */
#include <stdlib.h>

#include "grammar/parse.h"
#include "sema/sema.h"
#include "support/embedded.h"
#include "unit.h"

static const char *builtin(const char *path, size_t *size)
{
    const EmbeddedFile *file = embedded_find(path);
    if (file != NULL)
        *size = file->size;
    return file == NULL ? NULL : file->text;
}

/* The dump of a program, with its messages before it. The caller frees it. */
static char *dump(const char *text, const SemaDefine *defines, int define_count)
{
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    Diag *diag = diag_new(arena, sources);
    Intern *names = intern_new(arena);
    const uint32_t file = source_add(sources, "m.rnn", text, (uint32_t)strlen(text), false);
    const Ast *ast = parse_file(arena, names, sources, diag, file);
    const SemaOptions options = {.defines = defines, .define_count = define_count, .builtin = builtin};
    const Model *model =
        ast != NULL && diag_errors(diag) == 0 ? sema_check(arena, names, sources, diag, ast, &options) : NULL;
    Text out = text_new(arena);
    if (model != NULL)
        model_print(&out, model);
    else
        diag_print(diag, stderr, false);
    char *copy = malloc(out.n + 1);
    if (copy == NULL)
        exit(1);
    memcpy(copy, text_z(&out), out.n + 1);
    arena_free(arena);
    return copy;
}

static void has_lines(const char *program, const char *const *lines, int count, const SemaDefine *define)
{
    char *found = dump(program, define, define != NULL);
    for (int i = 0; i < count; i++)
        if (strstr(found, lines[i]) == NULL) {
            fprintf(stderr, "not in the model: %s\n%s\n", lines[i], found);
            unit_failures++;
        }
    free(found);
}
#define HAS(program, ...)                                                                                              \
    do {                                                                                                               \
        const char *const lines[] = {__VA_ARGS__};                                                                     \
        has_lines(program, lines, sizeof lines / sizeof *lines, NULL);                                                 \
    } while (0)

#define BEGIN                                                                                                          \
    "rnn 1\nuse std.cells\ndim D = 3, H = 4, K = 5\nmodel m {\naxis batch in 1..2\naxis t in 1..6\naxis s in 1..7\n"
#define DATA "input x[t] : [D]\ninput w[t] : index(K)\ntarget y[t] : index(K)\n"

static void test_application_is_named_by_its_equation(void)
{
    HAS(BEGIN DATA "layer g = GRU[D, H]\nh[t] = g(x[t])\nparam h0 : [H]\ninit h = h0\noutput h\n}",
        "let     h[t] : [H], c h, batch, loop t forward, output\n"
        "        h[t] = ((1 - g.z[t]) * h[t-1]) + (g.z[t] * g.n[t])\n        init h = h0\n",
        "g.z[t] = sigmoid(((g.Wz @ h[t-1]) + (g.Uz @ x[t])) + g.bz)");
}

static void test_two_applications_share_parameters(void)
{
    HAS(BEGIN DATA "layer g = Elman[D, H]\na[t] = g(x[t])\nb[t] = tanh(g(x[t]))\n}", "param   g.W : [H, H], c g_W",
        "a[t] = tanh(((g.W @ a[t-1]) + (g.U @ x[t])) + g.b)",
        "g(2).h[t] = tanh(((g.W @ g(2).h[t-1]) + (g.U @ x[t])) + g.b)", "b[t] = tanh(g(2).h[t])");
}

static void test_reverse_flips_offsets_and_ends(void)
{
    HAS(BEGIN DATA
        "layer l = C[D]\nu[t] = reverse l(x[t])\n}\n"
        "cell C[N](x[t] : [N]) -> y[t] : [N] {\ny[t] = y[t-1] + x[t-2] + x[first]\ny[first] = x[first] * 0.5\n}",
        "u[t] = (u[t+1] + l.x[t+2]) + l.x[last]", "u[last] = l.x[last] * 0.5");
}

static void test_edges(void)
{
    HAS(BEGIN DATA "param P : [H, D] = glorot\nparam E : [K, H] = uniform(0.1)\na[first] = P @ x[first]\n"
                   "a[t] = E[w[t-1]]\n}",
        "a[t] = E[w[t-1]]\n        a[first] = P @ x[first]\n");
}

static void test_families_and_for(void)
{
    HAS(BEGIN DATA "h[0,t] = x[t]\nfor k in 1..2 { layer g[k] = GRU[D, D] { * = uniform(0.5); bz = ones }\n"
                   "h[k,t] = g[k](h[k-1,t]) }\noutput o[t] = h[2,t]\nfor k in 3..2 { z[k,t] = x[t] }\n}",
        "param   g[2].Wz : [D, D], c g_2_Wz = uniform(-0.5, 0.5)", "param   g[1].bz : [D], c g_1_bz = ones",
        "let     h[2][t] : [D], c h_2, batch, loop t forward",
        "g[2].z[t] = sigmoid(((g[2].Wz @ h[2][t-1]) + (g[2].Uz @ h[1][t])) + g[2].bz)");
}

static void test_several_axes(void)
{
    HAS(BEGIN DATA
        "input m[s] : [H]\nlayer att = Att[H]\nlayer g = GRU[D, H]\nd[t] = g(x[t])\n(c, a)[t] = att(d[t], m)\n"
        "output c\n}\ncell Att[N](q[t] : [N], m[s] : [N]) -> (c[t] : [N], n[t] : real) {\n"
        "e[t,s] = dot(q[t], m[s])\nw[t,s] = softmax[s](e[t,s])\nc[t] = sum[s](w[t,s] * m[s])\n"
        "n[t] = max[s](w[t,s])\n}",
        "let     att.e[t,s] : real, c att_e, batch", "let     c[t] : [H], c c, batch, output",
        "c[t] = sum[s](att.w[t,s] * m[s])", "let     a[t] : real, c a, batch");
    HAS(BEGIN DATA "input q[s] : [D]\nlayer g = Elman[D, H]\ne[t,s] = g(x[t] * q[s])\n}",
        "let     e[t,s] : [H], c e, batch, loop t forward", "e[t,s] = tanh(((g.W @ e[t-1,s]) + (g.U @ (x[t] * q[s])))");
}

static void test_shapes_are_inferred(void)
{
    HAS(BEGIN DATA
        "param W : [H, H] = orthogonal\nparam U : [H, D] = glorot\nA[t] : [H, H] = 0.9 * A[t-1] + outer(h[t], h[t])\n"
        "h[t] = tanh(W @ h[t-1] + A[t-1] @ h[t-1] + U @ x[t])\nz = [h[last]; sum(h[first])]\n"
        "q[t] = 0.9 * q[t-1] + mean(h[t])\nr[t] = x[t] @ U' + slice(z, 1, H)\n}",
        "let     A[t] : [H, H], c A, batch, loop t forward", "let     z : [H + 1], c z, batch",
        "let     q[t] : real, c q, batch, loop t forward", "let     r[t] : [H], c r, batch");
}

static void test_rows(void)
{
    HAS(BEGIN DATA "control tau = 0.5\np[t] = tau * p[t-1] + tau\nq = p[last]\n"
                   "J2 = mean[t, batch](sum(x[t]))\nloss J = J2 + tau\n}",
        "let     p[t] : real, c p, batch, loop t forward\n", "let     q : real, c q, batch\n",
        "let     J2 : real, c J2\n", "loss    J : real, c J\n");
}

static void test_names_in_c(void)
{
    HAS(BEGIN "input int[t] : [D]\ninput rows[t] : [D]\ninput t_len : [D]\nlayer a = Elman[D, D]\n"
              "a_h[t] = x1[t]\nx1[t] = dropout(a(int[t]), 0.5)\n}",
        "input   int[t] : [D], c int_,", "input   rows[t] : [D], c rows_,", "input   t_len : [D], c t_len_,",
        "let     a_h[t] : [D], c a_h,", "let     a.h[t] : [D], c a_h_2,");
}

static void test_tokens(void)
{
    HAS(BEGIN DATA "init w = 2\nparam E : [K, H] = uniform(0.1)\nparam V : [K, H] = uniform(0.1)\n"
                   "e[t] = E[w[t-1]] + E[1]\no[t] = V @ e[t]\nb[t] = where(argmax(o[t]) == 3, 1.0, 0.0)\n"
                   "loss J = mean[t, batch](xent(o[t], y[t]), weight = w[t] != 0)\n"
                   "generate g over t { w[t] = sample(o[t], 0.8); stop w[t] == 1 }\n}",
        "init w = token 2", "e[t] = E[w[t-1]] + E[token 1]", "where(argmax(o[t]) == token 3, 1, 0)",
        "weight = w[t] != token 0)", "w = sample(o[t], 0.8, site 0)", "stop w[t] == token 1");
}

static void test_defines(void)
{
    static const char *const lines[] = {"dim H = 9\n", "dim G = 36\n", "axis t in 1..50\n"};
    const char *program = "rnn 1\ndim H = 4, G = 4 * H\nmodel m {\naxis t in 1..6\ninput x[t] : [G]\n}";
    static const SemaDefine defines[] = {{"H", "9"}, {"t", "50"}};
    char *found = dump(program, defines, 2);
    for (int i = 0; i < 3; i++)
        CHECK(strstr(found, lines[i]) != NULL);
    free(found);
}

static void test_limits(void)
{
    static char program[1 << 18];
    size_t n = (size_t)snprintf(program, sizeof program,
                                "rnn 1\nmodel m {\naxis t in 1..6\ninput x[t] : real\na0[t] = x[t]\n");
    for (int i = 1; i < 4095; i++)
        n += (size_t)snprintf(program + n, sizeof program - n, "a%d[t] = tanh(a%d[t])\n", i, i - 1);
    snprintf(program + n, sizeof program - n, "}\n");
    HAS(program, "let     a4094[t] : real, c a4094, batch\n");
}

int main(void)
{
    test_application_is_named_by_its_equation();
    test_two_applications_share_parameters();
    test_reverse_flips_offsets_and_ends();
    test_edges();
    test_families_and_for();
    test_several_axes();
    test_shapes_are_inferred();
    test_rows();
    test_names_in_c();
    test_tokens();
    test_defines();
    test_limits();
    return unit_result();
}
