#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
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
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <linux/fuse.h>

/*
 * A process that a user leaves before a shutdown. argv[1] is what it does, argv[2] an empty folder;
 * argv[0], chosen by the caller, is also its name. What needs privileges (a mount, as made by
 * fusermount3) comes first, then they are dropped.
 */

enum { USER = 4243 };

/* The user in the user namespace of the FUSE. */
static int owner = USER;

/* What it waits for. */
static char path[4096];

static void become_user(void)
{
	if (setresgid(USER, USER, USER) < 0 || setresuid(USER, USER, USER) < 0)
		exit(3);
}

/* Exits within 300 µs; its child continues. */
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

/* Changes its name when it gets SIGTERM. */
static void rename_itself(void)
{
	struct sigaction action = {.sa_handler = take_other_name};

	sigaction(SIGTERM, &action, NULL);
	for (;;)
		pause();
}

/* Creates a segment that outlives the process, full of data. */
static void share(size_t size)
{
	int segment = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);

	memset(shmat(segment, NULL, 0), 0x5a, size);
}

/* Asks to be spared, as the owner of the control group that it is in. */
static void mark_group(void)
{
	char group[2048] = "";
	FILE *file = fopen("/proc/self/cgroup", "r");

	if (file == NULL || fscanf(file, "0::%2047s", group) != 1)
		exit(6);
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", group);
	if (setxattr(path, "user.survive_final_kill_signal", "1", 1, 0) < 0)
		exit(7);
	rename_itself();
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
	attr.uid = owner;
	attr.gid = owner;
	return attr;
}

/* Answers one request, unless it is of the kind `ignored`. */
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
		/* Whoever maps the first file waits until the cache of the second is written. */
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

/* Waits for its own server while holding the lock of its memory map for writing. */
static void *map(void *unused)
{
	int direct = open(path, O_RDWR), cached = open(path, O_RDWR);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, cached, 0);

	*page = 1;
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, direct, 0);
	return NULL;
}

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(8);
	close(fd);
}

/*
 * Takes a copy of all mounts into namespaces of the user, with a file open for writing: while it
 * lives, each of them is busy.
 */
static void take_namespaces(const char *folder)
{
	char text[64];
	int held;

	snprintf(path, sizeof(path), "%s/held", folder);
	held = open(path, O_RDWR | O_CREAT, 0600);
	if (held < 0 || fchown(held, USER, USER) < 0)
		exit(9);
	become_user();
	/* Else the files in /proc/self belong to root. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		exit(10);
	snprintf(text, sizeof(text), "0 %d 1", USER);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", text);
	write_file("/proc/self/gid_map", text);
	owner = 0;
}

/* Fills the table of mounts of its own namespace with 65,000. */
static void crowd(const char *folder)
{
	char tree[2048], place[4096];

	snprintf(tree, sizeof(tree), "%s/tree", folder);
	snprintf(path, sizeof(path), "%s/point", folder);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("crowd", folder, "tmpfs", 0, NULL) < 0 || mkdir(path, 0755) < 0 ||
	    mkdir(tree, 0755) < 0 || mount("tree", tree, "tmpfs", 0, NULL) < 0)
		exit(11);
	for (int i = 0; i < 16; i++) {
		snprintf(place, sizeof(place), "%s/%d", tree, i);
		mkdir(place, 0755);
	}
	for (int i = 0; i < 16; i++) {
		snprintf(place, sizeof(place), "%s/%d", tree, i);
		if (mount(tree, place, NULL, MS_BIND | MS_REC, NULL) < 0)
			exit(12);
	}
}

/* The connection that `serve_all` serves, and the kind of requests that it ignores. */
static int connection;
static uint32_t unanswered;

static void *serve_all(void *unused)
{
	static char request[1 << 18];

	for (;;) {
		if (read(connection, request, sizeof(request)) > 0)
			serve(connection, (const struct fuse_in_header *)request, unanswered);
		else if (errno == ENODEV)
			exit(0);
	}
}

/*
 * A FUSE whose server itself waits for an answer that it never gives: the main thread, if it
 * `leads`. A process whose main thread has exited has no table of mounts any more.
 */
static void deadlock(const char *folder, uint32_t ignored, void *(*wait)(void *), int leads)
{
	char options[128];
	pthread_t thread;

	connection = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	unanswered = ignored;
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(options, sizeof(options),
	         "fd=%d,rootmode=40000,user_id=%d,group_id=%d,allow_other", connection, owner, owner);
	if (connection < 0 ||
	    mount("unruly", folder, "fuse.unruly", MS_NOSUID | MS_NODEV, options) < 0)
		exit(5);
	if (owner == USER)
		become_user();
	pthread_create(&thread, NULL, leads ? serve_all : wait, NULL);
	if (leads)
		wait(NULL);
	else
		serve_all(NULL);
}

int main(int argc, char **argv)
{
	const char *kind = argc == 3 ? argv[1] : "";

	prctl(PR_SET_NAME, argv[0]);
	if (!strcmp(kind, "deadlock"))
		deadlock(argv[2], FUSE_LOOKUP, look, 0);
	if (!strcmp(kind, "lock"))
		deadlock(argv[2], FUSE_WRITE, map, 0);
	if (!strcmp(kind, "mute"))
		deadlock(argv[2], FUSE_GETATTR, idle, 0);
	if (!strcmp(kind, "daemon"))
		rename_itself();
	if (!strcmp(kind, "private")) {
		take_namespaces(argv[2]);
		deadlock(argv[2], FUSE_LOOKUP, look, 0);
	}
	if (!strcmp(kind, "crowded")) {
		char point[2048];

		take_namespaces(argv[2]);
		crowd(argv[2]);
		snprintf(point, sizeof(point), "%s/point", argv[2]);
		deadlock(point, FUSE_LOOKUP, look, 1);
	}
	become_user();
	if (!strcmp(kind, "hop"))
		hop();
	if (!strcmp(kind, "user"))
		rename_itself();
	if (!strcmp(kind, "mark"))
		mark_group();
	if (!strcmp(kind, "share"))
		share(1 << 20);
	if (!strcmp(kind, "fill"))
		share(64 << 20);
	return 0;
}
