/** The NBD driver's ioctl interface, include/uapi/linux/nbd.h. */

/** _IO(0xab, 4) */
export const NBD_CLEAR_SOCK = 0xab04;
/** _IO(0xab, 8) */
export const NBD_DISCONNECT = 0xab08;
