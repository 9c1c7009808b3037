/* compile.c: models to one C file with all of them, through the stages of rnnc, with errors planted on request.
 *     compile OUT.c LIST      a line of LIST: NAME MODEL.rnn FAULT INSTEAD
 *     compile --columns       the differentiable columns of the op table: OP 0, OP 1, ...
 * FAULT: "-"; OP.COLUMN.negative or OP.COLUMN.zero, for a gradient column; or a name of faults.c.
 * INSTEAD: "-", or OP:OTHER: nodes of OTHER become OP before anything else is done (for ops without a name in the language).
 * For every model without a fault it prints how many shapes each column of the op table was used at:
 *     used NAME OP COLUMN SHAPES
 * It is linked with all of rnnc but graph/grad_rules.c, whose text is included here. */
#define grad_rule true_rule
#include "graph/grad_rules.c"
#undef grad_rule

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/compilation.h"
#include "cmd/options.h"
#include "faults.h"

/* ---- gradient columns: counted, and one of them wrong ---- */
enum { SHAPES_MAX = 64, OPERANDS_MAX = 3 };
typedef struct ShapesSeen {
    uint64_t hash[SHAPES_MAX];
    int n;
} ShapesSeen;
static ShapesSeen seen[OP_ROWS][OPERANDS_MAX];
static char planted_op[64], planted_kind[16];
static int planted_column;
static bool planted;

static uint64_t hash_shape(uint64_t hash, const Node *node)
{
    return ((hash * 1000003U + (uint64_t)node->dim[0]) * 1000003U + (uint64_t)node->dim[1]) * 1000003U +
           (uint64_t)node->rank;
}

static void count_shape(const Node *y, int column)
{
    uint64_t hash = hash_shape(7, y);
    for (int i = 0; i < y->n; i++)
        hash = hash_shape(hash, y->arg[i]);
    ShapesSeen *shapes = &seen[y->op][column];
    for (int i = 0; i < shapes->n; i++)
        if (shapes->hash[i] == hash)
            return;
    if (shapes->n < SHAPES_MAX)
        shapes->hash[shapes->n++] = hash;
}

Node *grad_rule(Graph *graph, Node *y, Node *g, int operand)
{
    const int column =
        op_info[y->op].args < 0 && operand > 0 ? 1 : operand; /* JOIN: the pattern for all but the first */
    Node *truth = true_rule(graph, y, g, operand);
    if (!truth)
        return NULL;
    count_shape(y, column);
    if (strcmp(planted_op, op_info[y->op].name) != 0 || column != planted_column)
        return truth;
    planted = true;
    return strcmp(planted_kind, "zero") == 0 ? NULL : Neg(truth);
}

static void list_columns(void)
{
    for (int op = 0; op < OP_ROWS; op++)
        for (int column = 0; column < OPERANDS_MAX; column++)
            if (op_differentiable((OpId)op, column) &&
                (column < op_info[op].args || (op_info[op].args < 0 && column < 2)))
                printf("%s %d\n", op_info[op].name, column);
}

/* ---- one model ---- */
typedef struct Request {
    char name[64], path[512], fault[64], instead[64];
} Request;

static void choose_fault(const Request *request)
{
    memset(seen, 0, sizeof seen);
    planted = false;
    if (sscanf(request->fault, "%63[^.].%d.%15s", planted_op, &planted_column, planted_kind) != 3)
        planted_op[0] = 0;
}

static void report_use(const Request *request)
{
    for (int op = 0; op < OP_ROWS; op++)
        for (int column = 0; column < OPERANDS_MAX; column++)
            if (seen[op][column].n > 0)
                printf("used %s %s %d %d\n", request->name, op_info[op].name, column, seen[op][column].n);
}

/* Runs the stages with what is planted between them. */
static bool run_stages(Compilation *compilation, const Request *request)
{
    for (const CompilerPass *pass = passes; pass->name; pass++) {
        if (!pass->run(compilation) || diag_errors(compilation->diag) > 0) {
            diag_print(compilation->diag, stdout, false);
            return false;
        }
        if (strcmp(pass->name, "graph") == 0 && strcmp(request->instead, "-") != 0)
            planted = faults_replace(compilation->graph, request->instead);
        const Fault *fault = fault_find(request->fault);
        if (fault && fault->in_graph && strcmp(pass->name, fault->after) == 0)
            planted = fault->in_graph(compilation->graph);
        const char *wrong = pass->verify ? pass->verify(compilation) : NULL;
        if (wrong)
            printf("    after %s: %s\n", pass->name, wrong);
        if (fault && fault->text && strcmp(pass->name, fault->after) == 0)
            planted = fault_in_text(compilation->arena, &compilation->c, fault);
    }
    return true;
}

static bool compile_model(const Request *request, const char *prefix, FILE *out)
{
    const ModelOptions options = {.real = "double"};
    Compilation compilation;
    choose_fault(request);
    if (compilation_open(&compilation, request->path, &options, NULL) >= 0)
        return false;
    compilation.quiet = true;
    compilation.prefix = prefix;
    compilation.header_name = NULL;
    bool good = run_stages(&compilation, request);
    if (good && !planted && (strcmp(request->fault, "-") != 0 || strcmp(request->instead, "-") != 0)) {
        printf("    there is no place for the fault %s %s\n", request->fault, request->instead);
        good = false;
    }
    if (good)
        fputs(text_z(&compilation.c), out);
    if (good && strcmp(request->fault, "-") == 0)
        report_use(request);
    compilation_close(&compilation);
    return good;
}

static int compile_list(const char *path, const char *list)
{
    static Request request[512];
    int n = 0, status = 0;
    FILE *in = fopen(list, "r"), *out = fopen(path, "w");
    if (!in || !out) {
        fprintf(stderr, "compile: cannot open %s or %s\n", list, path);
        return 2;
    }
    while (n < 512 && fscanf(in, "%63s %511s %63s %63s", request[n].name, request[n].path, request[n].fault,
                             request[n].instead) == 4) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "g%d", n);
        fflush(out);
        if (compile_model(&request[n], prefix, out)) {
            n++;
        } else {
            printf("FAIL gradcheck/%s %s is not compiled\n", request[n].name, request[n].fault);
            status = 1;
        }
    }
    fprintf(out, "\n#include \"gradcheck.h\"\nconst GradcheckModel gradcheck_models[] = {\n");
    for (int i = 0; i < n; i++)
        fprintf(out, "    {\"%s\", \"%s\", g%d_model},\n", request[i].name, request[i].fault, i);
    fprintf(out, "    {0, 0, 0}};\n");
    fclose(in);
    return fclose(out) != 0 ? 2 : status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--columns") == 0) {
        list_columns();
        return 0;
    }
    if (argc != 3) {
        fprintf(stderr, "usage: compile OUT.c LIST | compile --columns\n");
        return 2;
    }
    return compile_list(argv[1], argv[2]);
}
