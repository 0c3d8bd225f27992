#include "sys.h"

/*
 * Members of objects and arrays for script. QuickJS would store JS_EXCEPTION like
 * any other value, and a member whose name could not be allocated without a
 * name: script would continue with an incomplete object.
 */

int sys_set_member(JSContext *ctx, JSValueConst object, const char *name, JSValue value, int flags)
{
	JSAtom atom;
	int result;

	if (JS_IsException(value))
		return -1;
	atom = JS_NewAtom(ctx, name);
	if (atom == JS_ATOM_NULL) {
		JS_FreeValue(ctx, value);
		return -1;
	}
	result = JS_DefinePropertyValue(ctx, object, atom, value, flags);
	JS_FreeAtom(ctx, atom);
	return result < 0 ? -1 : 0;
}

int sys_set_item(JSContext *ctx, JSValueConst array, uint32_t index, JSValue value)
{
	if (JS_IsException(value))
		return -1;
	return JS_DefinePropertyValueUint32(ctx, array, index, value, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

JSValue sys_finish(JSContext *ctx, JSValue made, int failed)
{
	if (!failed)
		return made;
	JS_FreeValue(ctx, made);
	return JS_EXCEPTION;
}
