#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/fuse.h>

/*
 * A process that a user leaves before a shutdown, by argv[1]; argv[2] is an empty folder, and
 * argv[0], which is its name as well, whatever the caller gives. What needs privileges (a mount,
 * as fusermount3 makes it) comes first, then they are given up.
 */

enum { USER = 4243 };

static void become_user(void)
{
	if (setresgid(USER, USER, USER) < 0 || setresuid(USER, USER, USER) < 0)
		exit(3);
}

/* Never lives longer than 300 µs: its child goes on. */
static void hop(void)
{
	struct timespec time = {.tv_nsec = 300000};

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		nanosleep(&time, NULL);
		if (fork() > 0)
			_exit(0);
	}
}

static void take_other_name(int signal_number)
{
	prctl(PR_SET_NAME, "gone");
}

/* Has another name once it is asked to end. */
static void rename_itself(void)
{
	struct sigaction action = {.sa_handler = take_other_name};

	sigaction(SIGTERM, &action, NULL);
	for (;;)
		pause();
}

/* A segment that outlives the process. */
static void share(void)
{
	shmget(IPC_PRIVATE, 1 << 20, IPC_CREAT | 0600);
}

static void answer(int fuse, const struct fuse_in_header *in, const void *data, size_t size)
{
	static struct {
		struct fuse_out_header header;
		char data[4096];
	} out;

	out.header.unique = in->unique;
	out.header.error = 0;
	out.header.len = sizeof(out.header) + size;
	if (size > 0)
		memcpy(out.data, data, size);
	if (write(fuse, &out, out.header.len) < 0)
		exit(4);
}

static struct fuse_attr make_attr(uint64_t node)
{
	struct fuse_attr attr = {.ino = node, .nlink = 1, .blksize = 4096, .size = 1 << 20};

	attr.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0777 : S_IFREG | 0666;
	attr.uid = USER;
	return attr;
}

/* Answers one request: any but those of the kind `ignored`. */
static void serve(int fuse, const struct fuse_in_header *in, uint32_t ignored)
{
	static int opened;
	static char zeros[4096];
	struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
	struct fuse_attr_out attr = {.attr_valid = 3600, .attr = make_attr(in->nodeid)};
	struct fuse_entry_out entry = {.nodeid = 2, .entry_valid = 3600, .attr_valid = 3600};
	struct fuse_open_out file = {.fh = 1};
	struct fuse_write_out written = {.size = 4096};

	if (in->opcode == ignored)
		return;
	switch (in->opcode) {
	case FUSE_INIT:
		return answer(fuse, in, &init, sizeof(init));
	case FUSE_GETATTR:
		return answer(fuse, in, &attr, sizeof(attr));
	case FUSE_LOOKUP:
		entry.attr = make_attr(2);
		return answer(fuse, in, &entry, sizeof(entry));
	case FUSE_OPEN:
		/* Whoever maps the first one waits until the cache of the second is written. */
		file.open_flags = opened++ ? FOPEN_KEEP_CACHE : FOPEN_DIRECT_IO;
		return answer(fuse, in, &file, sizeof(file));
	case FUSE_READ:
		return answer(fuse, in, zeros, sizeof(zeros));
	case FUSE_WRITE:
		return answer(fuse, in, &written, sizeof(written));
	default:
		return answer(fuse, in, NULL, 0);
	}
}

static char path[4096];

static void *idle(void *unused)
{
	return NULL;
}

static void *look(void *unused)
{
	struct stat status;

	stat(path, &status);
	return NULL;
}

/* Waits for its own server with the lock of its memory map held for writing. */
static void *map(void *unused)
{
	int direct = open(path, O_RDWR), cached = open(path, O_RDWR);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, cached, 0);

	*page = 1;
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, direct, 0);
	return NULL;
}

/* A FUSE whose server itself waits for an answer that it never gives. */
static void deadlock(const char *folder, uint32_t ignored, void *(*wait)(void *))
{
	static char request[1 << 18];
	char options[128];
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	pthread_t thread;

	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(options, sizeof(options),
	         "fd=%d,rootmode=40000,user_id=%d,group_id=%d,allow_other", fuse, USER, USER);
	if (fuse < 0 || mount("unruly", folder, "fuse.unruly", 0, options) < 0)
		exit(5);
	become_user();
	pthread_create(&thread, NULL, wait, NULL);
	for (;;) {
		if (read(fuse, request, sizeof(request)) > 0)
			serve(fuse, (const struct fuse_in_header *)request, ignored);
		else if (errno == ENODEV)
			exit(0);
	}
}

int main(int argc, char **argv)
{
	const char *kind = argc == 3 ? argv[1] : "";

	prctl(PR_SET_NAME, argv[0]);
	if (!strcmp(kind, "deadlock"))
		deadlock(argv[2], FUSE_LOOKUP, look);
	if (!strcmp(kind, "lock"))
		deadlock(argv[2], FUSE_WRITE, map);
	if (!strcmp(kind, "mute"))
		deadlock(argv[2], FUSE_GETATTR, idle);
	if (!strcmp(kind, "daemon"))
		rename_itself();
	become_user();
	if (!strcmp(kind, "hop"))
		hop();
	if (!strcmp(kind, "user"))
		rename_itself();
	if (!strcmp(kind, "share"))
		share();
	return 0;
}
