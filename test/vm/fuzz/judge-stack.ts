import type { Apart } from "./apart.ts";
import { judgeFaulty } from "./judge-faults.ts";
import type { Stack } from "./lay-stack.ts";

/** The disk of the root file system, which the guest runs on. */
const ROOT_DISK = "vda";

/** The result of one stack. */
export interface Verdict {
  /** The output of the script that failed to build it, if it did. */
  readonly notBuilt?: string;
  /** One sentence for each unexpected result. */
  readonly failures: readonly string[];
  /** The releases of mounts and devices without holders. */
  readonly aparts: readonly Apart[];
  /** The faults that occurred. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** Reads the guest's output about a stack up to its "end". A line is "keyword rest". */
export function judgeStack(stack: Stack, lines: readonly string[]): Verdict {
  const failures: string[] = [];
  const aparts: Apart[] = [];
  const names = new Map<string, string>();
  const left: string[] = [];
  let notBuilt: string | undefined;
  let seconds = 0;
  for (const line of lines) {
    const [keyword = "", rest] = splitFirst(line);
    switch (keyword) {
      case "not-built":
        notBuilt = rest;
        break;
      case "apart": {
        const apart = readApart(rest);
        if (apart !== undefined) aparts.push(apart);
        else failures.push(`no report: ${rest}`);
        // The first teardown of a stack with faults is judged when everything is known.
        if (apart !== undefined && (stack.faults === undefined || aparts.length > 1)) {
          failures.push(...judgeApart(apart));
        }
        break;
      }
      case "map": {
        const [device, name] = splitFirst(rest);
        names.set(device, name);
        break;
      }
      case "kept":
        left.push(rest);
        break;
      case "held":
        failures.push(...judgeHeld(stack.held, readApart(rest)));
        break;
      case "left":
        failures.push(`left: ${rest}`);
        break;
      case "different":
        failures.push(`cannot be put together again as it was: ${rest}`);
        break;
      case "unclean":
        failures.push(`was not clean: ${rest}`);
        break;
      case "claimed":
        failures.push("a partition is still in use");
        break;
      case "end":
        seconds = Number(rest) / 1000;
        break;
    }
  }
  const [faulty] = aparts;
  if (stack.faults !== undefined && faulty !== undefined) {
    failures.push(...judgeFaulty(stack, stack.faults, faulty, left, names));
  }
  if (notBuilt === undefined && aparts.length !== 2) failures.push("was not taken apart twice");
  const base = { failures, aparts, faults: stack.faults?.names ?? [], seconds };
  return notBuilt === undefined ? base : { ...base, notBuilt, failures: [] };
}

function splitFirst(line: string): readonly [string, string] {
  const space = line.indexOf(" ");
  return space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
}

function readApart(text: string): Apart | undefined {
  try {
    return JSON.parse(text) as Apart;
  } catch {
    return undefined;
  }
}

function judgeApart({ failed, left }: Apart): readonly string[] {
  return [
    ...failed.map((one) => `failed: ${JSON.stringify(one)}`),
    ...left.filter((name) => name !== ROOT_DISK).map((name) => `said to be left: ${name}`),
  ];
}

/** Only that mount is busy, its holder is reported, and nothing else fails. */
function judgeHeld(held: string | undefined, apart: Apart | undefined): readonly string[] {
  if (apart === undefined) return ["no report of what was held"];
  const others = apart.failed.filter(
    ({ step, failure }) => step !== `umount '${held}'` || failure.kind !== "busy",
  );
  const holders = apart.kept.find(({ target }) => target === held)?.holders ?? [];
  const isNamed = holders.some(
    ({ command, by }) => command === "sleep" && (by === "cwd" || by === "fd"),
  );
  return [
    ...(isNamed ? [] : [`the holder of '${held}' is not named`]),
    ...(others.length < apart.failed.length ? [] : [`'${held}' was not busy`]),
    ...others.map((one) => `failed beside what is held: ${JSON.stringify(one)}`),
  ];
}
