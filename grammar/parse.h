/* parse.h: from the text of a file to its tree. The steps: check_text.c (plain text? within the limits?), rnn.l with
 * scan.c (tokens), layout.c (ends of statements), rnn.y with build.c (tree). Errors go to `diag`; when there are
 * any, the tree holds what could be read and is not meant for sema. */
#ifndef RNNC_PARSE_H
#define RNNC_PARSE_H
#include "support/arena.h"
#include "support/diag.h"
#include "support/intern.h"
#include "support/source.h"
#include "support/text.h"
#include "syntax/ast.h"

/* NULL only when nothing could be read. */
Ast *parse_file(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, uint32_t file);
/* For --dump=tokens: a line each with place, kind and text, TERM included. Errors go to `diag` as above. */
void parse_dump_tokens(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, uint32_t file, Text *out);
#endif
