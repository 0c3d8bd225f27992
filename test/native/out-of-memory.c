#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <malloc.h>

#include "sys.h"

/*
 * Calls wrappers of native/ without memory: in each run a later allocation fails first, until all
 * succeed. Whatever fails, the wrapper must throw or return a complete result, and leave no
 * descriptor open.
 */

static long left = -1;
static bool again;

static bool is_spent(void)
{
	if (left < 0)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	/* Either only this allocation fails, or all from now on. */
	if (again)
		left = -1;
	return true;
}

static void *allocate(JSMallocState *state, size_t size)
{
	return is_spent() ? NULL : malloc(size);
}

static void release(JSMallocState *state, void *object)
{
	free(object);
}

static void *resize(JSMallocState *state, void *object, size_t size)
{
	return size > 0 && is_spent() ? NULL : realloc(object, size);
}

static size_t measure(const void *object)
{
	return malloc_usable_size((void *)object);
}

static const JSMallocFunctions functions = {allocate, release, resize, measure};

/* Functions that native/runtime.c provides in a real program. */
void runtime_become_child(void)
{
}

uint8_t *__wrap_lre_compile(int *length, char *message, int size, const char *pattern,
                            size_t pattern_length, int flags, void *opaque)
{
	abort();
}

extern const JSCFunctionListEntry sys_process_exports[], sys_stat_exports[], sys_path_exports[],
	sys_file_exports[], sys_content_exports[];
extern const int sys_process_exports_count, sys_stat_exports_count, sys_path_exports_count,
	sys_file_exports_count, sys_content_exports_count;

static JSCFunction *find_in(const JSCFunctionListEntry *entries, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(entries[i].name, name))
			return entries[i].u.func.cfunc.generic;
	}
	return NULL;
}

static JSCFunction *find(const char *name)
{
	JSCFunction *found = find_in(sys_process_exports, sys_process_exports_count, name);

	if (!found)
		found = find_in(sys_stat_exports, sys_stat_exports_count, name);
	if (!found)
		found = find_in(sys_path_exports, sys_path_exports_count, name);
	if (!found)
		found = find_in(sys_file_exports, sys_file_exports_count, name);
	if (!found)
		found = find_in(sys_content_exports, sys_content_exports_count, name);
	assert(found);
	return found;
}

static const char *current;

static void fail(const char *words)
{
	printf("%s: %s\n", current, words);
	exit(1);
}

/*
 * Every own property has a value: a JS_EXCEPTION stored as a property would not throw when it is
 * read.
 */
static void check_whole(JSContext *ctx, JSValueConst value)
{
	JSPropertyEnum *names;
	uint32_t count;

	if (!JS_IsObject(value))
		return;
	assert(JS_GetOwnPropertyNames(ctx, &names, &count, value, JS_GPN_STRING_MASK) == 0);
	for (uint32_t i = 0; i < count; i++) {
		JSValue member = JS_GetProperty(ctx, value, names[i].atom);
		if (JS_IsException(member))
			fail("a property has no value");
		JS_FreeValue(ctx, member);
		JS_FreeAtom(ctx, names[i].atom);
	}
	js_free(ctx, names);
}

static int count_open(bool close_them)
{
	int count = 0;

	for (int fd = 3; fd < 256; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		count++;
		if (close_them)
			close(fd);
	}
	return count;
}

/* Starts a child that exits, for waitpid. */
static void start_child(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
}

/* True if an allocation failed. */
static bool call_once(JSContext *ctx, JSCFunction *function, JSValue *arguments, long spared)
{
	JSValue result;
	bool was_spent;

	if (!strcmp(current, "waitpid"))
		start_child();
	left = spared;
	result = function(ctx, JS_UNDEFINED, 5, arguments);
	was_spent = again ? left < 0 : left == 0;
	left = -1;
	if (JS_IsException(result)) {
		if (count_open(false) > 0)
			fail("a descriptor is left open");
		result = JS_GetException(ctx);
	} else if (JS_HasException(ctx)) {
		fail("it threw, and returned a value");
	}
	check_whole(ctx, result);
	JS_FreeValue(ctx, result);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	count_open(true);
	return was_spent;
}

static void call_until_good(JSContext *ctx, const char *name, JSValue *arguments)
{
	current = name;
	for (int mode = 0; mode < 2; mode++) {
		again = mode == 1;
		for (long spared = 0; call_once(ctx, find(name), arguments, spared); spared++) {
			if (spared > 10000)
				fail("no end of allocations");
		}
	}
}

int main(void)
{
	JSRuntime *rt = JS_NewRuntime2(&functions, NULL);
	JSContext *ctx = JS_NewContext(rt);
	/* ASCII only: for other strings, JS_ToCStringLen2() of QuickJS itself leaks a reference. */
	JSValue path = JS_NewString(ctx, "/proc/self"), none = JS_NewString(ctx, "/none");
	JSValue file = JS_NewString(ctx, "/proc/self/status"), name = JS_NewString(ctx, "user.x");
	JSValue fds = JS_NewArray(ctx), fd = JS_NewObject(ctx);
	JSValue zero = JS_NewInt32(ctx, open("/dev/zero", O_RDONLY));

	count_open(true);
	JS_SetPropertyStr(ctx, fd, "fd", JS_NewInt32(ctx, 0));
	JS_SetPropertyStr(ctx, fd, "events", JS_NewInt32(ctx, 0));
	JS_SetPropertyUint32(ctx, fds, 0, fd);
#define CALL(name, ...)                                                                            \
	call_until_good(ctx, name,                                                                 \
	                (JSValue[5]){__VA_ARGS__, JS_UNDEFINED, JS_UNDEFINED, JS_UNDEFINED})
	CALL("pipe", JS_UNDEFINED, JS_UNDEFINED);
	CALL("uname", JS_UNDEFINED, JS_UNDEFINED);
	CALL("poll", fds, JS_NewInt32(ctx, 0));
	CALL("waitpid", JS_NewInt32(ctx, -1), JS_NewInt32(ctx, WNOHANG));
	CALL("stat", path, JS_UNDEFINED);
	CALL("stat", none, JS_UNDEFINED);
	CALL("statfs", path, JS_UNDEFINED);
	CALL("readdir", path, JS_UNDEFINED);
	CALL("readdir", none, JS_UNDEFINED);
	CALL("readlink", path, JS_UNDEFINED);
	CALL("getxattr", path, name);
	CALL("rename", none, none);
	CALL("open", file, JS_NewInt32(ctx, O_RDONLY));
	CALL("open", none, JS_NewInt32(ctx, O_RDONLY));
	CALL("memfdCreate", name, JS_UNDEFINED);
	CALL("read", zero, JS_NewInt32(ctx, 8));
	CALL("readText", zero, JS_NewInt32(ctx, 8));
	CALL("readFile", file, JS_UNDEFINED);
	CALL("readFileBytes", file, JS_UNDEFINED);
	CALL("readPage", file, JS_UNDEFINED);
	JS_FreeValue(ctx, path);
	JS_FreeValue(ctx, none);
	JS_FreeValue(ctx, file);
	JS_FreeValue(ctx, name);
	JS_FreeValue(ctx, fds);
	JS_FreeContext(ctx);
	JS_FreeRuntime(rt);
	puts("good");
	return 0;
}
