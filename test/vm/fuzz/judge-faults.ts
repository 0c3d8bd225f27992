import type { Apart } from "./apart.ts";
import type { Faults } from "./lay-faults.ts";
import type { Stack } from "./lay-stack.ts";

// take-apart.ts has 40 s in total, and 6 s for each step that hangs.
const TOTAL_MS = 40_000;
const FREE_MS = 15_000;

/** The guest's names at the time of the fault: the meaning of "dm-3", "loop0". */
export type NameMap = ReadonlyMap<string, string>;

/**
 * Everything that no fault reaches must be released at the first attempt and soon; whatever else is
 * left must be reported; all must end in time. `left` is what the guest still has attached.
 */
export function judgeFaulty(
  stack: Stack,
  faults: Faults,
  apart: Apart,
  left: readonly string[],
  names: NameMap,
): readonly string[] {
  const isTouched = (name: string): boolean =>
    findOwners(name, stack, names).some((owner) => faults.touched.has(owner));
  const failed = apart.failed.filter(({ step }) => !isTouched(nameOf(step)));
  const late = (apart.released ?? []).filter(
    ({ step, endMs }) => endMs > FREE_MS && !isTouched(nameOf(step)),
  );
  const said = [...apart.left, ...(apart.lines ?? [])];
  const attached = left
    .map((line) => nameAttached(line, names))
    .filter((name) => !OWN.includes(name));
  return [
    ...failed.map((one) => `beyond its fault failed: ${JSON.stringify(one)}`),
    ...late.map(({ step, endMs }) => `beyond its fault, ${step} came after ${endMs} ms`),
    ...apart.left
      .filter((name) => !isTouched(name) && !ROOT.includes(name))
      .map((name) => `beyond its fault, said to be left: ${name}`),
    ...attached
      .filter((name) => !isTouched(name))
      .map((name) => `beyond its fault is left: ${name}`),
    ...attached
      .filter((name) => isTouched(name) && !said.some((text) => text.includes(name)))
      .map((name) => `is left and not named: ${name}`),
    ...(apart.tookMs > TOTAL_MS ? [`took ${apart.tookMs} ms`] : []),
  ];
}

// Parts of the faults themselves.
const OWN = ["/run/ice", "/sys/kernel/config"];

// The disk of the root file system, which the guest runs on.
const ROOT = ["vda"];

/** "dm remove 'z1'" → "z1" */
function nameOf(step: string): string {
  return /'(.*)'$/.exec(step)?.[1] ?? step;
}

/** Converts a line of `list_attached` in fuzz.sh to exitrd's name for it. */
function nameAttached(line: string, names: NameMap): string {
  const [, device] = /^\/sys\/block\/([^/]+)\//.exec(line) ?? [];
  if (device?.startsWith("dm-")) {
    // While the kernel waits for I/O to remove a device, it has no name any more.
    return line.split(" ")[1] || (names.get(device) ?? line);
  }
  return device ?? names.get(line) ?? line.replace(/^(mount|swap) /, "");
}

function withoutFolder(name: string): string {
  return name.replace(/^\/dev\/(mapper\/)?/, "");
}

/** The layers and partitions that a name of the guest belongs to; empty if unknown. */
function findOwners(name: string, { mounted }: Stack, names: NameMap): readonly string[] {
  const short = withoutFolder(name);
  // The name of a loop device is that of its file or device.
  const real = withoutFolder(names.get(short) ?? short);
  const mounts = mounted.get(real);
  if (mounts !== undefined) return [...mounts];
  const [, partition] = /^(?:f|vd[a-z])(\d+)(?:p\d+)*$/.exec(real) ?? [];
  if (partition !== undefined) return [`p${partition}`];
  const [, layer] = /^[zv](\d+)(?:[ab]|p\d+|-.*|\/.*)*$/.exec(real) ?? [];
  if (layer !== undefined) return [layer];
  const [, shifted] = /^(?:loop|md)(\d+)(?:p\d+)*$/.exec(real) ?? [];
  if (shifted !== undefined) return [String(Number(shifted) - 20)];
  const [, server] = /^nbd(\d+)(?:p\d+)*$/.exec(real) ?? [];
  if (server !== undefined) return [String(Number(server) + 90)];
  // The image of a loop device, or a swap file.
  const [, file] = /\/(\d+)\.\w+$/.exec(real) ?? [];
  return file === undefined ? [] : [file];
}
