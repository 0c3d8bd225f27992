#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/elf.h>

#include "sys.h"

/* exitrd:trace: the registers and the memory of another process. */

static JSValue trace_ptrace(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t request, pid;
	int64_t address, data;

	if (JS_ToInt32(ctx, &request, argv[0]) || JS_ToInt32(ctx, &pid, argv[1]) ||
	    JS_ToInt64(ctx, &address, argv[2]) || JS_ToInt64(ctx, &data, argv[3]))
		return JS_EXCEPTION;
	return sys_done(ctx, "ptrace", NULL,
	                ptrace(request, pid, (void *)(intptr_t)address, (void *)(intptr_t)data) < 0
	                        ? -1
	                        : 0);
}

/* More than the general registers of any architecture. */
enum { REGISTERS_SIZE = 1024 };

static JSValue trace_getRegisters(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t pid, type;
	struct iovec vector = {.iov_len = REGISTERS_SIZE};

	if (JS_ToInt32(ctx, &pid, argv[0]) || JS_ToInt32(ctx, &type, argv[1]))
		return JS_EXCEPTION;
	vector.iov_base = js_malloc(ctx, REGISTERS_SIZE);
	if (!vector.iov_base)
		return JS_EXCEPTION;
	if (ptrace(PTRACE_GETREGSET, pid, (void *)(intptr_t)type, &vector) < 0) {
		int error = errno;
		js_free(ctx, vector.iov_base);
		return sys_throw(ctx, "ptrace", error, NULL);
	}
	return sys_new_array(ctx, vector.iov_base, vector.iov_len);
}

static JSValue trace_setRegisters(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t pid, type;
	struct iovec vector;
	JSValue result;

	if (JS_ToInt32(ctx, &pid, argv[0]) || JS_ToInt32(ctx, &type, argv[1]))
		return JS_EXCEPTION;
	vector.iov_base = sys_take_bytes(ctx, "ptrace", argv[2], &vector.iov_len);
	if (!vector.iov_base)
		return JS_EXCEPTION;
	result = sys_done(ctx, "ptrace", NULL,
	                  ptrace(PTRACE_SETREGSET, pid, (void *)(intptr_t)type, &vector) < 0 ? -1
	                                                                                     : 0);
	js_free(ctx, vector.iov_base);
	return result;
}

static JSValue trace_readMemory(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t pid, length;
	int64_t address;
	struct iovec local, remote;
	ssize_t result;

	if (JS_ToInt32(ctx, &pid, argv[0]) || JS_ToInt64(ctx, &address, argv[1]) ||
	    JS_ToInt32(ctx, &length, argv[2]))
		return JS_EXCEPTION;
	if (length <= 0)
		return sys_throw(ctx, "process_vm_readv", EINVAL, NULL);
	local = (struct iovec){js_malloc(ctx, length), length};
	remote = (struct iovec){(void *)(intptr_t)address, length};
	if (!local.iov_base)
		return JS_EXCEPTION;
	result = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (result < 0) {
		int error = errno;
		js_free(ctx, local.iov_base);
		return sys_throw(ctx, "process_vm_readv", error, NULL);
	}
	return sys_new_array(ctx, local.iov_base, result);
}

static JSValue trace_writeMemory(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t pid;
	int64_t address;
	struct iovec local, remote;
	JSValue result;

	if (JS_ToInt32(ctx, &pid, argv[0]) || JS_ToInt64(ctx, &address, argv[1]))
		return JS_EXCEPTION;
	local.iov_base = sys_take_bytes(ctx, "process_vm_writev", argv[2], &local.iov_len);
	if (!local.iov_base)
		return JS_EXCEPTION;
	remote = (struct iovec){(void *)(intptr_t)address, local.iov_len};
	result = sys_number(ctx, "process_vm_writev", NULL,
	                    process_vm_writev(pid, &local, 1, &remote, 1, 0));
	js_free(ctx, local.iov_base);
	return result;
}

static SYS_TABLE(trace_exports, JS_CFUNC_DEF("ptrace", 4, trace_ptrace),
                 JS_CFUNC_DEF("getRegisters", 2, trace_getRegisters),
                 JS_CFUNC_DEF("setRegisters", 3, trace_setRegisters),
                 JS_CFUNC_DEF("readMemory", 3, trace_readMemory),
                 JS_CFUNC_DEF("writeMemory", 3, trace_writeMemory), SYS_CONSTANT(PTRACE_SEIZE),
                 SYS_CONSTANT(PTRACE_INTERRUPT), SYS_CONSTANT(PTRACE_SYSCALL),
                 SYS_CONSTANT(PTRACE_CONT), SYS_CONSTANT(PTRACE_DETACH),
                 SYS_CONSTANT(PTRACE_O_TRACEEXEC), SYS_CONSTANT(PTRACE_O_TRACESYSGOOD),
                 SYS_CONSTANT(PTRACE_EVENT_EXEC), SYS_CONSTANT(PTRACE_EVENT_STOP),
                 SYS_CONSTANT(NT_PRSTATUS), SYS_CONSTANT(NT_ARM_SYSTEM_CALL), );

static int initialize(JSContext *ctx, JSModuleDef *module)
{
	return JS_SetModuleExportList(ctx, module, trace_exports, trace_exports_count);
}

int trace_register(JSContext *ctx)
{
	JSModuleDef *module = JS_NewCModule(ctx, "exitrd:trace", initialize);

	if (!module)
		return -1;
	return JS_AddModuleExportList(ctx, module, trace_exports, trace_exports_count);
}
