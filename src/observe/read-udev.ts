import { readOrEmpty } from "../port/best-effort.ts";
import type { Reader } from "../port/teardown.ts";

/**
 * What udev's database has about a block device, by key: asking the disk itself would wake it from
 * standby. Undefined for what udev does not know, or not yet.
 */
export function readUdev(
  dev: string,
  reader: Pick<Reader, "readText">,
): (key: string) => string | undefined {
  const lines = readOrEmpty(`/run/udev/data/b${dev}`, reader).split("\n");
  return (key) => lines.find((line) => line.startsWith(`E:${key}=`))?.slice(key.length + 3);
}
