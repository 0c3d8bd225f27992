#include <errno.h>
#include <math.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/reboot.h>

#include "last_resort.h"
#include "sys.h"

/* Clocks, and reboot(2). */

static JSValue read_clock(JSContext *ctx, clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		return sys_throw(ctx, "clock_gettime", errno, NULL);
	return JS_NewFloat64(ctx, now.tv_sec * 1e3 + now.tv_nsec / 1e6);
}

static JSValue sys_monotonic(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return read_clock(ctx, CLOCK_MONOTONIC);
}

static JSValue sys_realtime(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return read_clock(ctx, CLOCK_REALTIME);
}

static JSValue sys_sleep(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	double milliseconds;
	struct timespec wait;

	if (JS_ToFloat64(ctx, &milliseconds, argv[0]))
		return JS_EXCEPTION;
	/* The negation also rejects NaN. */
	if (!(milliseconds > 0))
		return JS_UNDEFINED;
	wait.tv_sec = milliseconds / 1e3;
	wait.tv_nsec = fmod(milliseconds, 1e3) * 1e6;
	if (nanosleep(&wait, NULL) < 0 && errno != EINTR)
		return sys_throw(ctx, "nanosleep", errno, NULL);
	return JS_UNDEFINED;
}

static JSValue sys_reboot(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	uint32_t command;
	char *parameter = NULL;

	if (JS_ToUint32(ctx, &command, argv[0]))
		return JS_EXCEPTION;
	if (!JS_IsUndefined(argv[1]) && !(parameter = sys_take_path(ctx, "reboot", argv[1])))
		return JS_EXCEPTION;
	return sys_done(
		ctx, "reboot", parameter,
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, parameter));
}

static JSValue sys_armLastResort(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	double milliseconds;
	uint32_t command;

	if (JS_ToFloat64(ctx, &milliseconds, argv[0]) || JS_ToUint32(ctx, &command, argv[1]))
		return JS_EXCEPTION;
	return sys_done(ctx, "setitimer", NULL, last_resort_arm(milliseconds, command));
}

SYS_TABLE(sys_clock_exports, JS_CFUNC_DEF("monotonic", 0, sys_monotonic),
          JS_CFUNC_DEF("realtime", 0, sys_realtime), JS_CFUNC_DEF("sleep", 1, sys_sleep),
          JS_CFUNC_DEF("reboot", 2, sys_reboot),
          JS_CFUNC_DEF("armLastResort", 2, sys_armLastResort), );
