#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

/*
 * pread(2) and pwrite(2) with page-aligned memory: O_DIRECT requires that, and script cannot choose
 * the address of an array.
 */

static void *map_pages(size_t length)
{
	void *pages =
		mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

/* Unmaps, and preserves errno. */
static void unmap_pages(void *pages, size_t length)
{
	int error = errno;

	munmap(pages, length);
	errno = error;
}

static JSValue sys_readAt(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd;
	int64_t offset, length;
	uint8_t *copy;
	void *pages;
	ssize_t got;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt64(ctx, &offset, argv[1]) ||
	    JS_ToInt64(ctx, &length, argv[2]))
		return JS_EXCEPTION;
	if (length <= 0)
		return sys_throw(ctx, "pread", EINVAL, NULL);
	pages = map_pages(length);
	if (!pages)
		return sys_throw(ctx, "mmap", errno, NULL);
	got = pread(fd, pages, length, offset);
	copy = got < 0 ? NULL : js_malloc(ctx, got ? got : 1);
	if (copy)
		memcpy(copy, pages, got);
	unmap_pages(pages, length);
	if (got < 0)
		return sys_throw(ctx, "pread", errno, NULL);
	return copy ? sys_new_array(ctx, copy, got) : JS_EXCEPTION;
}

static JSValue sys_writeAt(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd;
	int64_t offset;
	size_t length;
	JSValue buffer;
	const uint8_t *data;
	void *pages;
	ssize_t written;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt64(ctx, &offset, argv[1]))
		return JS_EXCEPTION;
	data = sys_borrow_bytes(ctx, argv[2], &length, &buffer);
	if (!data)
		return JS_EXCEPTION;
	pages = length ? map_pages(length) : NULL;
	if (pages)
		memcpy(pages, data, length);
	JS_FreeValue(ctx, buffer);
	if (!pages)
		return sys_throw(ctx, "mmap", length ? errno : EINVAL, NULL);
	written = pwrite(fd, pages, length, offset);
	unmap_pages(pages, length);
	return sys_number(ctx, "pwrite", NULL, written);
}

SYS_TABLE(sys_direct_exports, JS_CFUNC_DEF("readAt", 3, sys_readAt),
          JS_CFUNC_DEF("writeAt", 3, sys_writeAt), );
