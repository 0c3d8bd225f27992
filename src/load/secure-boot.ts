import type { FileReader } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { hasVariables, variablePath } from "./efi-variables.ts";

/** UEFI 2.10, 3.3: four bytes of attributes, then the value. */
const variable = variablePath("SecureBoot", "8be4df61-93ca-11d2-aa0d-00e098032b8c");
/** x86 only, but needs no mount: linux/arch/x86/include/uapi/asm/bootparam.h. */
const bootParameters = "/sys/kernel/boot_params/data";
const SECURE_BOOT_AT = 0x1ec;
/** linux/include/linux/efi.h, efi_secureboot_mode: 0 is unset, 1 unknown. */
const DISABLED = 2;
const ENABLED = 3;

/**
 * Whether the firmware verified what it booted. Assumed if its variable exists and does not say no,
 * or if the machine was booted by EFI and the state is unknown.
 */
export function isSecureBootOn(files: FileReader): boolean {
  const value = trySys(() => files.readBytes(variable, 4096));
  if (value.ok) return value.value.length !== 5 || value.value[4] !== 0;
  if (value.problem.code !== "ENOENT") return true;
  if (hasVariables(files)) return false;
  // An initrd may lack efivarfs; the kernel's EFI stub recorded the state too.
  const parameters = attempt(() => files.readBytes(bootParameters, 8192));
  const state = parameters?.[SECURE_BOOT_AT];
  if (state === ENABLED || state === DISABLED) return state === ENABLED;
  return files.status("/sys/firmware/efi") !== undefined;
}
