/* scan.h: what the actions of rnn.l call. The functions that return int give the kind of the token at hand, or 0 for
 * no token. */
#ifndef RNNC_SCAN_H
#define RNNC_SCAN_H
#include "grammar/parser.h"

/* Fills ps->raw and the comments of the tree (their `token` counts raw tokens). Defined in rnn.l. */
void scan_file(Parser *ps);

void scan_advance(Parser *ps, uint32_t bytes);
void scan_newline(Parser *ps);
void scan_comment(Parser *ps);
void scan_add(Parser *ps, int kind);

int scan_word(Parser *ps);
int scan_integer(Parser *ps);
int scan_real(Parser *ps);
int scan_number_letter(Parser *ps);
int scan_bare_point(Parser *ps);
int scan_open_string(Parser *ps);
int scan_foreign(Parser *ps);
int scan_beyond_ascii(Parser *ps);
/* The ASCII name a Greek letter at `text` is to be written as ("alpha"), or NULL. */
const char *scan_greek_name(const char *text, uint32_t length);
#endif
