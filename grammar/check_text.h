/* check_text.h: is a file plain text within the limits of the language? */
#ifndef RNNC_CHECK_TEXT_H
#define RNNC_CHECK_TEXT_H
#include "grammar/parser.h"

/* Reports E0112 .. E0114, comments and strings included; false when the rest is not worth reading. */
bool check_text(Parser *ps);
#endif
