#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alloc.h"
#include "last_resort.h"
#include "runtime.h"
#include "sys.h"

/* The bytecode that qjsc made from the bundle. */
extern const uint8_t program_bytecode[];
extern const uint32_t program_bytecode_size;

/*
 * Exceeding these limits is an exception that is reported, rather than a crash:
 * the kernel's OOM killer never kills PID 1, so without a limit a runaway script
 * would starve the machine that it has to stop.
 */
enum { MEMORY_LIMIT = 256 << 20, STACK_LIMIT = 4 << 20 };

/*
 * The first collection of cycles, of which script makes few. QuickJS's default of
 * 256 KiB is reached while the bytecode is read; and a collection in a child writes
 * to every object, so that the kernel has to copy the whole heap.
 */
enum { GC_THRESHOLD = 8 << 20 };

/* A rejected promise that has no handler yet. */
struct rejection {
	JSValue promise, reason;
	struct rejection *next;
};

static bool child;
static char failure[256];
static struct rejection *unhandled;
static bool unhandled_lost;

static const char NO_MEMORY[] = "out of memory";

void runtime_become_child(void)
{
	child = true;
}

bool runtime_is_child(void)
{
	return child;
}

static size_t find_stack_limit(void)
{
	struct rlimit limit;

	/* Half, since C functions called by script need stack too. */
	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur / 2 < STACK_LIMIT)
		return limit.rlim_cur / 2;
	return STACK_LIMIT;
}

/*
 * Only the intrinsics that script uses: the linker drops unreferenced code, above
 * all the compiler for eval and Function.
 */
static JSContext *new_context(JSRuntime *rt)
{
	JSContext *ctx = JS_NewContextRaw(rt);

	if (!ctx)
		return NULL;
	JS_AddIntrinsicBaseObjects(ctx);
#ifdef WITH_CODEC
	JS_AddIntrinsicDate(ctx);
#endif
	JS_AddIntrinsicRegExp(ctx);
	JS_AddIntrinsicJSON(ctx);
	JS_AddIntrinsicMapSet(ctx);
	JS_AddIntrinsicTypedArrays(ctx);
	JS_AddIntrinsicPromise(ctx);
	return ctx;
}

/*
 * Replaces libregexp's compiler (by the linker's --wrap): 33 KB that literals do
 * not need. A pattern created at run time is a SyntaxError.
 */
uint8_t *__wrap_lre_compile(int *length, char *message, int size, const char *pattern,
                            size_t pattern_length, int flags, void *opaque)
{
	(void)pattern, (void)pattern_length, (void)flags, (void)opaque;
	snprintf(message, size, "only literal regular expressions are compiled in");
	*length = 0;
	return NULL;
}

static void write_error(const char *text, size_t length)
{
	if (write(STDERR_FILENO, text, length) < 0)
		return;
}

/* Saves the first line of the first error, and prints all errors to standard error. */
static void report(JSContext *ctx, JSValueConst error)
{
	const char *text, *frames = NULL;
	JSValue stack = JS_UNDEFINED;

	last_resort_hurry();
	/* QuickJS throws null if there is no memory for the error itself. */
	text = JS_IsNull(error) ? NULL : JS_ToCString(ctx, error);
	if (!failure[0])
		snprintf(failure, sizeof(failure), "%s", text ? text : NO_MEMORY);
	failure[strcspn(failure, "\n")] = '\0';
	write_error("exitrd: ", 8);
	write_error(text ? text : NO_MEMORY, strlen(text ? text : NO_MEMORY));
	write_error("\n", 1);
	if (JS_IsError(ctx, error))
		stack = JS_GetPropertyStr(ctx, error, "stack");
	if (JS_IsString(stack) && (frames = JS_ToCString(ctx, stack)))
		write_error(frames, strlen(frames));
	JS_FreeCString(ctx, frames);
	JS_FreeValue(ctx, stack);
	JS_FreeCString(ctx, text);
}

static void report_exception(JSContext *ctx)
{
	JSValue error = JS_GetException(ctx);

	report(ctx, error);
	JS_FreeValue(ctx, error);
}

static void drop_rejection(JSContext *ctx, struct rejection **from)
{
	struct rejection *dropped = *from;

	*from = dropped->next;
	JS_FreeValue(ctx, dropped->promise);
	JS_FreeValue(ctx, dropped->reason);
	js_free(ctx, dropped);
}

