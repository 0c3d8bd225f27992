#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/stat.h>

#include "sys.h"

/* What the kernel reports about one file or file system. */

/*
 * The kernel's own struct and the bare system call: the C library's stat has no
 * mount id.
 */
static int call_statx(const char *path, int flags, struct statx *buffer)
{
	return syscall(SYS_statx, AT_FDCWD, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, buffer);
}

static int set_number(JSContext *ctx, JSValueConst object, const char *name, int64_t value)
{
	return sys_set_member(ctx, object, name, JS_NewInt64(ctx, value), JS_PROP_C_W_E);
}

/* "8:1", as /proc and /sys write it. */
static int set_device(JSContext *ctx, JSValueConst object, const char *name, uint32_t major,
                      uint32_t minor)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", major, minor);
	return sys_set_member(ctx, object, name, JS_NewString(ctx, text), JS_PROP_C_W_E);
}

static JSValue new_stat(JSContext *ctx, const struct statx *from)
{
	uint64_t mount = from->stx_mask & STATX_MNT_ID ? from->stx_mnt_id : 0;
	JSValue object = JS_NewObject(ctx);
	int failed;

	if (JS_IsException(object))
		return object;
	failed = set_number(ctx, object, "mode", from->stx_mode) ||
	         set_device(ctx, object, "dev", from->stx_dev_major, from->stx_dev_minor) ||
	         set_device(ctx, object, "rdev", from->stx_rdev_major, from->stx_rdev_minor) ||
	         set_number(ctx, object, "ino", from->stx_ino) ||
	         set_number(ctx, object, "nlink", from->stx_nlink) ||
	         set_number(ctx, object, "uid", from->stx_uid) ||
	         set_number(ctx, object, "gid", from->stx_gid) ||
	         set_number(ctx, object, "size", from->stx_size) ||
	         set_number(ctx, object, "mtime", from->stx_mtime.tv_sec) ||
	         set_number(ctx, object, "mountId", mount);
	return sys_finish(ctx, object, failed);
}

static JSValue stat_path(JSContext *ctx, JSValueConst name, int flags)
{
	char *path = sys_take_path(ctx, "statx", name);
	struct statx buffer;

	if (!path)
		return JS_EXCEPTION;
	if (call_statx(path, flags, &buffer) < 0)
		return sys_done(ctx, "statx", path, -1);
	js_free(ctx, path);
	return new_stat(ctx, &buffer);
}

/* As cached by the kernel: a server that does not answer (FUSE, NFS) is not asked. */
static JSValue sys_stat(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return stat_path(ctx, argv[0], AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC);
}

static JSValue sys_lstat(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return stat_path(ctx, argv[0], AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
}

static JSValue sys_statfs(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *path = sys_take_path(ctx, "statfs", argv[0]);
	struct statfs buffer;
	JSValue object;
	int failed;

	if (!path)
		return JS_EXCEPTION;
	if (statfs(path, &buffer) < 0)
		return sys_done(ctx, "statfs", path, -1);
	js_free(ctx, path);
	object = JS_NewObject(ctx);
	if (JS_IsException(object))
		return object;
	failed = set_number(ctx, object, "type", (uint32_t)buffer.f_type) ||
	         set_number(ctx, object, "blockSize", buffer.f_bsize) ||
	         set_number(ctx, object, "blocks", buffer.f_blocks) ||
	         set_number(ctx, object, "blocksAvailable", buffer.f_bavail) ||
	         set_number(ctx, object, "files", buffer.f_files) ||
	         set_number(ctx, object, "filesFree", buffer.f_ffree) ||
	         set_number(ctx, object, "flags", buffer.f_flags);
	return sys_finish(ctx, object, failed);
}

SYS_TABLE(sys_stat_exports, JS_CFUNC_DEF("stat", 1, sys_stat), JS_CFUNC_DEF("lstat", 1, sys_lstat),
          JS_CFUNC_DEF("statfs", 1, sys_statfs), );
