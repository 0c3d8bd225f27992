#ifndef EXITRD_RUNTIME_H
#define EXITRD_RUNTIME_H

#include <stdbool.h>

/*
 * Runs the embedded program to its end: its module, then its promise jobs. NULL
 * on success, otherwise the error in one line, in static memory; the whole error
 * with its stack has been printed to standard error.
 */
const char *runtime_run(int argc, char **argv);

/* Called by fork(): in a child, an error only sets the exit status to 1. */
void runtime_become_child(void);
bool runtime_is_child(void);

#endif
