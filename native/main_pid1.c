#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "last_resort.h"
#include "runtime.h"

/*
 * 'exitrd build' recognizes this program by the note (src/image/elf/shutdown-note.ts). With any
 * other program as PID 1, even the command line, the machine would neither release anything nor
 * power off.
 */
static const struct {
	uint32_t name_size;
	uint32_t size;
	uint32_t type;
	char name[8];
} shutdown_note __attribute__((section(".note.exitrd"), aligned(4), used)) = {
	.name_size = sizeof("exitrd"),
	.type = 1,
	.name = "exitrd",
};

/* systemd passes on a signal mask with most signals blocked, and SIGPIPE ignored. */
static void reset_signals(void)
{
	const struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++) {
		/* SIGKILL, SIGSTOP and the C library's own fail, but need no reset. */
		sigaction(signal, &action, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Opens descriptors 0 to 2 if they are closed: otherwise the next file opened
 * could become standard error, and error messages would be written to it.
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
		/* Without /dev an O_PATH of the root occupies the number; writes to it fail. */
		if (fcntl(fd, F_GETFD) < 0)
			open("/", O_PATH | O_DIRECTORY);
	}
}

/*
 * If run by mistake on a running machine, script would kill every process and
 * release the storage. No argument and no variable overrides this check.
 */
static void refuse_unless_init(void)
{
	static const char words[] =
		"exitrd: cannot run: not PID 1, this program shuts the machine down\n";

	if (getpid() == 1)
		return;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		errno = 0;
	_exit(1);
}

/* /shutdown: only ends by reboot(2), otherwise the kernel would panic. */
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
