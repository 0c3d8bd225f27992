import { quote, showBytes } from "../../text/show-bytes.ts";
import type { Update } from "../updates.ts";

/** One line for each package, with its first file: "'/usr/sbin/zpool' of zfsutils-linux 2.1.11 …". */
export function updateLines(updates: readonly Update[], cure: string): readonly string[] {
  const groups = new Map<string, readonly Update[]>();
  for (const update of updates) {
    const { file, package: name } = update.origin;
    const key = `${update.state} ${name ?? file}`;
    groups.set(key, [...(groups.get(key) ?? []), update]);
  }
  return [...groups.values()].map((group) => `${sayGroup(group)}: ${cure}`);
}

function sayGroup([first, ...rest]: readonly Update[]): string {
  if (first === undefined) throw new Error("an empty group of updates");
  const { file, package: name, version } = first.origin;
  const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
  const owner = name === undefined ? "" : ` of ${showBytes(`${name} ${version ?? ""}`.trim())}`;
  const were = rest.length === 0 ? "was" : "were";
  const what = first.state === "gone" ? "removed" : "updated";
  return `${quote(file)}${more}${owner} ${were} ${what} after the image was built`;
}

/** For a file that build.conf lists but the image lacks. */
export function absentLine(file: string, conf: string, cure: string): string {
  return `${quote(file)}, listed in ${conf}, is not in the image: ${cure}`;
}
