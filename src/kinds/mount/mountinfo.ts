import type { Mount } from "../../teardown/snapshot/base.ts";
import { parseDecimal } from "../../text/dev.ts";
import { unescapeOctal } from "../../text/escapes.ts";

/**
 * The longest path that is kept, in characters with escapes. A user can make that of his mount a
 * megabyte long, by renaming the directories above it, and the table larger than the memory.
 */
export const LONGEST_PATH = 16_384;

/** Shortens the paths of a line, which may be incomplete, so that they are still too long. */
export function clipPaths(line: string): string {
  if (line.length <= LONGEST_PATH) return line;
  return line
    .split(" ")
    .map((field) => (field.startsWith("/") ? field.slice(0, LONGEST_PATH + 1) : field))
    .join(" ");
}

/**
 * Reads /proc/PID/mountinfo (proc_pid_mountinfo(5)).
 *
 * Invalid lines are ignored: the kernel does not write any, and PID 1 must not throw because of
 * one. Time and memory are linear in the text.
 */
export function parseMountinfo(text: string): Mount[] {
  const splitOptions = createOptionSplitter();
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const mount = parseLine(line, splitOptions);
    if (mount !== undefined) mounts.push(mount);
  }
  return mounts;
}

type OptionSplitter = (field: string) => readonly string[];

function parseLine(line: string, splitOptions: OptionSplitter): Mount | undefined {
  const fields = line.split(" ");
  // Any number of optional fields, then a single dash.
  const dash = fields.indexOf("-", 6);
  if (dash < 0) return undefined;
  const [id, parentId, dev, root, target, options] = fields;
  const [fsType, source, superOptions] = fields.slice(dash + 1, dash + 4);
  if (target === undefined || root === undefined || superOptions === undefined) return undefined;
  const numbers = { id: parseDecimal(id ?? ""), parentId: parseDecimal(parentId ?? "") };
  if (numbers.id === undefined || numbers.parentId === undefined) return undefined;
  return {
    id: numbers.id,
    parentId: numbers.parentId,
    dev: dev ?? "",
    root: readPath(root),
    target: readPath(target),
    options: splitOptions(options ?? ""),
    propagation: dash === 6 ? [] : fields.slice(6, dash),
    fsType: unescapeOctal(fsType ?? ""),
    source: unescapeOctal(source ?? ""),
    superOptions: splitOptions(superOptions),
  };
}

function readPath(field: string): string {
  return field.length > LONGEST_PATH ? "" : unescapeOctal(field);
}

/**
 * Splits before it resolves escapes, because a comma inside a value is written as \054. Thousands
 * of mounts share a handful of option lists, each of which is split once.
 */
function createOptionSplitter(): OptionSplitter {
  const known = new Map<string, readonly string[]>();
  return (field) => {
    const found = known.get(field);
    if (found !== undefined) return found;
    const options = field.split(",");
    const split = field.includes("\\") ? options.map(unescapeOctal) : options;
    known.set(field, split);
    return split;
  };
}
