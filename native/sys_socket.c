#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/vm_sockets.h>

#include "sys.h"

/* Sends one message, for both forms of sd_notify(3); netlink to the kernel. */

/* The errno of the call that failed, with its name in *call; 0 on success. */
static int send_once(int family, int type, const struct sockaddr *address, socklen_t size,
                     const char *data, size_t length, const char **call)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	int error = 0;

	*call = "socket";
	if (fd < 0)
		return errno;
	*call = "connect";
	if (connect(fd, address, size) < 0) {
		error = errno;
	} else {
		*call = "send";
		if (send(fd, data, length, MSG_NOSIGNAL) < 0)
			error = errno;
	}
	close(fd);
	return error;
}

static JSValue sys_sendUnix(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *path = sys_take_path(ctx, "connect", argv[0]), *data = NULL;
	const char *call = "connect";
	size_t length, size;
	JSValue result = JS_EXCEPTION;

	if (path)
		data = sys_take_bytes(ctx, "send", argv[1], &length);
	if (data) {
		int error = ENAMETOOLONG;
		size = strlen(path);
		if (size < sizeof(address.sun_path)) {
			memcpy(address.sun_path, path, size);
			if (path[0] == '@')
				address.sun_path[0] = '\0';
			/* An abstract name has no NUL at its end: the size delimits it. */
			size += offsetof(struct sockaddr_un, sun_path) + (path[0] != '@');
			error = send_once(AF_UNIX, SOCK_DGRAM, (struct sockaddr *)&address, size,
			                  data, length, &call);
		}
		result = error ? sys_throw(ctx, call, error, path) : JS_UNDEFINED;
	}
	js_free(ctx, data);
	js_free(ctx, path);
	return result;
}

static JSValue sys_sendVsock(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct sockaddr_vm address = {.svm_family = AF_VSOCK};
	int32_t type;
	uint32_t cid, port;
	const char *call;
	size_t length;
	char *data;
	int error;

	if (JS_ToInt32(ctx, &type, argv[0]) || JS_ToUint32(ctx, &cid, argv[1]) ||
	    JS_ToUint32(ctx, &port, argv[2]))
		return JS_EXCEPTION;
	data = sys_take_bytes(ctx, "send", argv[3], &length);
	if (!data)
		return JS_EXCEPTION;
	address.svm_cid = cid;
	address.svm_port = port;
	error = send_once(AF_VSOCK, type, (struct sockaddr *)&address, sizeof(address), data,
	                  length, &call);
	js_free(ctx, data);
	return error ? sys_throw(ctx, call, error, NULL) : JS_UNDEFINED;
}

static JSValue sys_openNetlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int32_t protocol;
	uint32_t groups;
	int fd, error;

	if (JS_ToInt32(ctx, &protocol, argv[0]) || JS_ToUint32(ctx, &groups, argv[1]))
		return JS_EXCEPTION;
	address.nl_groups = groups;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return sys_throw(ctx, "socket", errno, NULL);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = errno;
		close(fd);
		return sys_throw(ctx, "bind", error, NULL);
	}
	return JS_NewInt32(ctx, fd);
}

SYS_TABLE(sys_socket_exports, JS_CFUNC_DEF("sendUnix", 2, sys_sendUnix),
          JS_CFUNC_DEF("sendVsock", 4, sys_sendVsock),
          JS_CFUNC_DEF("openNetlink", 2, sys_openNetlink), );
