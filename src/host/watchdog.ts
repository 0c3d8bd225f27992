import { ioctl, O_CLOEXEC, O_WRONLY, open } from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";

// linux/watchdog.h
const WDIOC_KEEPALIVE = 0x80045705;
const WDIOC_SETTIMEOUT = 0xc0045706;

/**
 * Opens the hardware watchdog and returns its ping.
 *
 * Opening arms it, also where systemd 254 and 255 had disarmed it before the
 * pivot. The device is never closed and never disarmed: if PID 1 freezes, the
 * machine is reset. Without a device the ping does nothing.
 */
export function openWatchdog(device: string, timeoutMs: number): () => void {
  const fd = attempt(() => open(device, O_WRONLY | O_CLOEXEC));
  if (fd === undefined) return () => {};
  setTimeout(fd, Math.max(1, Math.ceil(timeoutMs / 1000)));
  return () => {
    attempt(() => ioctl(fd, WDIOC_KEEPALIVE, 0));
  };
}

/** A driver refuses more than its hardware can count: halve until it takes the value. */
function setTimeout(fd: number, seconds: number): void {
  for (let wanted = seconds; wanted >= 1; wanted = Math.floor(wanted / 2)) {
    const argument = new ArrayBuffer(4);
    new DataView(argument).setInt32(0, wanted, true);
    if (attempt(() => ioctl(fd, WDIOC_SETTIMEOUT, argument)) !== undefined) return;
  }
}
