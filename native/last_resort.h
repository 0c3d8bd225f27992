#ifndef EXITRD_LAST_RESORT_H
#define EXITRD_LAST_RESORT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What PID 1 does when everything else has failed: a bounded sync, and
 * reboot(2). The command line program links the stubs in last_resort_none.c.
 */

/* Reads the verb and installs the signal handlers. Called first in main(). */
void last_resort_prepare(int argc, char **argv);

/* Whether script must not change this signal in this process. */
bool last_resort_owns(int signal);

/* Starts or moves the timer; 0 ms stops it. -1 and errno on failure. */
int last_resort_arm(double milliseconds, uint32_t command);

/* Limits the time for printing an error message to a console that may block. */
void last_resort_hurry(void);

/* Called in a child: the parent handles its failures. */
void last_resort_disown(void);

/* Prints the reason, syncs, and carries out the verb. */
_Noreturn void last_resort(const char *reason);

#endif
