#include <string.h>
#include <zlib.h>
/* ZSTD_isFrame() */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "sys.h"

/* exitrd:codec: libzstd, on whole buffers, and gzip by zlib. */

static JSValue throw_zstd(JSContext *ctx, size_t code)
{
	/* Not a fault of the data. */
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return JS_ThrowOutOfMemory(ctx);
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

	if (JS_ToInt32(ctx, &level, argv[1]) ||
	    !(data = sys_borrow_bytes(ctx, argv[0], &length, &buffer)))
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

/* Decompresses into memory that grows up to max. NULL if it threw. */
static uint8_t *decompress(JSContext *ctx, ZSTD_DCtx *state, ZSTD_inBuffer *in, size_t max,
                           size_t *length)
{
	size_t size = 256 << 10, hint = 1;
	uint8_t *data;
	ZSTD_outBuffer out = {NULL, 0, 0};

	/* One byte above max, to distinguish "exactly max" from "more". */
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
		/* Before checking for space: a frame may end exactly at the end of the
		 * buffer, and if called again zstd would expect another frame. */
		if (hint == 0 && in->pos == in->size) {
			*length = out.pos;
			return data;
		}
		if (out.pos < out.size) {
			if (in->pos < in->size)
				continue;
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
	in.src = sys_borrow_bytes(ctx, argv[0], &in.size, &buffer);
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

/* Passes one part of a frame's contents to a function of script. */
static int use_part(JSContext *ctx, JSValueConst use, const uint8_t *data, size_t length)
{
	uint8_t *copy;
	JSValue part, result;

	if (length == 0)
		return 0;
	copy = js_malloc(ctx, length);
	if (!copy)
		return -1;
	memcpy(copy, data, length);
	part = sys_new_array(ctx, copy, length);
	if (JS_IsException(part))
		return -1;
	result = JS_Call(ctx, use, JS_UNDEFINED, 1, &part);
	JS_FreeValue(ctx, part);
	if (JS_IsException(result))
		return -1;
	JS_FreeValue(ctx, result);
	return 0;
}

static JSValue codec_zstdDecompressEach(JSContext *ctx, JSValueConst this, int argc,
                                        JSValueConst *argv)
{
	ZSTD_inBuffer in = {NULL, 0, 0};
	size_t hint = 1, size = ZSTD_DStreamOutSize();
	ZSTD_DCtx *state = NULL;
	uint8_t *data = NULL;
	JSValue buffer, result = JS_EXCEPTION;

	in.src = sys_borrow_bytes(ctx, argv[0], &in.size, &buffer);
	if (!in.src)
		return JS_EXCEPTION;
	state = ZSTD_createDCtx();
	if (!state)
		JS_ThrowOutOfMemory(ctx);
	else
		data = js_malloc(ctx, size);
	while (data) {
		ZSTD_outBuffer out = {data, size, 0};

		hint = ZSTD_decompressStream(state, &out, &in);
		if (ZSTD_isError(hint)) {
			throw_zstd(ctx, hint);
			break;
		}
		if (use_part(ctx, argv[1], data, out.pos))
			break;
		/* What follows, such as another archive, is no frame. */
		if (hint == 0 && !ZSTD_isFrame((const char *)in.src + in.pos, in.size - in.pos)) {
			result = JS_NewInt64(ctx, in.pos);
			break;
		}
		/* All input was read, and no output is pending. */
		if (in.pos == in.size && out.pos < out.size) {
			JS_ThrowTypeError(ctx, "zstd: truncated");
			break;
		}
	}
	js_free(ctx, data);
	ZSTD_freeDCtx(state);
	JS_FreeValue(ctx, buffer);
	return result;
}

static JSValue codec_gunzipEach(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	/* At most 32 KiB of history, and a gzip header. */
	const int window = 15 + 16;
	const size_t size = 128 << 10;
	z_stream state = {0};
	uint8_t *data = NULL;
	const uint8_t *in;
	size_t length;
	int code = Z_OK;
	JSValue buffer, result = JS_EXCEPTION;

	in = sys_borrow_bytes(ctx, argv[0], &length, &buffer);
	if (!in)
		return JS_EXCEPTION;
	if (length > UINT32_MAX)
		JS_ThrowRangeError(ctx, "gzip: more than 4 GiB");
	else if (inflateInit2(&state, window) != Z_OK)
		JS_ThrowOutOfMemory(ctx);
	else
		data = js_malloc(ctx, size);
	state.next_in = (uint8_t *)in;
	state.avail_in = length;
	while (data) {
		state.next_out = data;
		state.avail_out = size;
		code = inflate(&state, Z_NO_FLUSH);
		if (code != Z_OK && code != Z_STREAM_END) {
			JS_ThrowTypeError(ctx, "gzip: %s",
			                  code == Z_BUF_ERROR ? "truncated"
			                  : state.msg         ? state.msg
			                                      : "damaged");
			break;
		}
		if (use_part(ctx, argv[1], data, size - state.avail_out))
			break;
		if (code == Z_STREAM_END) {
			result = JS_NewInt64(ctx, length - state.avail_in);
			break;
		}
	}
	js_free(ctx, data);
	inflateEnd(&state);
	JS_FreeValue(ctx, buffer);
	return result;
}

static SYS_TABLE(codec_exports, JS_CFUNC_DEF("zstdCompress", 2, codec_zstdCompress),
                 JS_CFUNC_DEF("zstdDecompress", 2, codec_zstdDecompress),
                 JS_CFUNC_DEF("zstdDecompressEach", 2, codec_zstdDecompressEach),
                 JS_CFUNC_DEF("gunzipEach", 2, codec_gunzipEach), );

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
