#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "last_resort.h"
#include "runtime.h"
#include "sys.h"

/* This process and its children. */

static JSValue sys_getenv(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *name = sys_take_path(ctx, "getenv", argv[0]);
	const char *value;

	if (!name)
		return JS_EXCEPTION;
	value = getenv(name);
	js_free(ctx, name);
	return value ? sys_new_text(ctx, value) : JS_UNDEFINED;
}

static JSValue sys_exit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t status;

	if (JS_ToInt32(ctx, &status, argv[0]))
		return JS_EXCEPTION;
	_exit(status);
}

static JSValue sys_getpid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return JS_NewInt32(ctx, getpid());
}

static JSValue sys_umask(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t mask;

	if (JS_ToInt32(ctx, &mask, argv[0]))
		return JS_EXCEPTION;
	return JS_NewInt32(ctx, umask(mask));
}

static JSValue sys_uname(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct utsname buffer;
	JSValue object;
	int failed;

	if (uname(&buffer) < 0)
		return sys_throw(ctx, "uname", errno, NULL);
	object = JS_NewObject(ctx);
	if (JS_IsException(object))
		return object;
	failed = sys_set_member(ctx, object, "release", sys_new_text(ctx, buffer.release),
	                        JS_PROP_C_W_E) ||
	         sys_set_member(ctx, object, "machine", sys_new_text(ctx, buffer.machine),
	                        JS_PROP_C_W_E);
	return sys_finish(ctx, object, failed);
}

static JSValue sys_fork(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		last_resort_disown();
		runtime_become_child();
	}
	return sys_number(ctx, "fork", NULL, pid);
}

static JSValue sys_execve(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *path = sys_take_path(ctx, "execve", argv[0]);
	char **arguments = path ? sys_take_list(ctx, "execve", argv[1]) : NULL;
	char **environment = arguments ? sys_take_list(ctx, "execve", argv[2]) : NULL;
	int error;

	if (environment) {
		execve(path, arguments, environment);
		error = errno;
		sys_free_list(ctx, environment);
		sys_throw(ctx, "execve", error, path);
	}
	if (arguments)
		sys_free_list(ctx, arguments);
	js_free(ctx, path);
	return JS_EXCEPTION;
}

static JSValue sys_pipe(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int ends[2];
	JSValue array;
	int failed;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return sys_throw(ctx, "pipe2", errno, NULL);
	array = JS_NewArray(ctx);
	failed = JS_IsException(array) || sys_set_item(ctx, array, 0, JS_NewInt32(ctx, ends[0])) ||
	         sys_set_item(ctx, array, 1, JS_NewInt32(ctx, ends[1]));
	if (failed) {
		close(ends[0]);
		close(ends[1]);
	}
	return sys_finish(ctx, array, failed);
}

static int take_member(JSContext *ctx, JSValueConst object, const char *name, int32_t *number)
{
	JSValue value = JS_GetPropertyStr(ctx, object, name);
	int failed = JS_IsException(value) || JS_ToInt32(ctx, number, value);

	JS_FreeValue(ctx, value);
	return failed ? -1 : 0;
}

/* A js_malloc()ed array for poll(2); NULL if it threw. */
static struct pollfd *take_pollfds(JSContext *ctx, JSValueConst array, int64_t *count)
{
	struct pollfd *fds;

	*count = sys_array_length(ctx, array);
	if (*count < 0)
		return NULL;
	fds = js_mallocz(ctx, (*count + 1) * sizeof(*fds));
	for (int64_t i = 0; fds && i < *count; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, array, i);
		int32_t fd = -1, events = 0;
		int failed = take_member(ctx, item, "fd", &fd) ||
		             take_member(ctx, item, "events", &events);

		JS_FreeValue(ctx, item);
		if (failed) {
			js_free(ctx, fds);
			return NULL;
		}
		fds[i].fd = fd;
		fds[i].events = events;
	}
	return fds;
}

/*
 * Rounded up: a wait of 0.4 ms must not become a busy loop. Negative and NaN mean no wait, since
 * the time until a deadline is negative once that is over; for poll(2), it would be a wait without
 * end.
 */
