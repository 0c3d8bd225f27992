#include "sys.h"

/* exitrd:sys as a whole: the tables of the other files, and argv. */

struct table {
	const JSCFunctionListEntry *entries;
	const int *count;
};

#define TABLES(TABLE)                                                                              \
	TABLE(sys_memory_exports)                                                                  \
	TABLE(sys_process_exports)                                                                 \
	TABLE(sys_limit_exports)                                                                   \
	TABLE(sys_privilege_exports)                                                               \
	TABLE(sys_signal_exports)                                                                  \
	TABLE(sys_file_exports)                                                                    \
	TABLE(sys_content_exports)                                                                 \
	TABLE(sys_path_exports)                                                                    \
	TABLE(sys_stat_exports)                                                                    \
	TABLE(sys_mount_exports)                                                                   \
	TABLE(sys_device_exports)                                                                  \
	TABLE(sys_direct_exports)                                                                  \
	TABLE(sys_ipmi_exports)                                                                    \
	TABLE(sys_clock_exports)                                                                   \
	TABLE(sys_socket_exports)                                                                  \
	TABLE(sys_constant_exports)

#define DECLARE(name)                                                                              \
	extern const JSCFunctionListEntry name[];                                                  \
	extern const int name##_count;
#define LIST(name) {name, &name##_count},

TABLES(DECLARE)

static const struct table tables[] = {TABLES(LIST)};

enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

static int argument_count;
static char **arguments;

void sys_set_arguments(int argc, char **argv)
{
	argument_count = argc;
	arguments = argv;
}

static JSValue new_argv(JSContext *ctx)
{
	JSValue array = JS_NewArray(ctx);
	int failed = JS_IsException(array);

	for (int i = 0; i < argument_count && !failed; i++)
		failed = sys_set_item(ctx, array, i, sys_new_text(ctx, arguments[i]));
	return sys_finish(ctx, array, failed);
}

static int initialize(JSContext *ctx, JSModuleDef *module)
{
	JSValue argv;

	for (int i = 0; i < TABLE_COUNT; i++) {
		if (JS_SetModuleExportList(ctx, module, tables[i].entries, *tables[i].count))
			return -1;
	}
	argv = new_argv(ctx);
	return JS_IsException(argv) ? -1 : JS_SetModuleExport(ctx, module, "argv", argv);
}

int sys_register(JSContext *ctx)
{
	JSModuleDef *module = JS_NewCModule(ctx, "exitrd:sys", initialize);

	if (!module)
		return -1;
	for (int i = 0; i < TABLE_COUNT; i++) {
		if (JS_AddModuleExportList(ctx, module, tables[i].entries, *tables[i].count))
			return -1;
	}
	return JS_AddModuleExport(ctx, module, "argv");
}
