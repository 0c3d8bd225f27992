#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>

#include "sys.h"

/* exitrd:drive: what drives report about themselves, through requests that contain pointers. */

enum { ANSWER_SIZE = 512, LIMIT_MS = 2000 };

static JSValue new_answer(JSContext *ctx, const char *syscall, const uint8_t *answer, int result)
{
	uint8_t *copy;

	if (result != 0)
		return sys_throw(ctx, syscall, result < 0 ? errno : EIO, NULL);
	copy = js_malloc(ctx, ANSWER_SIZE);
	if (!copy)
		return JS_EXCEPTION;
	memcpy(copy, answer, ANSWER_SIZE);
	return sys_new_array(ctx, copy, ANSWER_SIZE);
}

/* NVMe Base Specification, Get Log Page (02h): 128 dwords of log 02h, for the whole controller. */
static JSValue drive_nvmeHealth(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	uint8_t answer[ANSWER_SIZE] = {0};
	struct nvme_admin_cmd command = {
		.opcode = 0x02,
		.nsid = 0xffffffff,
		.addr = (uintptr_t)answer,
		.data_len = sizeof(answer),
		.cdw10 = (ANSWER_SIZE / 4 - 1) << 16 | 0x02,
		.timeout_ms = LIMIT_MS,
	};
	int32_t fd;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	return new_answer(ctx, "ioctl", answer, ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command));
}

/* SAT-3, ATA PASS-THROUGH (16): PIO data-in of one sector; ACS-3, SMART READ DATA. */
static JSValue drive_smartData(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	uint8_t answer[ANSWER_SIZE] = {0}, sense[32] = {0};
	uint8_t command[16] = {0x85, 4 << 1, 0x0e, 0, 0xd0, 0, 1,    0,
	                       0,    0,      0x4f, 0, 0xc2, 0, 0xb0, 0};
	struct sg_io_hdr header = {
		.interface_id = 'S',
		.dxfer_direction = SG_DXFER_FROM_DEV,
		.cmd_len = sizeof(command),
		.mx_sb_len = sizeof(sense),
		.dxfer_len = sizeof(answer),
		.dxferp = answer,
		.cmdp = command,
		.sbp = sense,
		.timeout = LIMIT_MS,
	};
	int32_t fd;
	int result;

	if (JS_ToInt32(ctx, &fd, argv[0]))
		return JS_EXCEPTION;
	result = ioctl(fd, SG_IO, &header);
	if (result == 0 && (header.status != 0 || header.host_status != 0))
		result = 1;
	return new_answer(ctx, "ioctl", answer, result);
}

static SYS_TABLE(drive_exports, JS_CFUNC_DEF("nvmeHealth", 1, drive_nvmeHealth),
                 JS_CFUNC_DEF("smartData", 1, drive_smartData), );

static int initialize(JSContext *ctx, JSModuleDef *module)
{
	return JS_SetModuleExportList(ctx, module, drive_exports, drive_exports_count);
}

int drive_register(JSContext *ctx)
{
	JSModuleDef *module = JS_NewCModule(ctx, "exitrd:drive", initialize);

	if (!module)
		return -1;
	return JS_AddModuleExportList(ctx, module, drive_exports, drive_exports_count);
}