/* Tracks rejections without a handler, in order, until a handler is attached. */
static void track_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason,
                            JS_BOOL handled, void *opaque)
{
	struct rejection **at = &unhandled;

	(void)opaque;
	while (*at && JS_VALUE_GET_PTR((*at)->promise) != JS_VALUE_GET_PTR(promise))
		at = &(*at)->next;
	if (handled) {
		if (*at)
			drop_rejection(ctx, at);
		return;
	}
	/* Not js_malloc(), which would throw an exception that is not expected here. */
	*at = js_malloc_rt(JS_GetRuntime(ctx), sizeof(**at));
	if (!*at) {
		unhandled_lost = true;
		return;
	}
	**at = (struct rejection){JS_DupValue(ctx, promise), JS_DupValue(ctx, reason), NULL};
}

/* False if there was any. */
static bool report_rejections(JSContext *ctx)
{
	bool none = !unhandled && !unhandled_lost;

	for (; unhandled; drop_rejection(ctx, &unhandled))
		report(ctx, unhandled->reason);
	if (unhandled_lost)
		report(ctx, JS_NULL);
	return none;
}

/* Runs the module and all pending jobs. False if it reported a failure. */
static bool run_program(JSContext *ctx)
{
	JSContext *job_ctx;
	JSValue program =
		JS_ReadObject(ctx, program_bytecode, program_bytecode_size, JS_READ_OBJ_BYTECODE);
	JSValue promise;
	int state;

	if (JS_IsException(program))
		goto thrown;
	if (JS_ResolveModule(ctx, program) < 0) {
		JS_FreeValue(ctx, program);
		goto thrown;
	}
	promise = JS_EvalFunction(ctx, program);
	if (JS_IsException(promise))
		goto thrown;
	do {
		state = JS_ExecutePendingJob(JS_GetRuntime(ctx), &job_ctx);
	} while (state > 0);
	if (state < 0)
		goto thrown;

	switch (JS_PromiseState(ctx, promise)) {
	case JS_PROMISE_REJECTED: {
		JSValue error = JS_PromiseResult(ctx, promise);
		report(ctx, error);
		JS_FreeValue(ctx, error);
		return false;
	}
	case JS_PROMISE_PENDING:
		JS_ThrowInternalError(ctx, "the program waits for a promise that nothing settles");
		goto thrown;
	default:
		break;
	}
	JS_FreeValue(ctx, promise);
	return report_rejections(ctx);
thrown:
	report_exception(ctx);
	return false;
}

/*
 * The process exits, so freeing would waste time, except for the sanitizer, which
 * reports what a wrapper leaked.
 */
static void free_when_checked(JSRuntime *rt, JSContext *ctx)
{
#ifdef __SANITIZE_ADDRESS__
	JS_FreeContext(ctx);
	JS_FreeRuntime(rt);
#else
	(void)rt, (void)ctx;
#endif
}

const char *runtime_run(int argc, char **argv)
{
	JSRuntime *rt = JS_NewRuntime2(alloc_functions(), NULL);
	JSContext *ctx;

	if (!rt)
		return NO_MEMORY;
	JS_SetMemoryLimit(rt, MEMORY_LIMIT);
	JS_SetGCThreshold(rt, GC_THRESHOLD);
	JS_SetMaxStackSize(rt, find_stack_limit());
	JS_SetHostPromiseRejectionTracker(rt, track_rejection, NULL);
	ctx = new_context(rt);
	if (!ctx)
		return NO_MEMORY;

	sys_set_arguments(argc, argv);
	if (sys_register(ctx) < 0)
		return "cannot load exitrd:sys";
	if (digest_register(ctx) < 0)
		return "cannot load exitrd:digest";
#ifdef WITH_CODEC
	if (codec_register(ctx) < 0)
		return "cannot load exitrd:codec";
	if (key_register(ctx) < 0)
		return "cannot load exitrd:key";
	if (drive_register(ctx) < 0)
		return "cannot load exitrd:drive";
	if (trace_register(ctx) < 0)
		return "cannot load exitrd:trace";
#endif
	if (!run_program(ctx))
		return failure;
	free_when_checked(rt, ctx);
	return NULL;
}
