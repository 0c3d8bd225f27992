#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "last_resort.h"
#include "runtime.h"

/* systemd leaves most signals blocked and SIGPIPE ignored in what it executes. */
static void reset_signals(void)
{
	const struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++) {
		/* SIGKILL, SIGSTOP and the C library's own are refused: nothing to reset there. */
		sigaction(signal, &action, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Fills descriptors 0 to 2 where they are closed: else the next file opened
 * would get standard error's number, and an error message its contents.
 */
static void open_standard(void)
{
	static const char *const places[] = {"/dev/console", "/dev/null"};

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (open(places[i], O_RDWR | O_NOCTTY) >= 0)
				break;
		}
		/* With no /dev at all the root's O_PATH keeps the number; writing to it fails. */
		if (fcntl(fd, F_GETFD) < 0)
			open("/", O_PATH | O_DIRECTORY);
	}
}

/*
 * Run by mistake on a running machine, script would end every process there
 * and take the storage away below. No argument and no variable lifts this.
 */
static void refuse_unless_init(void)
{
	static const char words[] =
		"exitrd: cannot run: only PID 1 may, it takes the machine down\n";

	if (getpid() == 1)
		return;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		errno = 0;
	_exit(1);
}

/* /shutdown: ends by reboot(2) and in no other way, or the kernel panics. */
int main(int argc, char **argv)
{
	const char *failure;

	refuse_unless_init();
	reset_signals();
	last_resort_prepare(argc, argv);
	open_standard();
	failure = runtime_run(argc, argv);
	if (runtime_is_child())
		_exit(failure ? 1 : 0);
	last_resort(failure ? failure : "the program returned");
}
