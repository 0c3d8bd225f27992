import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";

/** UEFI 2.10, 3.3: four bytes of attributes, then the value. */
const variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/** x86 only, needs no mount: linux/arch/x86/include/uapi/asm/bootparam.h. */
const bootParameters = "/sys/kernel/boot_params/data";
const SECURE_BOOT_AT = 0x1ec;
const ENABLED = 3;

/** Whether the machine booted with Secure Boot. */
export function isSecureBootOn(files: FileReader): boolean {
  const value = attempt(() => files.readBytes(variable, 4096));
  if (value !== undefined) return value.length === 5 && value[4] === 1;
  // An initrd may lack efivarfs; the kernel's EFI stub recorded the state too.
  const parameters = attempt(() => files.readBytes(bootParameters, 8192));
  return parameters?.[SECURE_BOOT_AT] === ENABLED;
}
