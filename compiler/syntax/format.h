/* format.h: canonical text of a file without errors (rnnc fmt): blanks, indentation, blank lines and the columns of
 * comments are set; line breaks between and inside of statements, ';' and comments stay where they were written.
 * Formatting a formatted file changes nothing, and the text parses to the same tree. */
#ifndef RNNC_FORMAT_H
#define RNNC_FORMAT_H
#include "support/text.h"
#include "syntax/ast.h"

void format_ast(const SourceMap *sources, const Ast *ast, Text *out);
#endif
