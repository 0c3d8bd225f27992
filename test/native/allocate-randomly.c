#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* native/alloc.c omits its slabs under the sanitizer, which is supposed to check them here. */
#undef __SANITIZE_ADDRESS__
#include "../../native/alloc.c"

/*
 * Performs random operations on native/alloc.c: allocations never overlap, are never misaligned,
 * and are never lost. The argument is the number of operations, in two equal halves.
 */

enum { SLOTS = 20000, BIG = 60000 };

struct slot {
	uint8_t *object;
	size_t size;
	uint8_t fill;
};

static struct slot slots[SLOTS];
static JSMallocState state = {.malloc_limit = (size_t)1 << 40};
static uint32_t seed = 1;

static uint32_t next(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

/* Mostly sizes that QuickJS uses, sometimes a boundary, rarely sizes too large for slabs. */
static size_t draw_size(void)
{
	switch (next(64)) {
	case 0:
		return 1 + next(BIG);
	case 1 ... 4:
		return ((size_t)16 << next(10)) - 1 + next(3);
	case 5 ... 8:
		return 1 + next(SMALL_MAX);
	default:
		return 1 + next(256);
	}
}

/* QuickJS uses everything that usable_size() reports, and so does this. */
static void fill(struct slot *slot, uint8_t byte)
{
	slot->fill = byte;
	memset(slot->object, byte, usable_size(slot->object));
}

static void check(const struct slot *slot, size_t length)
{
	for (size_t i = 0; i < length; i++)
		assert(slot->object[i] == slot->fill);
}

static void step(struct slot *slot)
{
	size_t size = draw_size();
	size_t kept;
	uint8_t *moved;

	if (!slot->object) {
		slot->object = functions.js_malloc(&state, size);
		assert(slot->object);
	} else if (next(3) == 0) {
		check(slot, usable_size(slot->object));
		functions.js_free(&state, slot->object);
		slot->object = NULL;
		return;
	} else {
		check(slot, usable_size(slot->object));
		kept = usable_size(slot->object);
		moved = functions.js_realloc(&state, slot->object, size);
		assert(moved);
		slot->object = moved;
		check(slot, kept < size ? kept : size);
	}
	assert((uintptr_t)slot->object % 16 == 0);
	assert(usable_size(slot->object) >= size);
	fill(slot, next(256));
}

static void check_classes(void)
{
	for (size_t size = 1; size <= SMALL_MAX; size++) {
		size_t class = find_class(size);
		assert(class < CLASS_COUNT && class_size(class) >= size);
		assert(class == 0 || class_size(class - 1) < size);
		assert(class_size(class) % STEP == 0 && class_size(class) <= SLAB_SIZE);
	}
}

static void check_limit(void)
{
	JSMallocState limited = {.malloc_limit = 1000};
	void *object = functions.js_malloc(&limited, 900);
	JSMallocState before = limited;

	assert(object && !functions.js_malloc(&limited, 200));
	assert(!functions.js_realloc(&limited, object, 2000));
	assert(limited.malloc_count == before.malloc_count);
	assert(limited.malloc_size == before.malloc_size);
	functions.js_free(&limited, object);
	assert(limited.malloc_count == 0 && limited.malloc_size == 0);
}

/* There is no class for size 0: the entry before the first one would be overwritten. */
static void check_zero(void)
{
	const struct rlimit no_core = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		close(STDERR_FILENO);
		functions.js_malloc(&state, 0);
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Performs the same operations each time; frees everything at the end. */
static void run(long operations)
{
	seed = 1;
	for (long i = 0; i < operations; i++)
		step(&slots[next(SLOTS)]);
	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].object)
			check(&slots[i], usable_size(slots[i].object));
		functions.js_free(&state, slots[i].object);
		slots[i].object = NULL;
	}
	assert(state.malloc_count == 0 && state.malloc_size == 0);
}

int main(int argc, char **argv)
{
	size_t used;

	assert(argc == 2 && alloc_functions() == &functions && range);
	check_classes();
	check_limit();
	check_zero();
	run(atol(argv[1]) / 2);
	used = slabs_used;
	run(atol(argv[1]) / 2);
	/* Freed memory was reused. */
	assert(used > 0 && slabs_used == used);
	puts("good");
	return 0;
}
