#include <errno.h>
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/keyctl.h>

#include "sys.h"

/* Privileges of a process: users, groups, capabilities, keys and descriptors. */

static JSValue sys_clearGroups(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return sys_done(ctx, "setgroups", NULL, setgroups(0, NULL));
}

static JSValue sys_setGid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t gid;

	if (JS_ToInt32(ctx, &gid, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "setresgid", NULL, setresgid(gid, gid, gid));
}

static JSValue sys_setUid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t uid;

	if (JS_ToInt32(ctx, &uid, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "setresuid", NULL, setresuid(uid, uid, uid));
}

static JSValue sys_clearCapabilities(JSContext *ctx, JSValueConst this, int argc,
                                     JSValueConst *argv)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	return sys_done(ctx, "capset", NULL, syscall(SYS_capset, &head, sets));
}

/* The kernel's default for fs.nr_open, the upper limit of descriptors. */
enum { NR_OPEN = 1 << 20 };

/*
 * Linux before 5.9 has no close_range(2), and the seccomp filter of a container
 * may reject it with EPERM. The loop cannot use RLIMIT_NOFILE, which may have
 * been lowered after a higher descriptor was opened.
 */
static JSValue sys_closeFrom(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t first;

	if (JS_ToInt32(ctx, &first, argv[0]))
		return JS_EXCEPTION;
	if (first < 0)
		return sys_throw(ctx, "close_range", EINVAL, NULL);
	if (syscall(SYS_close_range, first, ~0U, 0) < 0) {
		for (int fd = first; fd < NR_OPEN; fd++)
			close(fd);
	}
	return JS_UNDEFINED;
}

static JSValue sys_clearKeyring(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t id;

	if (JS_ToInt32(ctx, &id, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "keyctl", NULL, syscall(SYS_keyctl, KEYCTL_CLEAR, id));
}

SYS_TABLE(sys_privilege_exports, JS_CFUNC_DEF("clearGroups", 0, sys_clearGroups),
          JS_CFUNC_DEF("setGid", 1, sys_setGid), JS_CFUNC_DEF("setUid", 1, sys_setUid),
          JS_CFUNC_DEF("clearCapabilities", 0, sys_clearCapabilities),
          JS_CFUNC_DEF("closeFrom", 1, sys_closeFrom),
          JS_CFUNC_DEF("clearKeyring", 1, sys_clearKeyring), );
