#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys.h"

/* Calls that take paths: directories, links, nodes. */

/* A call that takes a path and returns nothing. */
#define WRAP_PATH_CALL(name)                                                                       \
	static JSValue sys_##name(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv) \
	{                                                                                          \
		char *path = sys_take_path(ctx, #name, argv[0]);                                   \
                                                                                                   \
		return path ? sys_done(ctx, #name, path, name(path)) : JS_EXCEPTION;               \
	}

WRAP_PATH_CALL(rmdir)
WRAP_PATH_CALL(unlink)
WRAP_PATH_CALL(chdir)
WRAP_PATH_CALL(chroot)

/* A call that takes a path and a mode. */
#define WRAP_MODE_CALL(name)                                                                       \
	static JSValue sys_##name(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv) \
	{                                                                                          \
		int32_t mode;                                                                      \
		char *path;                                                                        \
                                                                                                   \
		if (JS_ToInt32(ctx, &mode, argv[1]))                                               \
			return JS_EXCEPTION;                                                       \
		path = sys_take_path(ctx, #name, argv[0]);                                         \
		return path ? sys_done(ctx, #name, path, name(path, mode)) : JS_EXCEPTION;         \
	}

WRAP_MODE_CALL(access)
WRAP_MODE_CALL(mkdir)
WRAP_MODE_CALL(chmod)

/* A call with two paths; the error names the second, which would be created. */
static JSValue call_on_two(JSContext *ctx, const char *syscall, JSValueConst *argv,
                           int (*call)(const char *, const char *))
{
	char *first = sys_take_path(ctx, syscall, argv[0]);
	char *second;
	int result, error;

	if (!first)
		return JS_EXCEPTION;
	second = sys_take_path(ctx, syscall, argv[1]);
	if (!second) {
		js_free(ctx, first);
		return JS_EXCEPTION;
	}
	result = call(first, second);
	error = errno;
	js_free(ctx, first);
	errno = error;
	return sys_done(ctx, syscall, second, result);
}

static JSValue sys_rename(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return call_on_two(ctx, "rename", argv, rename);
}

static JSValue sys_symlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return call_on_two(ctx, "symlink", argv, symlink);
}

static JSValue sys_mknod(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t mode;
	uint32_t major, minor;
	char *path;

	if (JS_ToInt32(ctx, &mode, argv[1]) || JS_ToUint32(ctx, &major, argv[2]) ||
	    JS_ToUint32(ctx, &minor, argv[3]))
		return JS_EXCEPTION;
	path = sys_take_path(ctx, "mknod", argv[0]);
	if (!path)
		return JS_EXCEPTION;
	return sys_done(ctx, "mknod", path, mknod(path, mode, makedev(major, minor)));
}

static JSValue sys_readlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *path = sys_take_path(ctx, "readlink", argv[0]);
	/* PATH_MAX, the kernel's limit for a target. */
	char target[4096];
	ssize_t length;
	JSValue result;

	if (!path)
		return JS_EXCEPTION;
	length = readlink(path, target, sizeof(target));
	if (length < 0)
		return sys_done(ctx, "readlink", path, -1);
	result = sys_new_bytes(ctx, target, length);
	js_free(ctx, path);
	return result;
}

static JSValue sys_getxattr(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	/* XATTR_SIZE_MAX. */
	enum { MAX = 65536 };
	char *path = sys_take_path(ctx, "getxattr", argv[0]);
	char *name = path ? sys_take_path(ctx, "getxattr", argv[1]) : NULL;
	char *value = name ? js_malloc(ctx, MAX) : NULL;
	JSValue result = JS_EXCEPTION;

	if (value) {
		ssize_t length = getxattr(path, name, value, MAX);
		if (length < 0)
			result = sys_throw(ctx, "getxattr", errno, path);
		else
			result = sys_new_bytes(ctx, value, length);
	}
	js_free(ctx, value);
	js_free(ctx, name);
	js_free(ctx, path);
	return result;
}

/* Appends a stream's names to an array. 0, an errno, or -1 if it threw. */
static int read_names(JSContext *ctx, DIR *stream, JSValueConst names)
{
	uint32_t count = 0;
	struct dirent *entry;

	while ((errno = 0, entry = readdir(stream))) {
		const char *name = entry->d_name;
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (sys_set_item(ctx, names, count++, sys_new_text(ctx, name)))
			return -1;
	}
	return errno;
}

static JSValue sys_readdir(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *path = sys_take_path(ctx, "open", argv[0]);
	DIR *stream;
	JSValue names;
	int error;

	if (!path)
		return JS_EXCEPTION;
	stream = opendir(path);
	if (!stream) {
		error = errno;
		names = sys_throw(ctx, "open", error, path);
		js_free(ctx, path);
		return names;
	}
	names = JS_NewArray(ctx);
	error = JS_IsException(names) ? -1 : read_names(ctx, stream, names);
	closedir(stream);
	if (error) {
		JS_FreeValue(ctx, names);
		names = error > 0 ? sys_throw(ctx, "getdents64", error, path) : JS_EXCEPTION;
	}
	js_free(ctx, path);
	return names;
}

SYS_TABLE(sys_path_exports, JS_CFUNC_DEF("readdir", 1, sys_readdir),
          JS_CFUNC_DEF("readlink", 1, sys_readlink), JS_CFUNC_DEF("getxattr", 2, sys_getxattr),
          JS_CFUNC_DEF("access", 2, sys_access), JS_CFUNC_DEF("mkdir", 2, sys_mkdir),
          JS_CFUNC_DEF("rmdir", 1, sys_rmdir), JS_CFUNC_DEF("unlink", 1, sys_unlink),
          JS_CFUNC_DEF("rename", 2, sys_rename), JS_CFUNC_DEF("symlink", 2, sys_symlink),
          JS_CFUNC_DEF("chmod", 2, sys_chmod), JS_CFUNC_DEF("mknod", 4, sys_mknod),
          JS_CFUNC_DEF("chdir", 1, sys_chdir), JS_CFUNC_DEF("chroot", 1, sys_chroot), );
