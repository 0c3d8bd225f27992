import { close, ioctl, O_CLOEXEC, O_WRONLY, open, write } from "exitrd:sys";
import { attempt } from "../port/sys-error.ts";

// linux/watchdog.h
const WDIOC_SETOPTIONS = 0x80045704;
const WDIOC_KEEPALIVE = 0x80045705;
const WDIOC_SETTIMEOUT = 0xc0045706;
const WDIOS_DISABLECARD = 1;

export interface Watchdog {
  ping(): void;
  /** Disarms it permanently. False if the driver refuses ("nowayout"): it must still be pinged. */
  disarm(): boolean;
}

/**
 * Opens the hardware watchdog, which arms it, even if systemd 254 or 255 disarmed it before the
 * pivot; undefined if there is none.
 *
 * Unless it is disarmed, the device is never closed: if PID 1 freezes, the machine is reset. Without
 * `timeoutMs` the timeout is unchanged.
 */
export function openWatchdog(device: string, timeoutMs?: number): Watchdog | undefined {
  const fd = attempt(() => open(device, O_WRONLY | O_CLOEXEC));
  if (fd === undefined) return undefined;
  if (timeoutMs !== undefined) setTimeout(fd, Math.max(1, Math.ceil(timeoutMs / 1000)));
  let isArmed = true;
  return {
    ping: () => {
      if (isArmed) attempt(() => ioctl(fd, WDIOC_KEEPALIVE, 0));
    },
    disarm: () => {
      if (!isArmed) return true;
      isArmed =
        attempt(() => ioctl(fd, WDIOC_SETOPTIONS, encodeInt(WDIOS_DISABLECARD))) === undefined;
      if (isArmed) return false;
      // The magic close: without it, some drivers would be armed again by close(2).
      attempt(() => write(fd, "V"));
      close(fd);
      return true;
    },
  };
}

/** Drivers reject timeouts that the hardware does not support: halve until it is accepted. */
function setTimeout(fd: number, seconds: number): void {
  for (let wanted = seconds; wanted >= 1; wanted = Math.floor(wanted / 2)) {
    if (attempt(() => ioctl(fd, WDIOC_SETTIMEOUT, encodeInt(wanted))) !== undefined) return;
  }
}

function encodeInt(value: number): ArrayBuffer {
  const argument = new ArrayBuffer(4);
  new DataView(argument).setInt32(0, value, true);
  return argument;
}
