/* mixed.h: '@' beside '*' or '/' without parentheses. */
#ifndef RNNC_MIXED_H
#define RNNC_MIXED_H
#include "grammar/parser.h"

/* Reports ps->mixed (E0105), once the whole file is read: the hint looks at declarations. */
void mixed_report(Parser *ps);
#endif
