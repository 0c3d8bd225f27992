#include <errno.h>
#include <signal.h>

#include "last_resort.h"
#include "sys.h"

/* Signals: sending, masking, dispositions. */

static JSValue sys_kill(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t pid, signal;

	if (JS_ToInt32(ctx, &pid, argv[0]) || JS_ToInt32(ctx, &signal, argv[1]))
		return JS_EXCEPTION;
	return sys_done(ctx, "kill", NULL, kill(pid, signal));
}

static JSValue sys_sigprocmask(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t how, signal;
	int64_t count;
	sigset_t set;

	if (JS_ToInt32(ctx, &how, argv[0]) || (count = sys_array_length(ctx, argv[1])) < 0)
		return JS_EXCEPTION;
	sigemptyset(&set);
	for (int64_t i = 0; i < count; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, argv[1], i);
		int failed = JS_IsException(item) || JS_ToInt32(ctx, &signal, item);

		JS_FreeValue(ctx, item);
		if (failed)
			return JS_EXCEPTION;
		/* The signals of the last resort stay unblocked in PID 1. */
		if (how != SIG_UNBLOCK && last_resort_owns(signal))
			continue;
		/* musl reserves 32 to 34 and rejects them; script never means those. */
		sigaddset(&set, signal);
	}
	return sys_done(ctx, "sigprocmask", NULL, sigprocmask(how, &set, NULL));
}

static JSValue sys_sigdisposition(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t signal, disposition;
	struct sigaction action = {0};

	if (JS_ToInt32(ctx, &signal, argv[0]) || JS_ToInt32(ctx, &disposition, argv[1]))
		return JS_EXCEPTION;
	if (last_resort_owns(signal))
		return sys_throw(ctx, "sigaction", EINVAL, NULL);
	action.sa_handler = disposition == (intptr_t)SIG_IGN ? SIG_IGN : SIG_DFL;
	return sys_done(ctx, "sigaction", NULL, sigaction(signal, &action, NULL));
}

SYS_TABLE(sys_signal_exports, JS_CFUNC_DEF("kill", 2, sys_kill),
          JS_CFUNC_DEF("sigprocmask", 2, sys_sigprocmask),
          JS_CFUNC_DEF("sigdisposition", 2, sys_sigdisposition), );