static int poll_timeout(double milliseconds)
{
	if (!(milliseconds > 0))
		return 0;
	return milliseconds < INT_MAX ? (int)(milliseconds + 0.999) : INT_MAX;
}

static JSValue sys_poll(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int64_t count;
	double timeout;
	struct pollfd *fds;
	JSValue array;
	int failed;

	if (JS_ToFloat64(ctx, &timeout, argv[1]))
		return JS_EXCEPTION;
	fds = take_pollfds(ctx, argv[0], &count);
	if (!fds)
		return JS_EXCEPTION;
	if (poll(fds, count, poll_timeout(timeout)) < 0 && errno != EINTR) {
		int error = errno;
		js_free(ctx, fds);
		return sys_throw(ctx, "poll", error, NULL);
	}
	array = JS_NewArray(ctx);
	failed = JS_IsException(array);
	for (int64_t i = 0; i < count && !failed; i++)
		failed = sys_set_item(ctx, array, i, JS_NewInt32(ctx, fds[i].revents));
	js_free(ctx, fds);
	return sys_finish(ctx, array, failed);
}

static JSValue sys_waitpid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t pid, flags;
	int status, failed;
	JSValue object;

	if (JS_ToInt32(ctx, &pid, argv[0]) || JS_ToInt32(ctx, &flags, argv[1]))
		return JS_EXCEPTION;
	pid = waitpid(pid, &status, flags);
	if (pid == 0 || (pid < 0 && errno == ECHILD))
		return JS_UNDEFINED;
	if (pid < 0)
		return sys_throw(ctx, "waitpid", errno, NULL);
	object = JS_NewObject(ctx);
	if (JS_IsException(object))
		return object;
	failed = sys_set_member(ctx, object, "pid", JS_NewInt32(ctx, pid), JS_PROP_C_W_E) ||
	         sys_set_member(ctx, object, "status", JS_NewInt32(ctx, status), JS_PROP_C_W_E);
	return sys_finish(ctx, object, failed);
}

static JSValue sys_setsid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return sys_done(ctx, "setsid", NULL, setsid() < 0 ? -1 : 0);
}

static JSValue sys_unshare(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t flags;

	if (JS_ToInt32(ctx, &flags, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "unshare", NULL, unshare(flags));
}

static JSValue sys_setns(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd, type;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToInt32(ctx, &type, argv[1]))
		return JS_EXCEPTION;
	return sys_done(ctx, "setns", NULL, setns(fd, type));
}

static JSValue sys_prctl(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int64_t option, arguments[4];

	if (JS_ToInt64(ctx, &option, argv[0]))
		return JS_EXCEPTION;
	for (int i = 0; i < 4; i++) {
		if (JS_ToInt64(ctx, &arguments[i], argv[i + 1]))
			return JS_EXCEPTION;
	}
	return sys_number(ctx, "prctl", NULL,
	                  prctl(option, arguments[0], arguments[1], arguments[2], arguments[3]));
}

SYS_TABLE(sys_process_exports, JS_CFUNC_DEF("getenv", 1, sys_getenv),
          JS_CFUNC_DEF("exit", 1, sys_exit), JS_CFUNC_DEF("getpid", 0, sys_getpid),
          JS_CFUNC_DEF("umask", 1, sys_umask), JS_CFUNC_DEF("uname", 0, sys_uname),
          JS_CFUNC_DEF("fork", 0, sys_fork), JS_CFUNC_DEF("execve", 3, sys_execve),
          JS_CFUNC_DEF("pipe", 0, sys_pipe), JS_CFUNC_DEF("poll", 2, sys_poll),
          JS_CFUNC_DEF("waitpid", 2, sys_waitpid), JS_CFUNC_DEF("setsid", 0, sys_setsid),
          JS_CFUNC_DEF("unshare", 1, sys_unshare), JS_CFUNC_DEF("setns", 2, sys_setns),
          JS_CFUNC_DEF("prctl", 5, sys_prctl), );
