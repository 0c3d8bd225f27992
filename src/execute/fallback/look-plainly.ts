import { parseMountinfo } from "../../kinds/mount/mountinfo.ts";
import { parseSwaps } from "../../kinds/swap/proc-swaps.ts";
import { readLine } from "../../observe/read-line.ts";
import { runAll } from "../../observe/run-task.ts";
import type { Reader } from "../../port/reader.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Mount } from "../../teardown/snapshot/base.ts";
import type { Ports } from "../ports.ts";

/** What a release without a plan goes by. */
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

const COMMON = /^(?:dm-|loop|md)/;
const SYS_BLOCK = "/sys/class/block";
// Beyond this, the text does not come.
const FIRST_MS = 5_000;
const SILENT_MS = 1_000;

/**
 * Looks once more, by as little as possible: observing may be what failed. A file that hangs costs
 * what it shows, and what is read after it. Undefined without the mounts, or once it is `until`
 * (milliseconds of `ports.clock`).
 */
export function lookPlainly(until: number, ports: Ports): Sight | undefined {
  const { reader } = ports;
  const [mountinfo, swaps = "", devices = ""] = runAll(
    [
      () => reader.readText("/proc/self/mountinfo"),
      () => reader.readText("/proc/swaps"),
      (send: (part: string) => void) => sendDevices(reader, send),
    ].map((action) => ({ action, firstMs: FIRST_MS, silentMs: SILENT_MS })),
    Math.min(2 * FIRST_MS, until - ports.clock.now()),
    ports,
  ).map((seen) => {
    if (seen.kind === "done") return seen.output;
    return seen.kind === "error" ? undefined : seen.sent;
  });
  if (mountinfo === undefined) return undefined;
  return {
    mounts: parseMountinfo(mountinfo),
    swaps: parseSwaps(swaps).map((swap) => swap.path),
    // Behind the last end there is nothing, or a line that was cut off.
    devices: devices
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const [name = "", dev = "", ...slaves] = line.split(" ");
        return { name, dev, slaves };
      }),
  };
}

function sendDevices(reader: Reader, send: (part: string) => void): string {
  for (const name of reader.readDir(SYS_BLOCK)) {
    const dir = `${SYS_BLOCK}/${name}`;
    const size = COMMON.test(name) ? readLine(reader, `${dir}/size`) : undefined;
    // A loop device without a file, or an array that was stopped. The file may be empty.
    const isEmpty = size === "0" && readLine(reader, `${dir}/loop/backing_file`) === undefined;
    if (size === undefined || isEmpty) continue;
    const slaves = attempt(() => reader.readDir(`${dir}/slaves`)) ?? [];
    send(`${[name, readLine(reader, `${dir}/dev`), ...slaves].join(" ")}\n`);
  }
  return "";
}
