import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { parseSwaps } from "../../kinds/swap/proc-swaps.ts";
import { readLine } from "../../observe/read-line.ts";
import { runTasks } from "../../observe/run-task.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import type { Ports } from "../ports.ts";

/** The facts for a release without a plan. */
export interface Sight {
  readonly mounts: readonly Mount[];
  /** Their paths. */
  readonly swaps: readonly string[];
  readonly devices: readonly PlainDevice[];
}

/** A dm, loop or md device. */
export interface PlainDevice {
  /** The kernel's name. */
  readonly name: string;
  readonly dev: string;
  readonly slaves: readonly string[];
}

/** How the names of the common kinds begin: dm-N, loopN, mdN. */
const COMMON = ["dm", "lo", "md"];
const SYS_BLOCK = "/sys/class/block";
const LOOK_LIMIT_MS = 3_000;

/**
 * Observes again with as little code as possible, since observing may be what failed. A read that
 * hangs costs only its own answer. Undefined if the mounts cannot be read before `until`
 * (milliseconds of `ports.clock`).
 */
export function lookPlainly(until: number, ports: Ports): Sight | undefined {
  const { reader } = ports;
  const [mountinfo, swaps = "", devices = ""] = runTasks(
    [
      () => reader.readText("/proc/self/mountinfo"),
      () => reader.readText("/proc/swaps"),
      () => describeDevices(reader),
    ],
    Math.min(LOOK_LIMIT_MS, until - ports.clock.now()),
    ports,
  ).map((seen) => (seen.kind === "done" ? seen.output : undefined));
  if (mountinfo === undefined) return undefined;
  return {
    mounts: parseMountinfo(mountinfo),
    swaps: parseSwaps(swaps).map((swap) => swap.path),
    devices: devices
      .split("\n")
      .slice(1)
      .map((line) => {
        const [name = "", dev = "", ...slaves] = line.split(" ");
        return { name, dev, slaves };
      }),
  };
}

/** Each after a newline. None of these files makes the kernel ask a driver. */
function describeDevices(reader: Reader): string {
  let text = "";
  for (const name of reader.readDir(SYS_BLOCK)) {
    const dir = `${SYS_BLOCK}/${name}`;
    const size = COMMON.includes(name.slice(0, 2)) ? readLine(reader, `${dir}/size`) : undefined;
    // A loop device without a file, or an array that was stopped. The file may be empty.
    const isEmpty = size === "0" && readLine(reader, `${dir}/loop/backing_file`) === undefined;
    if (size === undefined || isEmpty) continue;
    const slaves = attempt(() => reader.readDir(`${dir}/slaves`)) ?? [];
    text += `\n${[name, readLine(reader, `${dir}/dev`), ...slaves].join(" ")}`;
  }
  return text;
}
