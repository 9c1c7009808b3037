/* ast_dump.h: the tree as text, for --dump=ast and for tests: a line a statement, operators before operands. Places,
 * comments and layout do not show: two files that differ only in these have one text. */
#ifndef RNNC_AST_DUMP_H
#define RNNC_AST_DUMP_H
#include "support/text.h"
#include "syntax/ast.h"

void ast_dump(const Ast *ast, Text *out);
#endif
