#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/dm-ioctl.h>
#include <linux/ioctl.h>

#include "sys.h"

/* ioctl(2), which releases loop, device-mapper and MD devices. */

/*
 * Requests older than the _IO() macros (LOOP_GET_STATUS64, BLKGETSIZE) have no
 * size and get a buffer of this size, which is enough for all of them.
 */
enum { UNSIZED = 4096 };

/* The size that the kernel assumes for the buffer. */
static size_t find_needed_size(unsigned long request, const uint8_t *data, size_t length)
{
	size_t size = _IOC_SIZE(request);

	if (_IOC_TYPE(request) == DM_IOCTL && length >= sizeof(struct dm_ioctl)) {
		uint32_t claimed;
		memcpy(&claimed, data + offsetof(struct dm_ioctl, data_size), sizeof(claimed));
		if (claimed > size)
			size = claimed;
	}
	return size;
}

static JSValue call_unsized(JSContext *ctx, int fd, unsigned long request, uint8_t *data,
                            size_t length)
{
	size_t size = length > UNSIZED ? length : UNSIZED;
	uint8_t *copy = js_mallocz(ctx, size);
	int result, error;

	if (!copy)
		return JS_EXCEPTION;
	memcpy(copy, data, length);
	result = ioctl(fd, request, copy);
	error = errno;
	memcpy(data, copy, length);
	js_free(ctx, copy);
	errno = error;
	return sys_number(ctx, "ioctl", NULL, result);
}

static JSValue call_with_buffer(JSContext *ctx, int fd, unsigned long request, JSValueConst buffer)
{
	size_t length, needed;
	uint8_t *data = JS_GetArrayBuffer(ctx, &length, buffer);

	if (!data)
		return JS_EXCEPTION;
	needed = find_needed_size(request, data, length);
	if (length < needed)
		return sys_throw(ctx, "ioctl", EINVAL, NULL);
	if (needed == 0)
		return call_unsized(ctx, fd, request, data, length);
	return sys_number(ctx, "ioctl", NULL, ioctl(fd, request, data));
}

static JSValue sys_ioctl(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t fd;
	uint32_t request;
	int64_t number = 0;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToUint32(ctx, &request, argv[1]))
		return JS_EXCEPTION;
	if (JS_IsObject(argv[2]))
		return call_with_buffer(ctx, fd, request, argv[2]);
	if (!JS_IsUndefined(argv[2]) && JS_ToInt64(ctx, &number, argv[2]))
		return JS_EXCEPTION;
	return sys_number(ctx, "ioctl", NULL, ioctl(fd, request, number));
}

SYS_TABLE(sys_device_exports, JS_CFUNC_DEF("ioctl", 3, sys_ioctl), );
