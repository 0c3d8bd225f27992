#include <sys/wait.h>
#include <unistd.h>

/*
 * PID 1 for a test, named like an init: runs its arguments as a shell script and waits, as inits do
 * for their last script; then prints that it continues, and exits.
 */
int main(int argc, char **argv)
{
	static const char words[] = "init goes on\n";

	if (argc < 2)
		return 1;
	if (fork() == 0) {
		execl("/bin/sh", "sh", "-c", argv[1], (char *)NULL);
		_exit(127);
	}
	while (wait(NULL) > 0)
		continue;
	return write(STDOUT_FILENO, words, sizeof(words) - 1) < 0;
}
