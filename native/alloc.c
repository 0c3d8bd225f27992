#include <assert.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"

/*
 * QuickJS allocates and frees millions of small objects, for which musl's malloc
 * is slow. Small sizes come from slabs: one size class each, in one reserved
 * address range, so that the address determines the class and objects need no
 * header. Freed objects go to the free list of their class; slabs are never
 * returned. Larger objects come from the C library, which maps and unmaps every
 * block of a page or more: for short-lived ones, such as the text of an
 * exception, that would cost two system calls and a page fault each.
 */

enum {
	/* One class every 16 bytes at first, then two per power of two. */
	STEP = 16,
	STEPS = 32,
	DOUBLINGS = 4,
	SMALL_MAX = (STEP * STEPS) << DOUBLINGS,
	CLASS_COUNT = STEPS + 2 * DOUBLINGS,
	SLAB_SHIFT = 14,
	SLAB_SIZE = 1 << SLAB_SHIFT,
	/* Slabs made writable at once: few system calls, little unused memory. */
	SLABS_AT_ONCE = 8,
	SLAB_COUNT = 32768,
};

#define RANGE_SIZE ((size_t)SLAB_COUNT << SLAB_SHIFT)

struct free_object {
	struct free_object *next;
};

struct size_class {
	struct free_object *free;
	/* The unused part of its newest slab. */
	char *next, *end;
};

static struct size_class classes[CLASS_COUNT];
static uint8_t slab_class[SLAB_COUNT];
static char *range;
static size_t slabs_used, slabs_writable;

static size_t find_class(size_t size)
{
	int shift;

	if (size <= STEP * STEPS)
		return (size + STEP - 1) / STEP - 1;
	/* 513 to 1024 have the shift 9, and the first of its two classes ends at 768. */
	shift = 63 - __builtin_clzll(size - 1);
	return STEPS + 2 * (shift - 9) + (size > (size_t)3 << (shift - 1));
}

static size_t class_size(size_t class)
{
	if (class < STEPS)
		return (class + 1) * STEP;
	class -= STEPS;
	return (size_t)(class % 2 ? 4 : 3) << (8 + class / 2);
}

static bool is_small(const void *object)
{
	return range && (uintptr_t)object - (uintptr_t)range < RANGE_SIZE;
}

static size_t usable_size(const void *object)
{
	if (!object)
		return 0;
	if (is_small(object))
		return class_size(slab_class[((const char *)object - range) >> SLAB_SHIFT]);
	return malloc_usable_size((void *)object);
}

/* Adds a slab to a class. False if there is no memory. */
static bool add_slab(size_t class)
{
	char *slab = range + (slabs_used << SLAB_SHIFT);

	if (!range || slabs_used == SLAB_COUNT)
		return false;
	if (slabs_used == slabs_writable) {
		if (mprotect(slab, SLABS_AT_ONCE * SLAB_SIZE, PROT_READ | PROT_WRITE) < 0)
			return false;
		slabs_writable += SLABS_AT_ONCE;
	}
	slab_class[slabs_used++] = class;
	classes[class].next = slab;
	classes[class].end = slab + SLAB_SIZE;
	return true;
}

static void *allocate_small(size_t class)
{
	struct size_class *from = &classes[class];
	size_t size = class_size(class);
	struct free_object *object = from->free;
	char *next;

	if (object) {
		from->free = object->next;
		return object;
	}
	if ((size_t)(from->end - from->next) < size && !add_slab(class))
		return NULL;
	next = from->next;
	from->next += size;
	return next;
}

static void *allocate(size_t size)
{
	void *object = size <= SMALL_MAX ? allocate_small(find_class(size)) : NULL;

	return object ? object : malloc(size);
}

static void release(void *object)
{
	struct free_object *freed = object;
	struct size_class *to;

	if (!is_small(object)) {
		free(object);
		return;
	}
	to = &classes[slab_class[((char *)object - range) >> SLAB_SHIFT]];
	freed->next = to->free;
	to->free = freed;
}

/* The size that QuickJS accounts, computed as by its own allocator. */
static void count(JSMallocState *state, int objects, size_t size)
{
	state->malloc_count += objects;
	state->malloc_size += objects * size;
}

static void *js_allocate(JSMallocState *state, size_t size)
{
	void *object;

	/* There is no class for size 0: its index would be before the first one. */
	assert(size != 0);
	if (state->malloc_size + size > state->malloc_limit)
		return NULL;
	object = allocate(size);
	if (object)
		count(state, 1, usable_size(object));
	return object;
}

static void js_release(JSMallocState *state, void *object)
{
	if (!object)
		return;
	count(state, -1, usable_size(object));
	release(object);
}

/* Moves an object to the class of its new size. On NULL it is unchanged. */
static void *move(void *object, size_t old_size, size_t size)
{
	void *moved;

	if (!is_small(object) && size > SMALL_MAX)
		return realloc(object, size);
	moved = allocate(size);
	if (!moved)
		return NULL;
	memcpy(moved, object, old_size < size ? old_size : size);
	release(object);
	return moved;
}

static void *js_resize(JSMallocState *state, void *object, size_t size)
{
	size_t old_size = usable_size(object);
	void *moved;

	if (!object)
		return size == 0 ? NULL : js_allocate(state, size);
	if (size == 0) {
		js_release(state, object);
		return NULL;
	}
	if (is_small(object) && size <= SMALL_MAX && find_class(size) == find_class(old_size))
		return object;
	if (state->malloc_size + size - old_size > state->malloc_limit)
		return NULL;
	moved = move(object, old_size, size);
	if (moved)
		state->malloc_size += usable_size(moved) - old_size;
	return moved;
}

static const JSMallocFunctions functions = {js_allocate, js_release, js_resize, usable_size};

const JSMallocFunctions *alloc_functions(void)
{
#ifndef __SANITIZE_ADDRESS__
	/* Address space only, no memory: PROT_NONE is not even accounted as committed. */
	void *reserved = mmap(NULL, RANGE_SIZE, PROT_NONE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	/* If that fails (a tight RLIMIT_AS), the C library allocates everything. */
	range = reserved == MAP_FAILED ? NULL : reserved;
#endif
	/* The sanitizer only checks its own malloc and would see nothing of slabs. */
	return &functions;
}
