#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A server for one ublk device on a file: one queue, one request at a time. Debian has none. See
 * linux/ublk_cmd.h and linux/io_uring.h. Prints the device's number once it exists.
 */

enum { BUFFER = 512 * 1024, SECTOR = 512, OP_URING_CMD = 46, SQE128 = 1 << 10 };

/* _IOWR('u', nr, 32 bytes) of the control device, _IOWR('u', nr, 16 bytes) of the queues. */
enum { ADD_DEV = 0xc0207504, START_DEV = 0xc0207506, SET_PARAMS = 0xc0207508 };
enum { FETCH = 0xc0107520, COMMIT_AND_FETCH = 0xc0107521 };
enum { OP_READ, OP_WRITE, OP_FLUSH };

struct ring {
	int fd;
	volatile uint32_t *tail, *head, *done;
	char *entries, *results;
	uint32_t mask, done_mask, size;
};

struct parameters {
	uint32_t sizes[2], flags, more[7];
	struct {
		uint32_t head, tail, mask, count, flags, dropped, array, reserved;
		uint64_t address;
	} sq;
	struct {
		uint32_t head, tail, mask, count, overflow, entries, flags, reserved;
		uint64_t address;
	} cq;
};

struct control {
	uint32_t id;
	uint16_t queue, length;
	uint64_t address, data[1];
	uint16_t path_length, pad;
	uint32_t reserved;
};

struct info {
	uint16_t queues, depth, state, pad0;
	uint32_t max_bytes, id;
	int32_t pid;
	uint32_t pad1;
	uint64_t flags, own_flags;
	uint32_t uid, gid;
	uint64_t reserved[2];
};

struct settings {
	uint32_t length, types, attributes;
	uint8_t logical, physical, optimal, minimal;
	uint32_t max_sectors, chunk_sectors;
	uint64_t sectors, boundary;
	char others[128];
};

struct request {
	uint32_t operation, sectors;
	uint64_t start, address;
};

struct answer {
	uint16_t queue, tag;
	int32_t result;
	uint64_t address;
};

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void *map(int fd, size_t length, int protection, off_t offset)
{
	void *at = mmap(NULL, length, protection, MAP_SHARED | MAP_POPULATE, fd, offset);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static struct ring open_ring(uint32_t flags)
{
	struct parameters parameters = {.flags = flags};
	struct ring ring = {.size = flags & SQE128 ? 128 : 64};
	int read_write = PROT_READ | PROT_WRITE;
	char *submitted, *completed;

	ring.fd = syscall(SYS_io_uring_setup, 4, &parameters);
	if (ring.fd < 0)
		die("io_uring_setup");
	submitted = map(ring.fd, parameters.sq.array + 4 * sizeof(uint32_t), read_write, 0);
	completed = map(ring.fd, parameters.cq.entries + 8 * 16, read_write, 0x8000000);
	ring.entries = map(ring.fd, 4 * ring.size, read_write, 0x10000000);
	ring.tail = (uint32_t *)(submitted + parameters.sq.tail);
	ring.mask = *(uint32_t *)(submitted + parameters.sq.mask);
	ring.head = (uint32_t *)(completed + parameters.cq.head);
	ring.done = (uint32_t *)(completed + parameters.cq.tail);
	ring.done_mask = *(uint32_t *)(completed + parameters.cq.mask);
	ring.results = completed + parameters.cq.entries;
	for (uint32_t i = 0; i < 4; i++)
		((uint32_t *)(submitted + parameters.sq.array))[i] = i;
	return ring;
}

/* Submits a command; `take` returns its result. */
static void give(struct ring *ring, int fd, uint32_t operation, const void *command, size_t length)
{
	char *entry = ring->entries + (*ring->tail & ring->mask) * ring->size;

	memset(entry, 0, ring->size);
	entry[0] = OP_URING_CMD;
	*(int32_t *)(entry + 4) = fd;
	*(uint32_t *)(entry + 8) = operation;
	memcpy(entry + 48, command, length);
	__atomic_store_n(ring->tail, *ring->tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0) != 1)
		die("io_uring_enter");
}

static int32_t take(struct ring *ring)
{
	int32_t result;

	while (__atomic_load_n(ring->done, __ATOMIC_ACQUIRE) == *ring->head)
		syscall(SYS_io_uring_enter, ring->fd, 0, 1, 1, NULL, 0);
	result = *(int32_t *)(ring->results + (*ring->head & ring->done_mask) * 16 + 8);
	__atomic_store_n(ring->head, *ring->head + 1, __ATOMIC_RELEASE);
	return result;
}

static void control(struct ring *ring, int fd, uint32_t operation, struct control command)
{
	int32_t result;

	command.queue = -1;
	give(ring, fd, operation, &command, sizeof(command));
	result = take(ring);
	if (result < 0) {
		fprintf(stderr, "control %x: %d\n", operation, result);
		_exit(1);
	}
}

static int32_t serve(const struct request *request, int file, char *buffer)
{
	size_t length = (size_t)request->sectors * SECTOR;
	off_t start = request->start * SECTOR;

	switch (request->operation & 0xff) {
	case OP_READ:
		return pread(file, buffer, length, start);
	case OP_WRITE:
		return pwrite(file, buffer, length, start);
	case OP_FLUSH:
		return fsync(file);
	default:
		return -95;
	}
}

int main(int argc, char **argv)
{
	struct ring commands = open_ring(SQE128), queue = open_ring(0);
	struct info info = {.queues = 1, .depth = 1, .max_bytes = BUFFER, .id = -1};
	/* Only the basic parameters: it has a cache, which the kernel must flush. */
	struct settings settings = {
		.length = sizeof(settings), .types = 1, .attributes = 4, .logical = 9};
	int file = open(argv[1], O_RDWR | O_CLOEXEC), device, manager;
	char *buffer = aligned_alloc(4096, BUFFER), path[32];
	const struct request *request;
	struct answer answer = {.address = (uintptr_t)buffer};
	struct stat status;

	manager = open("/dev/ublk-control", O_RDWR | O_CLOEXEC);
	if (argc < 2 || file < 0 || manager < 0 || fstat(file, &status) < 0)
		die("open");
	control(&commands, manager, ADD_DEV,
	        (struct control){.id = -1, .length = sizeof(info), .address = (uintptr_t)&info});
	settings.physical = settings.optimal = settings.minimal = 12;
	settings.max_sectors = BUFFER / SECTOR;
	settings.sectors = status.st_size / SECTOR;
	control(&commands, manager, SET_PARAMS,
	        (struct control){.id = info.id,
	                         .length = sizeof(settings),
	                         .address = (uintptr_t)&settings});
	snprintf(path, sizeof(path), "/dev/ublkc%u", info.id);
	device = open(path, O_RDWR | O_CLOEXEC);
	if (device < 0)
		die(path);
	request = map(device, 4096, PROT_READ, 0);
	give(&queue, device, FETCH, &answer, sizeof(answer));
	/* Starting the device reads the disk, which must be served meanwhile. */
	if (fork() == 0) {
		struct ring own = open_ring(SQE128);
		control(&own, manager, START_DEV,
		        (struct control){.id = info.id, .data = {getppid()}});
		printf("%u\n", info.id);
		fflush(stdout);
		_exit(0);
	}
	while (take(&queue) == 0) {
		answer.result = serve(request, file, buffer);
		give(&queue, device, COMMIT_AND_FETCH, &answer, sizeof(answer));
	}
	return 0;
}
