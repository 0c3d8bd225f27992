#ifndef EXITRD_LAST_RESORT_H
#define EXITRD_LAST_RESORT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What PID 1 does when nothing else works: sync, bounded, and reboot(2). The
 * command line program links last_resort_none.c, where all of this is void.
 */

/* Reads the verb and takes hold of the signals. First of all in main(). */
void last_resort_prepare(int argc, char **argv);

/* Whether script may not touch this signal in this process. */
bool last_resort_owns(int signal);

/* Starts or moves the timer; 0 ms stops it. -1 and errno on failure. */
int last_resort_arm(double milliseconds, uint32_t command);

/* Bounds what comes next, an error message to a console that may never take it. */
void last_resort_hurry(void);

/* In a child: its failures are its parent's to judge. */
void last_resort_disown(void);

/* Says why, syncs, and carries out the verb. */
_Noreturn void last_resort(const char *reason);

#endif
