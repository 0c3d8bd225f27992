#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sys.h"

struct name {
	int error;
	const char *code;
	const char *words;
};

static const struct name names[] = {
#define ERRNO(code, words) {code, #code, words},
#include "errno_table.h"
#undef ERRNO
};

static const struct name *find_name(int error)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error)
			return &names[i];
	}
	return NULL;
}

static int set(JSContext *ctx, JSValueConst object, const char *name, JSValue value)
{
	return sys_set_member(ctx, object, name, value, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
}

/* "umount2 '/x': Device or resource busy" */
static JSValue make_message(JSContext *ctx, const char *syscall, const char *words,
                            const char *path)
{
	size_t size = strlen(syscall) + strlen(words) + (path ? strlen(path) : 0) + 8;
	char *message = js_malloc(ctx, size);
	JSValue value;

	if (!message)
		return JS_EXCEPTION;
	if (path)
		snprintf(message, size, "%s '%s': %s", syscall, path, words);
	else
		snprintf(message, size, "%s: %s", syscall, words);
	value = sys_new_text(ctx, message);
	js_free(ctx, message);
	return value;
}

JSValue sys_throw(JSContext *ctx, const char *syscall, int error, const char *path)
{
	const struct name *known = find_name(error);
	char number[16], unknown[32];
	const char *words = known ? known->words : unknown;
	JSValue object = JS_NewError(ctx);

	if (JS_IsException(object))
		return object;
	snprintf(number, sizeof(number), "E%d", error);
	snprintf(unknown, sizeof(unknown), "Unknown error %d", error);
	if (set(ctx, object, "name", JS_NewString(ctx, "SysError")) ||
	    set(ctx, object, "message", make_message(ctx, syscall, words, path)) ||
	    set(ctx, object, "syscall", JS_NewString(ctx, syscall)) ||
	    set(ctx, object, "errno", JS_NewInt32(ctx, error)) ||
	    set(ctx, object, "code", JS_NewString(ctx, known ? known->code : number)) ||
	    set(ctx, object, "words", JS_NewString(ctx, words)) ||
	    (path && set(ctx, object, "path", sys_new_text(ctx, path))))
		return sys_finish(ctx, object, -1);
	return JS_Throw(ctx, object);
}

JSValue sys_number(JSContext *ctx, const char *syscall, char *path, int64_t result)
{
	int error = errno;
	JSValue value;

	if (result < 0)
		value = sys_throw(ctx, syscall, error, path);
	else
		value = JS_NewInt64(ctx, result);
	js_free(ctx, path);
	return value;
}

JSValue sys_done(JSContext *ctx, const char *syscall, char *path, int result)
{
	JSValue value = sys_number(ctx, syscall, path, result);

	return JS_IsException(value) ? value : JS_UNDEFINED;
}
