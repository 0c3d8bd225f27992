import { attempt } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";

/** The text of an attribute in sysfs; undefined if missing. */
export function readLine(reader: Reader, path: string): string | undefined {
  // Only strip the newline that sysfs adds: a file name may end in spaces.
  return attempt(() => reader.readText(path))?.replace(/\n$/, "");
}
