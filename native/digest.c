#ifdef WITH_CODEC
#include <sha1.h>
#endif
#include <sha2.h>

#include "sys.h"

/* exitrd:digest: libmd's SHA-1 and SHA-2, on whole buffers. PID 1 has SHA-256 alone. */

enum algorithm { SHA1, SHA256, SHA384, SHA512 };

/* Writes the digest of `data`, at most SHA512_DIGEST_LENGTH bytes; returns its length. */
static size_t compute(int algorithm, const uint8_t *data, size_t length, uint8_t *digest)
{
	SHA2_CTX sha2;
#ifdef WITH_CODEC
	SHA1_CTX sha1;

	switch (algorithm) {
	case SHA1:
		SHA1Init(&sha1);
		SHA1Update(&sha1, data, length);
		SHA1Final(digest, &sha1);
		return SHA1_DIGEST_LENGTH;
	case SHA384:
		SHA384Init(&sha2);
		SHA384Update(&sha2, data, length);
		SHA384Final(digest, &sha2);
		return SHA384_DIGEST_LENGTH;
	case SHA512:
		SHA512Init(&sha2);
		SHA512Update(&sha2, data, length);
		SHA512Final(digest, &sha2);
		return SHA512_DIGEST_LENGTH;
	}
#endif
	SHA256Init(&sha2);
	SHA256Update(&sha2, data, length);
	SHA256Final(digest, &sha2);
	return SHA256_DIGEST_LENGTH;
}

static JSValue digest_hash(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv,
                           int algorithm)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA512_DIGEST_LENGTH];
	char text[2 * SHA512_DIGEST_LENGTH];
	size_t length, size;
	JSValue buffer;
	const uint8_t *data = sys_borrow_bytes(ctx, argv[0], &length, &buffer);

	if (!data)
		return JS_EXCEPTION;
	size = compute(algorithm, data, length, digest);
	JS_FreeValue(ctx, buffer);
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	return JS_NewStringLen(ctx, text, 2 * size);
}

#ifdef WITH_CODEC
static SYS_TABLE(digest_exports, JS_CFUNC_MAGIC_DEF("sha1", 1, digest_hash, SHA1),
                 JS_CFUNC_MAGIC_DEF("sha256", 1, digest_hash, SHA256),
                 JS_CFUNC_MAGIC_DEF("sha384", 1, digest_hash, SHA384),
                 JS_CFUNC_MAGIC_DEF("sha512", 1, digest_hash, SHA512), );
#else
static SYS_TABLE(digest_exports, JS_CFUNC_MAGIC_DEF("sha256", 1, digest_hash, SHA256), );
#endif

static int initialize(JSContext *ctx, JSModuleDef *module)
{
	return JS_SetModuleExportList(ctx, module, digest_exports, digest_exports_count);
}

int digest_register(JSContext *ctx)
{
	JSModuleDef *module = JS_NewCModule(ctx, "exitrd:digest", initialize);

	if (!module)
		return -1;
	return JS_AddModuleExportList(ctx, module, digest_exports, digest_exports_count);
}
