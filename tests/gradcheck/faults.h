/* faults.h: errors that compile.c plants beside those in gradient columns. */
#ifndef GRADCHECK_FAULTS_H
#define GRADCHECK_FAULTS_H
#include "graph/graph.h"
#include "support/text.h"

typedef struct Fault {
    const char *name;
    const char *after;              /* the stage whose result is changed */
    bool (*in_graph)(Graph *graph); /* false: there was no place for it */
    const char *text,
        *instead; /* or: what stands in the backward functions of the emitted text, and what replaces it */
} Fault;
/* NULL when there is none of that name. */
const Fault *fault_find(const char *name);
/* "OP:OTHER": every node of OTHER that can be becomes OP. False when there was none. */
bool faults_replace(Graph *graph, const char *instead);
bool fault_in_text(Arena *arena, Text *c, const Fault *fault);
#endif
