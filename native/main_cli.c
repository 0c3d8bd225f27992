#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "runtime.h"

/* exitrd(8): script sets the status by exit(); it is 70 (EX_SOFTWARE) for an exception. */
int main(int argc, char **argv)
{
	/*
	 * A closed standard descriptor would be given to the next file opened. Its replacement has
	 * the wrong direction: reading and writing must still fail with EBADF, as '--output -'
	 * would otherwise lose the image and report success.
	 */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			return 1;
	}
	return runtime_run(argc, argv) ? EX_SOFTWARE : 0;
}
