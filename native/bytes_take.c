#include <errno.h>
#include <string.h>

#include "sys.h"

/*
 * From script to C. QuickJS returns UTF-8, where U+0080 to U+00FF are two bytes
 * (0xC2 or 0xC3, then a continuation byte), and one byte here. Other characters
 * are a SysError, made by error.c.
 */

/* Narrows UTF-8 in place. The new length, or -1 for a character above U+00FF. */
static int64_t narrow(uint8_t *data, size_t length)
{
	size_t out = 0;

	for (size_t in = 0; in < length; in++) {
		uint8_t byte = data[in];
		if (byte >= 0x80) {
			if ((byte != 0xC2 && byte != 0xC3) || ++in == length)
				return -1;
			byte = (uint8_t)(byte << 6) | (data[in] & 0x3F);
		}
		data[out++] = byte;
	}
	return out;
}

static char *copy(JSContext *ctx, const void *data, size_t length)
{
	char *bytes = js_malloc(ctx, length + 1);

	if (bytes) {
		memcpy(bytes, data, length);
		bytes[length] = '\0';
	}
	return bytes;
}

static char *take_string(JSContext *ctx, const char *syscall, JSValueConst value, size_t *length)
{
	size_t size;
	const char *utf8 = JS_ToCStringLen(ctx, &size, value);
	char *bytes;
	int64_t narrowed;

	if (!utf8)
		return NULL;
	bytes = copy(ctx, utf8, size);
	JS_FreeCString(ctx, utf8);
	if (!bytes)
		return NULL;
	narrowed = narrow((uint8_t *)bytes, size);
	if (narrowed < 0) {
		js_free(ctx, bytes);
		sys_throw(ctx, syscall, EINVAL, NULL);
		return NULL;
	}
	bytes[narrowed] = '\0';
	*length = narrowed;
	return bytes;
}

static char *take_array(JSContext *ctx, JSValueConst value, size_t *length)
{
	size_t offset, size;
	JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &offset, length, NULL);
	uint8_t *data;
	char *bytes = NULL;

	if (JS_IsException(buffer))
		return NULL;
	data = JS_GetArrayBuffer(ctx, &size, buffer);
	if (data)
		bytes = copy(ctx, data + offset, *length);
	JS_FreeValue(ctx, buffer);
	return bytes;
}

char *sys_take_bytes(JSContext *ctx, const char *syscall, JSValueConst value, size_t *length)
{
	if (JS_IsObject(value))
		return take_array(ctx, value, length);
	return take_string(ctx, syscall, value, length);
}

char *sys_take_path(JSContext *ctx, const char *syscall, JSValueConst value)
{
	size_t length;
	char *path = take_string(ctx, syscall, value, &length);

	if (path && memchr(path, '\0', length)) {
		sys_throw(ctx, syscall, EINVAL, path);
		js_free(ctx, path);
		return NULL;
	}
	return path;
}

const uint8_t *sys_borrow_bytes(JSContext *ctx, JSValueConst array, size_t *length, JSValue *buffer)
{
	size_t offset, size;
	uint8_t *data;

	*buffer = JS_GetTypedArrayBuffer(ctx, array, &offset, length, NULL);
	if (JS_IsException(*buffer))
		return NULL;
	data = JS_GetArrayBuffer(ctx, &size, *buffer);
	if (!data) {
		JS_FreeValue(ctx, *buffer);
		return NULL;
	}
	return data + offset;
}

int64_t sys_array_length(JSContext *ctx, JSValueConst array)
{
	JSValue value;
	int64_t length;

	/* Any other object could claim any length, which is multiplied below. */
	if (JS_IsArray(ctx, array) <= 0) {
		JS_ThrowTypeError(ctx, "not an array");
		return -1;
	}
	value = JS_GetPropertyStr(ctx, array, "length");
	if (JS_IsException(value) || JS_ToInt64(ctx, &length, value))
		length = -1;
	JS_FreeValue(ctx, value);
	return length;
}

char **sys_take_list(JSContext *ctx, const char *syscall, JSValueConst array)
{
	int64_t length = sys_array_length(ctx, array);
	char **list;

	if (length < 0)
		return NULL;
	list = js_mallocz(ctx, (length + 1) * sizeof(*list));
	if (!list)
		return NULL;
	for (int64_t i = 0; i < length; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, array, i);
		if (!JS_IsException(item))
			list[i] = sys_take_path(ctx, syscall, item);
		JS_FreeValue(ctx, item);
		if (!list[i]) {
			sys_free_list(ctx, list);
			return NULL;
		}
	}
	return list;
}

void sys_free_list(JSContext *ctx, char **list)
{
	for (char **item = list; *item; item++)
		js_free(ctx, *item);
	js_free(ctx, list);
}
