#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../native/last_resort.h"

/*
 * Runs native/last_resort.c on fake system calls: built with -Dopen=fake_open,
 * -Dsyscall=fake_syscall and -Dgetpid=fake_getpid, so that nothing affects this machine. Prints
 * each call, and the seconds that have passed by then.
 */
#undef open
#undef syscall
#undef getpid

/* The headers have declared the fakes instead. */
int open(const char *path, int flags, ...);
long syscall(long number, ...);

static const char *scenario;
static struct timespec began;

static void print(const char *what)
{
	struct timespec now;
	double seconds;
	char line[64];
	int length;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = now.tv_sec - began.tv_sec + (now.tv_nsec - began.tv_nsec) / 1e9;
	length = snprintf(line, sizeof(line), "%s %.0f\n", what, seconds);
	if (write(STDOUT_FILENO, line, length) < 0)
		_exit(2);
}

pid_t fake_getpid(void)
{
	return 1;
}

int fake_open(const char *path, int flags, ...)
{
	if (strcmp(path, "/proc/sysrq-trigger"))
		return open("/dev/null", flags & ~O_NONBLOCK);
	print("sysrq");
	return dup(STDOUT_FILENO);
}

static void sync_slowly(void)
{
	/* More than the 5 s for script's message, less than the 10 s for the sync. */
	struct timespec left = {.tv_sec = 7};

	while (nanosleep(&left, &left) < 0)
		;
	print("synced");
}

long fake_syscall(long number, ...)
{
	switch (number) {
	case SYS_clone:
		if (!strcmp(scenario, "no-child")) {
			errno = EAGAIN;
			return -1;
		}
		return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	case SYS_sync:
		sync_slowly();
		return 0;
	case SYS_reboot:
		print("reboot");
		_exit(0);
	case SYS_exit_group:
		_exit(0);
	default:
		_exit(3);
	}
}

int main(int argc, char **argv)
{
	char *arguments[] = {argv[0], "reboot", NULL};

	if (argc != 2)
		return 2;
	scenario = argv[1];
	clock_gettime(CLOCK_MONOTONIC, &began);
	last_resort_prepare(2, arguments);
	/* As after an exception in script. */
	last_resort_hurry();
	last_resort("a test");
}
