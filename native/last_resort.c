#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/reboot.h>

#include "last_resort.h"

/*
 * The kernel panics when PID 1 exits, leaving the storage as it is. So whatever
 * happens to script, this file calls reboot(2). Everything called from a signal
 * handler is async-signal-safe: bare system calls, static memory.
 */

/* How long the sync may take before the machine goes down without it. */
enum { SYNC_LIMIT_MS = 10000, SYNC_POLL_MS = 20 };

/* Longer than the sync: the alarm catches other things that hang, such as a console. */
enum { ENTERED_LIMIT_MS = SYNC_LIMIT_MS + 1000 };

/* How long printing script's error message may take. */
enum { REPORT_LIMIT_MS = 5000 };

/* Until script sets its deadline: more than its default, 90 s. */
enum { START_LIMIT_MS = 100000 };

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { FATAL_COUNT = sizeof(fatal) / sizeof(fatal[0]) };

static volatile sig_atomic_t owned;
static volatile sig_atomic_t entered;
static volatile uint32_t verb_command = LINUX_REBOOT_CMD_POWER_OFF;
static char alternate_stack[65536] __attribute__((aligned(16)));

static const struct {
	const char *verb;
	uint32_t command;
} verbs[] = {
	{"reboot", LINUX_REBOOT_CMD_RESTART},
	{"poweroff", LINUX_REBOOT_CMD_POWER_OFF},
	{"halt", LINUX_REBOOT_CMD_HALT},
	{"kexec", LINUX_REBOOT_CMD_KEXEC},
};

static const char *name_command(uint32_t command)
{
	switch (command) {
	case LINUX_REBOOT_CMD_RESTART:
		return "RESTART";
	case LINUX_REBOOT_CMD_RESTART2:
		return "RESTART2";
	case LINUX_REBOOT_CMD_HALT:
		return "HALT";
	case LINUX_REBOOT_CMD_KEXEC:
		return "KEXEC";
	default:
		return "POWER_OFF";
	}
}

struct line {
	char text[512];
	size_t length;
};

static void append(struct line *line, const char *text)
{
	/* One byte is reserved for the newline; a control character ends the line. */
	while ((unsigned char)*text >= ' ' && line->length < sizeof(line->text) - 1)
		line->text[line->length++] = *text++;
}

static void write_to(const char *path, const char *prefix, const struct line *line)
{
	/* A console under flow control must not block the machine. */
	int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	char text[sizeof(line->text) + 8];
	size_t length = strlen(prefix);

	if (fd < 0)
		return;
	memcpy(text, prefix, length);
	memcpy(text + length, line->text, line->length);
	/* There is nowhere to report a failure. */
	if (write(fd, text, length + line->length) < 0)
		errno = 0;
	close(fd);
}

static void say(const char *reason, const char *command)
{
	struct line line = {.length = 0};

	append(&line, "exitrd: ");
	append(&line, reason);
	append(&line, "; last resort: sync, reboot(");
	append(&line, command);
	append(&line, ")");
	line.text[line.length++] = '\n';
	write_to("/dev/console", "", &line);
	/* <2>: critical, which is printed at every console log level. */
	write_to("/dev/kmsg", "<2>", &line);
}

static void wait_briefly(void)
{
	const struct timespec pause = {.tv_nsec = SYNC_POLL_MS * 1000000L};

	nanosleep(&pause, NULL);
}

/*
 * SysRq: the kernel does it in a separate thread, regardless of kernel.sysrq,
 * which restricts the keyboard only. This does not wait for it to be done.
 */
static void trigger_sysrq(const char *key)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, key, 1) < 0)
		errno = 0;
	close(fd);
}

/* What is possible without a child, if processes have used up all pids. */
static void sync_by_sysrq(void)
{
	for (const char *key = "su"; *key; key++) {
		trigger_sysrq(key);
		for (int waited = 0; waited < SYNC_LIMIT_MS / 2; waited += SYNC_POLL_MS)
			wait_briefly();
	}
}

/*
 * sync(2) in a child: it can hang for ever on a dead disk, and a process in
 * uninterruptible sleep cannot be killed, only abandoned.
 */
