#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "sys.h"

/* exitrd:key: the kernel's key retention service, which verifies signatures. */

static JSValue key_addKey(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *type = sys_take_path(ctx, "add_key", argv[0]);
	char *description = NULL, *payload = NULL;
	size_t length = 0;
	int32_t keyring;
	JSValue result = JS_EXCEPTION;

	if (type)
		description = sys_take_path(ctx, "add_key", argv[1]);
	if (description)
		payload = sys_take_bytes(ctx, "add_key", argv[2], &length);
	if (payload && !JS_ToInt32(ctx, &keyring, argv[3]))
		/* A keyring takes a NULL payload; a pointer to an empty one is EINVAL. */
		result = sys_number(ctx, "add_key", NULL,
		                    syscall(SYS_add_key, type, description, length ? payload : NULL,
		                            length, keyring));
	js_free(ctx, payload);
	js_free(ctx, description);
	js_free(ctx, type);
	return result;
}

static JSValue key_restrictKeyring(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	char *type, *restriction = NULL;
	int32_t keyring;
	JSValue result = JS_EXCEPTION;

	if (JS_ToInt32(ctx, &keyring, argv[0]))
		return JS_EXCEPTION;
	type = sys_take_path(ctx, "keyctl", argv[1]);
	if (type)
		restriction = sys_take_path(ctx, "keyctl", argv[2]);
	if (restriction)
		result = sys_done(
			ctx, "keyctl", NULL,
			syscall(SYS_keyctl, KEYCTL_RESTRICT_KEYRING, keyring, type, restriction));
	js_free(ctx, restriction);
	js_free(ctx, type);
	return result;
}

static JSValue key_pkeyVerify(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct keyctl_pkey_params params = {0};
	char *info, *digest = NULL, *signature = NULL;
	size_t digest_length = 0, signature_length = 0;
	JSValue result = JS_EXCEPTION;

	if (JS_ToInt32(ctx, &params.key_id, argv[0]))
		return JS_EXCEPTION;
	info = sys_take_path(ctx, "keyctl", argv[1]);
	if (info)
		digest = sys_take_bytes(ctx, "keyctl", argv[2], &digest_length);
	if (digest)
		signature = sys_take_bytes(ctx, "keyctl", argv[3], &signature_length);
	if (signature) {
		params.in_len = digest_length;
		params.in2_len = signature_length;
		result = sys_done(
			ctx, "keyctl", NULL,
			syscall(SYS_keyctl, KEYCTL_PKEY_VERIFY, &params, info, digest, signature));
	}
	js_free(ctx, signature);
	js_free(ctx, digest);
	js_free(ctx, info);
	return result;
}

static JSValue key_unlinkKey(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t key, keyring;

	if (JS_ToInt32(ctx, &key, argv[0]) || JS_ToInt32(ctx, &keyring, argv[1]))
		return JS_EXCEPTION;
	return sys_done(ctx, "keyctl", NULL, syscall(SYS_keyctl, KEYCTL_UNLINK, key, keyring));
}

static SYS_TABLE(key_exports, JS_CFUNC_DEF("addKey", 4, key_addKey),
                 JS_CFUNC_DEF("restrictKeyring", 3, key_restrictKeyring),
                 JS_CFUNC_DEF("pkeyVerify", 4, key_pkeyVerify),
                 JS_CFUNC_DEF("unlinkKey", 2, key_unlinkKey),
                 SYS_CONSTANT(KEY_SPEC_PROCESS_KEYRING), );

static int initialize(JSContext *ctx, JSModuleDef *module)
{
	return JS_SetModuleExportList(ctx, module, key_exports, key_exports_count);
}

int key_register(JSContext *ctx)
{
	JSModuleDef *module = JS_NewCModule(ctx, "exitrd:key", initialize);

	if (!module)
		return -1;
	return JS_AddModuleExportList(ctx, module, key_exports, key_exports_count);
}
