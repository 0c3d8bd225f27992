#include <string.h>

#include <sha2.h>
#include <zstd.h>

#include "sys.h"

/* exitrd:codec: libmd's SHA-2 and libzstd, on whole buffers. */

/* The bytes of a Uint8Array, without a copy; the buffer must be freed after use. */
static const uint8_t *borrow(JSContext *ctx, JSValueConst array, size_t *length, JSValue *buffer)
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

static JSValue codec_sha256(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char text[2 * SHA256_DIGEST_LENGTH];
	SHA2_CTX state;
	size_t length;
	JSValue buffer;
	const uint8_t *data = borrow(ctx, argv[0], &length, &buffer);

	if (!data)
		return JS_EXCEPTION;
	SHA256Init(&state);
	SHA256Update(&state, data, length);
	SHA256Final(digest, &state);
	JS_FreeValue(ctx, buffer);
	for (size_t i = 0; i < sizeof(digest); i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	return JS_NewStringLen(ctx, text, sizeof(text));
}

/* The digest's bytes; `length` of them. */
static JSValue hash(JSContext *ctx, JSValueConst array, size_t length, void (*init)(SHA2_CTX *),
                    void (*update)(SHA2_CTX *, const uint8_t *, size_t),
                    void (*final)(uint8_t *, SHA2_CTX *))
{
	SHA2_CTX state;
	size_t size;
	JSValue buffer;
	const uint8_t *data = borrow(ctx, array, &size, &buffer);
	uint8_t *digest;

	if (!data)
		return JS_EXCEPTION;
	digest = js_malloc(ctx, length);
	if (digest) {
		init(&state);
		update(&state, data, size);
		final(digest, &state);
	}
	JS_FreeValue(ctx, buffer);
	return digest ? sys_new_array(ctx, digest, length) : JS_EXCEPTION;
}

static JSValue codec_sha384(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return hash(ctx, argv[0], SHA384_DIGEST_LENGTH, SHA384Init, SHA384Update, SHA384Final);
}

static JSValue codec_sha512(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return hash(ctx, argv[0], SHA512_DIGEST_LENGTH, SHA512Init, SHA512Update, SHA512Final);
}

static JSValue throw_zstd(JSContext *ctx, size_t code)
{
	return JS_ThrowTypeError(ctx, "zstd: %s", ZSTD_getErrorName(code));
}

static JSValue codec_zstdCompress(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t level;
	size_t length, bound, size;
	JSValue buffer;
	const uint8_t *data;
	uint8_t *frame = NULL;
	ZSTD_CCtx *state = NULL;
	JSValue result = JS_EXCEPTION;

	if (JS_ToInt32(ctx, &level, argv[1]) || !(data = borrow(ctx, argv[0], &length, &buffer)))
		return JS_EXCEPTION;
	bound = ZSTD_compressBound(length);
	state = ZSTD_createCCtx();
	if (!state)
		JS_ThrowOutOfMemory(ctx);
	else
		frame = js_malloc(ctx, bound);
	if (!frame)
		goto out;
	ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, 1);
	size = ZSTD_compress2(state, frame, bound, data, length);
	if (ZSTD_isError(size)) {
		js_free(ctx, frame);
		result = throw_zstd(ctx, size);
	} else {
		result = sys_new_array(ctx, frame, size);
	}
out:
	ZSTD_freeCCtx(state);
	JS_FreeValue(ctx, buffer);
	return result;
}

/* Decompresses into memory that grows up to max. NULL when it threw. */
static uint8_t *decompress(JSContext *ctx, ZSTD_DCtx *state, ZSTD_inBuffer *in, size_t max,
                           size_t *length)
{
	size_t size = 256 << 10, hint = 1;
	uint8_t *data;
	ZSTD_outBuffer out = {NULL, 0, 0};

	/* One byte above max, to tell "exactly max" from "more". */
	if (size > max)
		size = max + 1;
	data = js_malloc(ctx, size);
	while (data) {
		uint8_t *larger;

		out.dst = data;
		out.size = size;
		hint = ZSTD_decompressStream(state, &out, in);
		if (ZSTD_isError(hint)) {
			throw_zstd(ctx, hint);
			break;
		}
		if (out.pos > max) {
			JS_ThrowRangeError(ctx, "zstd: more than %llu bytes",
			                   (unsigned long long)max);
			break;
		}
		if (out.pos < out.size) {
			if (in->pos < in->size)
				continue;
			if (hint == 0) {
				*length = out.pos;
				return data;
			}
			JS_ThrowTypeError(ctx, "zstd: truncated");
			break;
		}
		size = size > max / 2 ? max + 1 : size * 2;
		larger = js_realloc(ctx, data, size);
		if (!larger)
			break;
		data = larger;
	}
	js_free(ctx, data);
	return NULL;
}

static JSValue codec_zstdDecompress(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int64_t max;
	size_t length;
	JSValue buffer;
	ZSTD_inBuffer in = {NULL, 0, 0};
	ZSTD_DCtx *state;
	uint8_t *data = NULL;

	if (JS_ToInt64(ctx, &max, argv[1]))
		return JS_EXCEPTION;
	if (max < 0)
		return JS_ThrowRangeError(ctx, "zstd: a negative limit");
	in.src = borrow(ctx, argv[0], &in.size, &buffer);
	if (!in.src)
		return JS_EXCEPTION;
	state = ZSTD_createDCtx();
	if (state)
		data = decompress(ctx, state, &in, max, &length);
	else
		JS_ThrowOutOfMemory(ctx);
	ZSTD_freeDCtx(state);
	JS_FreeValue(ctx, buffer);
	return data ? sys_new_array(ctx, data, length) : JS_EXCEPTION;
}

static SYS_TABLE(codec_exports, JS_CFUNC_DEF("sha256", 1, codec_sha256),
                 JS_CFUNC_DEF("sha384", 1, codec_sha384), JS_CFUNC_DEF("sha512", 1, codec_sha512),
                 JS_CFUNC_DEF("zstdCompress", 2, codec_zstdCompress),
                 JS_CFUNC_DEF("zstdDecompress", 2, codec_zstdDecompress), );

static int initialize(JSContext *ctx, JSModuleDef *module)
{
	return JS_SetModuleExportList(ctx, module, codec_exports, codec_exports_count);
}

int codec_register(JSContext *ctx)
{
	JSModuleDef *module = JS_NewCModule(ctx, "exitrd:codec", initialize);

	if (!module)
		return -1;
	return JS_AddModuleExportList(ctx, module, codec_exports, codec_exports_count);
}