static void sync_bounded(void)
{
	/* Bare clone: fork(3) runs handlers and takes locks, unsafe in a signal handler. */
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		syscall(SYS_sync);
		syscall(SYS_exit_group, 0);
	}
	if (pid < 0)
		sync_by_sysrq();
	for (int waited = 0; pid > 0 && waited < SYNC_LIMIT_MS; waited += SYNC_POLL_MS) {
		pid_t ended = waitpid(pid, NULL, WNOHANG);
		if (ended == pid || (ended < 0 && errno == ECHILD))
			return;
		wait_briefly();
	}
}

static void call_reboot(uint32_t command)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, "");
}

void last_resort(const char *reason)
{
	uint32_t command = verb_command;

	/* A child that crashed before it disarmed this must not end the machine. */
	if (getpid() != 1)
		_exit(1);
	/* A second fault while handling the first: no message, no sync. */
	if (entered++ == 0) {
		/* The rest of script's own limit may be less than the sync needs. */
		last_resort_arm(ENTERED_LIMIT_MS, command);
		say(reason, name_command(command));
		sync_bounded();
	}
	for (bool refused = false;; refused = true) {
		call_reboot(command);
		/* It returned: no kernel was loaded for kexec, or the command was refused. */
		call_reboot(LINUX_REBOOT_CMD_RESTART);
		call_reboot(LINUX_REBOOT_CMD_POWER_OFF);
		/* The disks must be consistent when somebody presses the button. */
		if (!refused)
			trigger_sysrq("u");
		wait_briefly();
	}
}

static void handle_fatal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	/* Sent by another process: not a fault of ours, and it must not end PID 1. */
	if (info->si_code <= 0 && info->si_pid != getpid())
		return;
	switch (signal) {
	case SIGSEGV:
		last_resort("SIGSEGV");
	case SIGBUS:
		last_resort("SIGBUS");
	case SIGILL:
		last_resort("SIGILL");
	case SIGFPE:
		last_resort("SIGFPE");
	default:
		last_resort("SIGABRT");
	}
}

static void handle_alarm(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	if (info->si_code <= 0)
		return;
	last_resort("out of time");
}

static void take_signal(int signal, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler};

	/*
	 * NODEFER: a fault inside the handler must call it again, not kill PID 1.
	 * RESTART: a signal sent by another process must not interrupt a system call.
	 */
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

void last_resort_prepare(int argc, char **argv)
{
	const stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof(alternate_stack)};

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[1], verbs[i].verb))
			verb_command = verbs[i].command;
	}
	sigaltstack(&stack, NULL);
	for (int i = 0; i < FATAL_COUNT; i++)
		take_signal(fatal[i], handle_fatal);
	take_signal(SIGALRM, handle_alarm);
	owned = 1;
	last_resort_arm(START_LIMIT_MS, verb_command);
}

bool last_resort_owns(int signal)
{
	if (!owned)
		return false;
	for (int i = 0; i < FATAL_COUNT; i++) {
		if (fatal[i] == signal)
			return true;
	}
	return signal == SIGALRM;
}

int last_resort_arm(double milliseconds, uint32_t command)
{
	struct itimerval timer = {.it_interval = {.tv_sec = 0}};

	if (!owned || !(milliseconds >= 0)) {
		errno = EINVAL;
		return -1;
	}
	verb_command = command;
	timer.it_value.tv_sec = milliseconds / 1000;
	timer.it_value.tv_usec = (milliseconds - timer.it_value.tv_sec * 1000.0) * 1000;
	/* A time that rounds to 0 would stop the timer instead of firing it. */
	if (milliseconds > 0 && timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0)
		timer.it_value.tv_usec = 1;
	return setitimer(ITIMER_REAL, &timer, NULL);
}

void last_resort_hurry(void)
{
	if (owned)
		last_resort_arm(REPORT_LIMIT_MS, verb_command);
}

void last_resort_disown(void)
{
	if (!owned)
		return;
	/* Timers are not inherited; handlers are. */
	owned = 0;
	for (int i = 0; i < FATAL_COUNT; i++)
		signal(fatal[i], SIG_DFL);
	signal(SIGALRM, SIG_DFL);
}
