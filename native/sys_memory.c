#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "sys.h"

/* The memory of this process, and memory that processes share. */

static JSValue sys_mlockall(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int32_t flags;

	if (JS_ToInt32(ctx, &flags, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "mlockall", NULL, mlockall(flags));
}

static JSValue sys_pageSize(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	return JS_NewInt64(ctx, sysconf(_SC_PAGESIZE));
}

/* Faulted in immediately, and kept until the process exits. */
static JSValue take(JSContext *ctx, int64_t length, int protection)
{
	void *taken = mmap(NULL, length, protection,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);

	return sys_done(ctx, "mmap", NULL, taken == MAP_FAILED ? -1 : 0);
}

static JSValue sys_takeMemory(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int64_t length;

	if (JS_ToInt64(ctx, &length, argv[0]))
		return JS_EXCEPTION;
	return take(ctx, length, PROT_READ | PROT_WRITE);
}

/*
 * For memory that is only read, the kernel allocates only page tables: zeroed, unmovable pages.
 * Each covers one page of pointers to pages.
 */
static JSValue sys_takePageTables(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	int64_t count, page = sysconf(_SC_PAGESIZE);

	if (JS_ToInt64(ctx, &count, argv[0]))
		return JS_EXCEPTION;
	return take(ctx, count * (page / (int64_t)sizeof(void *)) * page, PROT_READ);
}

static JSValue sys_removeSharedMemory(JSContext *ctx, JSValueConst this, int argc,
                                      JSValueConst *argv)
{
	int32_t id;

	if (JS_ToInt32(ctx, &id, argv[0]))
		return JS_EXCEPTION;
	return sys_done(ctx, "shmctl", NULL, shmctl(id, IPC_RMID, NULL));
}

SYS_TABLE(sys_memory_exports, JS_CFUNC_DEF("mlockall", 1, sys_mlockall),
          JS_CFUNC_DEF("pageSize", 0, sys_pageSize), JS_CFUNC_DEF("takeMemory", 1, sys_takeMemory),
          JS_CFUNC_DEF("takePageTables", 1, sys_takePageTables),
          JS_CFUNC_DEF("removeSharedMemory", 1, sys_removeSharedMemory), );
