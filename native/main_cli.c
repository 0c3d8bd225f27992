#include <fcntl.h>
#include <unistd.h>

#include "runtime.h"

/* exitrd(8): script sets the status by exit(); it is 1 for an exception. */
int main(int argc, char **argv)
{
	/* A closed standard descriptor would be given to the next file opened. */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return 1;
	}
	return runtime_run(argc, argv) ? 1 : 0;
}
