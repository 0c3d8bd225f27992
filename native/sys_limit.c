#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "sys.h"

/* Limits of what this process may use of the machine. */

static JSValue sys_setNice(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t value;

	if (JS_ToInt32(ctx, &value, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "setpriority", NULL, setpriority(PRIO_PROCESS, 0, value));
}

static JSValue sys_getSoftLimit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t resource;
	struct rlimit limit;
	int result;

	if (JS_ToInt32(ctx, &resource, argv[0]))
		return JS_EXCEPTION;
	result = getrlimit(resource, &limit);
	/* RLIM_INFINITY would be negative; script cannot set a limit above this one. */
	if (result == 0 && limit.rlim_cur > INT64_MAX)
		limit.rlim_cur = INT64_MAX;
	return sys_number(ctx, "getrlimit", NULL, result < 0 ? -1 : (int64_t)limit.rlim_cur);
}

static JSValue sys_setSoftLimit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t resource;
	int64_t soft;
	struct rlimit limit;

	if (JS_ToInt32(ctx, &resource, argv[0]) || JS_ToInt64(ctx, &soft, argv[1]))
		return JS_EXCEPTION;
	if (getrlimit(resource, &limit) < 0)
		return sys_throw(ctx, "getrlimit", errno, NULL);
	limit.rlim_cur = (rlim_t)soft < limit.rlim_max ? (rlim_t)soft : limit.rlim_max;
	return sys_number(ctx, "setrlimit", NULL,
	                  setrlimit(resource, &limit) < 0 ? -1 : (int64_t)limit.rlim_cur);
}

static JSValue sys_setAffinity(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t cpu;
	cpu_set_t set;

	if (JS_ToInt32(ctx, &cpu, argv[0]))
		return JS_EXCEPTION;
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return sys_throw(ctx, "sched_setaffinity", EINVAL, NULL);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sys_done(ctx, "sched_setaffinity", NULL, sched_setaffinity(0, sizeof(set), &set));
}

SYS_TABLE(sys_limit_exports, JS_CFUNC_DEF("setNice", 1, sys_setNice),
          JS_CFUNC_DEF("getSoftLimit", 1, sys_getSoftLimit),
          JS_CFUNC_DEF("setSoftLimit", 2, sys_setSoftLimit),
          JS_CFUNC_DEF("setAffinity", 1, sys_setAffinity), );
