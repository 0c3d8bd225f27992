#include <string.h>

#include "sys.h"

/*
 * From C to script: nothing here can fail except for lack of memory. QuickJS
 * expects UTF-8, in which a byte above 0x7F becomes two.
 */

JSValue sys_new_bytes(JSContext *ctx, const char *data, size_t length)
{
	size_t wide = 0, out = 0;
	uint8_t *utf8;
	JSValue string;

	for (size_t i = 0; i < length; i++)
		wide += (uint8_t)data[i] >> 7;
	if (wide == 0)
		return JS_NewStringLen(ctx, data, length);

	utf8 = js_malloc(ctx, length + wide);
	if (!utf8)
		return JS_EXCEPTION;
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = data[i];
		if (byte >= 0x80) {
			utf8[out++] = 0xC0 | (byte >> 6);
			byte = 0x80 | (byte & 0x3F);
		}
		utf8[out++] = byte;
	}
	string = JS_NewStringLen(ctx, (const char *)utf8, out);
	js_free(ctx, utf8);
	return string;
}

JSValue sys_new_text(JSContext *ctx, const char *text)
{
	return sys_new_bytes(ctx, text, strlen(text));
}

JSValue sys_new_string(JSContext *ctx, uint8_t *data, size_t length)
{
	JSValue string = sys_new_bytes(ctx, (const char *)data, length);

	js_free(ctx, data);
	return string;
}

static void free_array(JSRuntime *rt, void *opaque, void *data)
{
	(void)opaque;
	js_free_rt(rt, data);
}

JSValue sys_new_array(JSContext *ctx, uint8_t *data, size_t length)
{
	/* Buffer, offset, length: QuickJS reads all three, regardless of the count. */
	JSValue arguments[3] = {JS_UNDEFINED, JS_UNDEFINED, JS_UNDEFINED};
	JSValue array;

	arguments[0] = JS_NewArrayBuffer(ctx, data, length, free_array, NULL, 0);
	if (JS_IsException(arguments[0])) {
		js_free(ctx, data);
		return JS_EXCEPTION;
	}
	array = JS_NewTypedArray(ctx, 3, arguments, JS_TYPED_ARRAY_UINT8);
	JS_FreeValue(ctx, arguments[0]);
	return array;
}
