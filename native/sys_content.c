#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

/* Whole contents of files. */

enum { READ_DEFAULT_MAX = 64 << 20, READ_FIRST = 4096 };

/*
 * The initial allocation: for a regular file one byte more than its size, so that
 * EOF is seen without reallocation; files in /proc and /sys have no size.
 */
static size_t find_first_size(int fd, size_t max, int *error)
{
	struct stat status;

	*error = 0;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size < READ_FIRST)
		return READ_FIRST;
	if ((uint64_t)status.st_size > max)
		*error = EFBIG;
	return status.st_size + 1;
}

/*
 * Reads to the end of file. Returns the js_malloc()ed contents, or NULL with the
 * errno in *error; that is 0 if QuickJS itself threw.
 */
static uint8_t *read_all(JSContext *ctx, int fd, size_t max, size_t *length, int *error)
{
	size_t size = find_first_size(fd, max, error);
	uint8_t *data = *error ? NULL : js_malloc(ctx, size);

	*length = 0;
	while (data) {
		ssize_t got = read(fd, data + *length, size - *length);
		uint8_t *larger;

		if (got == 0)
			return data;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			*error = errno;
		else if ((*length += got) > max)
			*error = EFBIG;
		if (*error)
			break;
		if (*length < size)
			continue;
		size *= 2;
		larger = js_realloc(ctx, data, size);
		if (!larger)
			break;
		data = larger;
	}
	js_free(ctx, data);
	return NULL;
}

/*
 * musl's open(3) calls fcntl(2) for O_CLOEXEC, for Linux before 2.6.23. If the path is a FIFO,
 * opening it must not block the caller.
 */
static int open_for_reading(const char *path)
{
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Opens, reads all, closes. NULL if it threw. */
static uint8_t *read_file(JSContext *ctx, JSValueConst *argv, size_t *length)
{
	int64_t max = READ_DEFAULT_MAX;
	char *path;
	int fd, error = 0;
	uint8_t *data = NULL;

	if (!JS_IsUndefined(argv[1]) && JS_ToInt64(ctx, &max, argv[1]))
		return NULL;
	path = sys_take_path(ctx, "open", argv[0]);
	if (!path)
		return NULL;
	fd = open_for_reading(path);
	if (fd < 0) {
		sys_throw(ctx, "open", errno, path);
	} else {
		data = read_all(ctx, fd, max, length, &error);
		close(fd);
		if (error)
			sys_throw(ctx, "read", error, path);
	}
	js_free(ctx, path);
	return data;
}

static JSValue sys_readFile(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	size_t length;
	uint8_t *data = read_file(ctx, argv, &length);

	return data ? sys_new_string(ctx, data, length) : JS_EXCEPTION;
}

static JSValue sys_readPage(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char data[READ_FIRST];
	char *path = sys_take_path(ctx, "open", argv[0]);
	JSValue text;
	int fd;

	if (!path)
		return JS_EXCEPTION;
	fd = open_for_reading(path);
	if (fd < 0) {
		text = sys_throw(ctx, "open", errno, path);
	} else {
		ssize_t length = read(fd, data, sizeof(data));
		text = length < 0 ? sys_throw(ctx, "read", errno, path)
		                  : sys_new_bytes(ctx, data, length);
		close(fd);
	}
	js_free(ctx, path);
	return text;
}

static JSValue sys_readFileBytes(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	size_t length;
	uint8_t *data = read_file(ctx, argv, &length);

	return data ? sys_new_array(ctx, data, length) : JS_EXCEPTION;
}

/* The errno of the write that failed, or 0. */
static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t went = write(fd, data, length);
		if (went < 0 && errno == EINTR)
			continue;
		if (went < 0)
			return errno;
		/* POSIX does not define what this means. Retrying could loop for ever. */
		if (went == 0)
			return EIO;
		data += went;
		length -= went;
	}
	return 0;
}

static JSValue sys_writeAll(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd;
	size_t length;
	char *data;
	int error;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	data = sys_take_bytes(ctx, "write", argv[1], &length);
	if (!data)
		return JS_EXCEPTION;
	error = write_all(fd, data, length);
	js_free(ctx, data);
	return error ? sys_throw(ctx, "write", error, NULL) : JS_UNDEFINED;
}

static JSValue sys_writeFile(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t flags = O_WRONLY | O_CREAT | O_TRUNC, mode = 0666;
	size_t length;
	char *path, *data = NULL;
	const char *call = "open";
	int fd, error = 0;
	JSValue result = JS_EXCEPTION;

	if (!JS_IsUndefined(argv[2]) && JS_ToInt32(ctx, &flags, argv[2]))
		return JS_EXCEPTION;
	if (!JS_IsUndefined(argv[3]) && JS_ToInt32(ctx, &mode, argv[3]))
		return JS_EXCEPTION;
	path = sys_take_path(ctx, call, argv[0]);
	if (path)
		data = sys_take_bytes(ctx, "write", argv[1], &length);
	if (!data)
		goto out;

	fd = open(path, flags | O_CLOEXEC, mode);
	if (fd < 0) {
		error = errno;
	} else {
		call = "write";
		error = write_all(fd, data, length);
		/* NFS and exceeded quotas report a failed write only here. */
		if (close(fd) < 0 && !error) {
			error = errno;
			call = "close";
		}
	}
	result = error ? sys_throw(ctx, call, error, path) : JS_UNDEFINED;
out:
	js_free(ctx, data);
	js_free(ctx, path);
	return result;
}

SYS_TABLE(sys_content_exports, JS_CFUNC_DEF("writeAll", 2, sys_writeAll),
          JS_CFUNC_DEF("readFile", 2, sys_readFile), JS_CFUNC_DEF("readPage", 1, sys_readPage),
          JS_CFUNC_DEF("readFileBytes", 2, sys_readFileBytes),
          JS_CFUNC_DEF("writeFile", 4, sys_writeFile), );
