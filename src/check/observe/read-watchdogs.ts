import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { WatchdogFacts } from "../facts.ts";

const SYS = "/sys/class/watchdog";

/**
 * Documentation/ABI/testing/sysfs-class-watchdog. No device is opened: that would start the
 * watchdog.
 */
export function readWatchdogs(reader: Reader): readonly WatchdogFacts[] {
  const open = listOrNone("/proc/1/fd", reader).map(
    (fd) => attempt(() => reader.readLink(`/proc/1/fd/${fd}`)) ?? "",
  );
  const read = (name: string, member: string): string =>
    readOrEmpty(`${SYS}/${name}/${member}`, reader).trim();
  return listOrNone(SYS, reader).map((name) => ({
    name,
    isActive: read(name, "state") === "active",
    isNoWayOut: read(name, "nowayout") === "1",
    timeoutS: Number(read(name, "timeout")) || 0,
    isInits: open.includes(`/dev/${name}`) || open.includes("/dev/watchdog"),
  }));
}
