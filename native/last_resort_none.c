#include <errno.h>

#include "last_resort.h"

bool last_resort_owns(int signal)
{
	(void)signal;
	return false;
}

int last_resort_arm(double milliseconds, uint32_t command)
{
	(void)milliseconds, (void)command;
	errno = ENOSYS;
	return -1;
}

void last_resort_disown(void)
{
}

void last_resort_hurry(void)
{
}
