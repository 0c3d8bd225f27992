#ifndef EXITRD_SYS_H
#define EXITRD_SYS_H

#include <stddef.h>
#include <stdint.h>

#include <quickjs.h>

/*
 * Shared by the wrappers in sys_*.c. Each wrapper converts its arguments, makes one system call,
 * and converts the result; each file ends in one table of exports, and sys_module.c lists the
 * tables.
 */

/* ---- byte strings (bytes_take.c, bytes_new.c): one JS character is one byte ---- */

/*
 * A copy of the bytes of a string or a typed array, followed by a NUL that is
 * not included in *length. Throws EINVAL for a character above U+00FF. NULL if it
 * threw; to be freed by js_free().
 */
char *sys_take_bytes(JSContext *ctx, const char *syscall, JSValueConst value, size_t *length);

/* The same for a path or a name: a NUL inside throws EINVAL as well. */
char *sys_take_path(JSContext *ctx, const char *syscall, JSValueConst value);

/*
 * The bytes of a Uint8Array, without a copy; they belong to *buffer, which must
 * be freed after use. NULL if it threw.
 */
const uint8_t *sys_borrow_bytes(JSContext *ctx, JSValueConst array, size_t *length,
                                JSValue *buffer);

/*
 * NULL-terminated copies of an array of byte strings, in one js_malloc()ed
 * list; sys_free_list() frees both.
 */
char **sys_take_list(JSContext *ctx, const char *syscall, JSValueConst array);
void sys_free_list(JSContext *ctx, char **list);

/* The length of an array; -1 if it threw. */
int64_t sys_array_length(JSContext *ctx, JSValueConst array);

/* Creates a byte string from these bytes. */
JSValue sys_new_bytes(JSContext *ctx, const char *data, size_t length);
JSValue sys_new_text(JSContext *ctx, const char *text);

/* Creates a string from js_malloc()ed memory, which it frees. */
JSValue sys_new_string(JSContext *ctx, uint8_t *data, size_t length);

/* Creates a Uint8Array over js_malloc()ed memory, which it then owns. */
JSValue sys_new_array(JSContext *ctx, uint8_t *data, size_t length);

/* ---- objects and arrays for script (object.c) ---- */

/* Takes ownership of `value`, even on failure. Returns -1 if this, or creating the value, threw. */
int sys_set_member(JSContext *ctx, JSValueConst object, const char *name, JSValue value, int flags);
int sys_set_item(JSContext *ctx, JSValueConst array, uint32_t index, JSValue value);

/* Returns the object; if a part of it failed, frees it and returns JS_EXCEPTION. */
JSValue sys_finish(JSContext *ctx, JSValue made, int failed);

/* ---- results (error.c) ---- */

/* Throws a SysError. `path` may be NULL. Always returns JS_EXCEPTION. */
JSValue sys_throw(JSContext *ctx, const char *syscall, int error, const char *path);

/*
 * Converts the result of a call that sets errno to undefined or a SysError, and frees `path`
 * (js_malloc()ed, or NULL).
 */
JSValue sys_done(JSContext *ctx, const char *syscall, char *path, int result);

/* The same for a call whose result is returned as a number. */
JSValue sys_number(JSContext *ctx, const char *syscall, char *path, int64_t result);

/* ---- export tables ---- */

#define SYS_CONSTANT(name) JS_PROP_INT32_DEF(#name, (int32_t)(name), JS_PROP_ENUMERABLE)
#define SYS_TABLE(name, ...)                                                                       \
	const JSCFunctionListEntry name[] = {__VA_ARGS__};                                         \
	const int name##_count = sizeof(name) / sizeof(name[0])

/* argv for script, set before the module is loaded. */
void sys_set_arguments(int argc, char **argv);

/* Each registers one module. Returns 0, or -1 if it threw. */
int sys_register(JSContext *ctx);
int digest_register(JSContext *ctx);
int codec_register(JSContext *ctx);
int key_register(JSContext *ctx);
int drive_register(JSContext *ctx);
int trace_register(JSContext *ctx);

#endif
