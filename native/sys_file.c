#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

/* Descriptors. */

/* A call that takes a descriptor and returns nothing. */
#define WRAP_FD_CALL(name)                                                                         \
	static JSValue sys_##name(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv) \
	{                                                                                          \
		int32_t fd;                                                                        \
                                                                                                   \
		if (JS_ToInt32(ctx, &fd, argv[0]))                                                 \
			return JS_EXCEPTION;                                                       \
		return sys_done(ctx, #name, NULL, name(fd));                                       \
	}

WRAP_FD_CALL(close)
WRAP_FD_CALL(fsync)
WRAP_FD_CALL(syncfs)

/* All pages of a file: flags and range never differ. */
static JSValue sys_syncFileRange(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	const unsigned int flags =
		SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	int32_t fd;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "sync_file_range", NULL, sync_file_range(fd, 0, 0, flags));
}

static JSValue sys_open(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t flags, mode;
	char *path;

	if (JS_ToInt32(ctx, &flags, argv[1]) || JS_ToInt32(ctx, &mode, argv[2]))
		return JS_EXCEPTION;
	path = sys_take_path(ctx, "open", argv[0]);
	if (!path)
		return JS_EXCEPTION;
	return sys_number(ctx, "open", path, open(path, flags, mode));
}

static JSValue sys_memfdCreate(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *name = sys_take_path(ctx, "memfd_create", argv[0]);

	if (!name)
		return JS_EXCEPTION;
	return sys_number(ctx, "memfd_create", name, memfd_create(name, MFD_CLOEXEC));
}

/*
 * One read(2) into js_malloc()ed memory. NULL if it threw.
 *
 * Callers keep the results: without shrinking them, a program that writes single dots would cost 64
 * KiB for each.
 */
static uint8_t *read_once(JSContext *ctx, JSValueConst *argv, size_t *length)
{
	int32_t fd, max;
	uint8_t *data, *smaller;
	ssize_t got;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt32(ctx, &max, argv[1]))
		return NULL;
	if (max <= 0) {
		sys_throw(ctx, "read", EINVAL, NULL);
		return NULL;
	}
	data = js_malloc(ctx, max);
	if (!data)
		return NULL;
	got = read(fd, data, max);
	if (got < 0) {
		int error = errno;
		js_free(ctx, data);
		sys_throw(ctx, "read", error, NULL);
		return NULL;
	}
	*length = got;
	if (got == max)
		return data;
	smaller = js_realloc(ctx, data, got > 0 ? got : 1);
	if (!smaller)
		js_free(ctx, data);
	return smaller;
}

static JSValue sys_read(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	size_t length;
	uint8_t *data = read_once(ctx, argv, &length);

	return data ? sys_new_array(ctx, data, length) : JS_EXCEPTION;
}

static JSValue sys_readText(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	size_t length;
	uint8_t *data = read_once(ctx, argv, &length);

	return data ? sys_new_string(ctx, data, length) : JS_EXCEPTION;
}

static JSValue sys_write(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd;
	size_t length;
	char *data;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	data = sys_take_bytes(ctx, "write", argv[1], &length);
	if (!data)
		return JS_EXCEPTION;
	length = write(fd, data, length);
	/* sys_number() frees it. It is not a path and must not be in the message. */
	if ((ssize_t)length < 0) {
		int error = errno;
		js_free(ctx, data);
		return sys_throw(ctx, "write", error, NULL);
	}
	js_free(ctx, data);
	return JS_NewInt64(ctx, length);
}

static JSValue sys_dup2(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t from, to;

	if (JS_ToInt32(ctx, &from, argv[0]) || JS_ToInt32(ctx, &to, argv[1]))
		return JS_EXCEPTION;
	return sys_done(ctx, "dup2", NULL, dup2(from, to));
}

static JSValue sys_flock(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd, operation;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt32(ctx, &operation, argv[1]))
		return JS_EXCEPTION;
	return sys_done(ctx, "flock", NULL, flock(fd, operation));
}

static JSValue sys_sync(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	sync();
	return JS_UNDEFINED;
}

SYS_TABLE(sys_file_exports, JS_CFUNC_DEF("open", 3, sys_open), JS_CFUNC_DEF("close", 1, sys_close),
          JS_CFUNC_DEF("memfdCreate", 1, sys_memfdCreate), JS_CFUNC_DEF("read", 2, sys_read),
          JS_CFUNC_DEF("readText", 2, sys_readText), JS_CFUNC_DEF("write", 2, sys_write),
          JS_CFUNC_DEF("dup2", 2, sys_dup2), JS_CFUNC_DEF("flock", 2, sys_flock),
          JS_CFUNC_DEF("fsync", 1, sys_fsync), JS_CFUNC_DEF("syncfs", 1, sys_syncfs),
          JS_CFUNC_DEF("syncFileRange", 1, sys_syncFileRange), JS_CFUNC_DEF("sync", 0, sys_sync), );
