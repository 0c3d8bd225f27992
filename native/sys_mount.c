#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

#include "sys.h"

/* linux/fcntl.h, which clashes with fcntl.h. */
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/*
 * Mounts, old and new interface, all as bare system calls: musl 1.2.3 wraps
 * none of the new ones, and its sys/mount.h clashes with linux/mount.h.
 */

static JSValue sys_mount(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int64_t flags;
	char *source = NULL, *target = NULL, *type = NULL, *data = NULL;
	JSValue result = JS_EXCEPTION;

	if (!JS_ToInt64(ctx, &flags, argv[3]) && (source = sys_take_path(ctx, "mount", argv[0])) &&
	    (target = sys_take_path(ctx, "mount", argv[1])) &&
	    (type = sys_take_path(ctx, "mount", argv[2])) &&
	    (data = sys_take_path(ctx, "mount", argv[4]))) {
		int error = syscall(SYS_mount, source, target, type, flags, data) < 0 ? errno : 0;
		result = error ? sys_throw(ctx, "mount", error, target) : JS_UNDEFINED;
	}
	js_free(ctx, source);
	js_free(ctx, target);
	js_free(ctx, type);
	js_free(ctx, data);
	return result;
}

static JSValue sys_umount2(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t flags;
	char *target;

	if (JS_ToInt32(ctx, &flags, argv[1]))
		return JS_EXCEPTION;
	target = sys_take_path(ctx, "umount2", argv[0]);
	return target ? sys_done(ctx, "umount2", target, syscall(SYS_umount2, target, flags))
	              : JS_EXCEPTION;
}

static JSValue sys_pivotRoot(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *root = sys_take_path(ctx, "pivot_root", argv[0]);
	char *old = root ? sys_take_path(ctx, "pivot_root", argv[1]) : NULL;
	JSValue result = JS_EXCEPTION;

	if (old) {
		int error = syscall(SYS_pivot_root, root, old) < 0 ? errno : 0;
		result = error ? sys_throw(ctx, "pivot_root", error, root) : JS_UNDEFINED;
	}
	js_free(ctx, root);
	js_free(ctx, old);
	return result;
}

static JSValue sys_swapoff(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *path = sys_take_path(ctx, "swapoff", argv[0]);

	return path ? sys_done(ctx, "swapoff", path, syscall(SYS_swapoff, path)) : JS_EXCEPTION;
}

static JSValue sys_fsopen(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *type = sys_take_path(ctx, "fsopen", argv[0]);

	if (!type)
		return JS_EXCEPTION;
	return sys_number(ctx, "fsopen", type, syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

static JSValue sys_fspick(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	return sys_number(ctx, "fspick", NULL,
	                  syscall(SYS_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
}

static JSValue sys_fsconfig(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd, command;
	char *key = NULL, *value = NULL;
	JSValue result = JS_EXCEPTION;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt32(ctx, &command, argv[1]))
		return JS_EXCEPTION;
	if (!JS_IsNull(argv[2]) && !(key = sys_take_path(ctx, "fsconfig", argv[2])))
		return JS_EXCEPTION;
	if (JS_IsNull(argv[3]) || (value = sys_take_path(ctx, "fsconfig", argv[3]))) {
		/* The rejected option is what matters: report its key as the path. */
		int error = syscall(SYS_fsconfig, fd, command, key, value, 0) < 0 ? errno : 0;
		result = error ? sys_throw(ctx, "fsconfig", error, key) : JS_UNDEFINED;
	}
	js_free(ctx, key);
	js_free(ctx, value);
	return result;
}

static JSValue sys_fsmount(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd, attributes;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt32(ctx, &attributes, argv[1]))
		return JS_EXCEPTION;
	return sys_number(ctx, "fsmount", NULL,
	                  syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes));
}

static JSValue sys_moveMount(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd, flags;
	char *target;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt32(ctx, &flags, argv[2]))
		return JS_EXCEPTION;
	target = sys_take_path(ctx, "move_mount", argv[1]);
	if (!target)
		return JS_EXCEPTION;
	flags |= MOVE_MOUNT_F_EMPTY_PATH;
	return sys_done(ctx, "move_mount", target,
	                syscall(SYS_move_mount, fd, "", AT_FDCWD, target, flags));
}

static JSValue sys_openTree(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *path = sys_take_path(ctx, "open_tree", argv[0]);
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;

	if (!path)
		return JS_EXCEPTION;
	return sys_number(ctx, "open_tree", path, syscall(SYS_open_tree, AT_FDCWD, path, flags));
}

SYS_TABLE(sys_mount_exports, JS_CFUNC_DEF("mount", 5, sys_mount),
          JS_CFUNC_DEF("umount2", 2, sys_umount2), JS_CFUNC_DEF("pivotRoot", 2, sys_pivotRoot),
          JS_CFUNC_DEF("swapoff", 1, sys_swapoff), JS_CFUNC_DEF("fsopen", 1, sys_fsopen),
          JS_CFUNC_DEF("fspick", 1, sys_fspick), JS_CFUNC_DEF("fsconfig", 4, sys_fsconfig),
          JS_CFUNC_DEF("fsmount", 2, sys_fsmount), JS_CFUNC_DEF("moveMount", 3, sys_moveMount),
          JS_CFUNC_DEF("openTree", 1, sys_openTree), );
