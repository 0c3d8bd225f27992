#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/ipmi.h>

#include "sys.h"

/*
 * Requests to the baseboard management controller (BMC) on the system interface. Their structures
 * contain pointers, which script's ioctl(2) cannot pass.
 */

/* IPMI_MAX_MSG_LENGTH of the kernel's ipmi_msgdefs.h, which is no header for programs. */
enum { LONGEST_MESSAGE = 272 };

static JSValue sys_ipmiSend(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct ipmi_system_interface_addr address = {
		.addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE,
		.channel = IPMI_BMC_CHANNEL,
	};
	struct ipmi_req request = {
		.addr = (unsigned char *)&address,
		.addr_len = sizeof(address),
	};
	uint8_t copy[LONGEST_MESSAGE];
	uint32_t net_fn, command;
	const uint8_t *data;
	size_t length;
	JSValue buffer;
	int32_t fd;

	if (JS_ToInt32(ctx, &fd, argv[0]) || JS_ToUint32(ctx, &net_fn, argv[1]) ||
	    JS_ToUint32(ctx, &command, argv[2]))
		return JS_EXCEPTION;
	data = sys_borrow_bytes(ctx, argv[3], &length, &buffer);
	if (!data)
		return JS_EXCEPTION;
	if (length <= sizeof(copy))
		memcpy(copy, data, length);
	JS_FreeValue(ctx, buffer);
	if (length > sizeof(copy))
		return sys_throw(ctx, "ioctl", EMSGSIZE, NULL);
	request.msg.netfn = net_fn;
	request.msg.cmd = command;
	request.msg.data = copy;
	request.msg.data_len = length;
	return sys_done(ctx, "ioctl", NULL, ioctl(fd, IPMICTL_SEND_COMMAND, &request));
}

static JSValue sys_ipmiReceive(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct ipmi_addr address;
	uint8_t data[LONGEST_MESSAGE];
	struct ipmi_recv received = {
		.addr = (unsigned char *)&address,
		.addr_len = sizeof(address),
		.msg = {.data = data, .data_len = sizeof(data)},
	};
	uint8_t *copy;
	int32_t fd;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	if (ioctl(fd, IPMICTL_RECEIVE_MSG_TRUNC, &received) < 0)
		return sys_throw(ctx, "ioctl", errno, NULL);
	copy = js_malloc(ctx, sizeof(data));
	if (!copy)
		return JS_EXCEPTION;
	memcpy(copy, data, received.msg.data_len);
	return sys_new_array(ctx, copy, received.msg.data_len);
}

SYS_TABLE(sys_ipmi_exports, JS_CFUNC_DEF("ipmiSend", 4, sys_ipmiSend),
          JS_CFUNC_DEF("ipmiReceive", 1, sys_ipmiReceive), );
