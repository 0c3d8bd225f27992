import type { FileReader, FileWriter } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { earlyMark } from "../text/tree-paths.ts";

/**
 * Enables exitrd-early.service. Without the mark the machine shuts down as usual, so a failure here
 * does not make the load fail.
 */
export function markEarly(
  { enter }: Settings,
  files: FileReader & Pick<FileWriter, "replaceFile" | "removeFile">,
): void {
  const isThere = attempt(() => files.status(earlyMark)) !== undefined;
  if (enter === "early" && !isThere) {
    attempt(() => files.replaceFile(earlyMark, new Uint8Array(), 0o444));
  }
  if (enter !== "early" && isThere) attempt(() => files.removeFile(earlyMark));
}
