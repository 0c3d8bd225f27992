#ifndef EXITRD_RUNTIME_H
#define EXITRD_RUNTIME_H

#include <stdbool.h>

/*
 * Runs the embedded program to its end: its module, then its promise jobs.
 * NULL when it went well, else what failed, in one line, static memory.
 * The whole error with its stack stands on standard error by then.
 */
const char *runtime_run(int argc, char **argv);

/* Told by fork(): an error ends a child with status 1, and nothing more. */
void runtime_become_child(void);
bool runtime_is_child(void);

#endif
