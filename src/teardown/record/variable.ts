/**
 * The firmware's variable for the record of an unclean shutdown, if no other place took it. There
 * is only one, and it is short: its memory survives some thousand writes, and x86 refuses to leave
 * less than 5 KiB free (drivers/firmware/efi/vars.c); EDK II accepts 1 KiB including name and
 * header.
 */
export const VARIABLE_PATH =
  "/sys/firmware/efi/efivars/ExitrdRecord-2c7e1d9a-5b0f-4f6e-9a37-6d1be0c4a852";

/** Empty or missing without UEFI. */
export const FIRMWARE_DIR = "/sys/firmware/efi";

/** The longest body in the variable, in bytes; 900 with the header of a slot. */
export const LONGEST_VARIABLE_BODY = 832;

/**
 * UEFI 2.10, 8.2: non-volatile, boot services and run-time access. efivarfs expects it first, as
 * u32.
 */
export const VARIABLE_ATTRIBUTES = Uint8Array.of(7, 0, 0, 0);
