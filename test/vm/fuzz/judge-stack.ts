import type { Apart } from "./apart.ts";
import type { Stack } from "./lay-stack.ts";

/** The disk of the root file system, which the guest runs on. */
const ROOT_DISK = "vda";

/** The result of one stack. */
export interface Verdict {
  /** Of the script that did not build it, where it did not. */
  readonly notBuilt?: string;
  /** One sentence for each thing that was not as it must be. */
  readonly failures: readonly string[];
  /** Each release of something without holders. */
  readonly aparts: readonly Apart[];
  readonly seconds: number;
}

/** Reads what the guest said of a stack, "keyword rest" a line, up to its "end". */
export function judgeStack(stack: Stack, lines: readonly string[]): Verdict {
  const failures: string[] = [];
  const aparts: Apart[] = [];
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
        failures.push(...(apart === undefined ? [`no report: ${rest}`] : judgeApart(apart)));
        break;
      }
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
  if (notBuilt === undefined && aparts.length !== 2) failures.push("was not taken apart twice");
  const base = { failures, aparts, seconds };
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

/** The one mount is busy, its holder is named, and nothing else fails. */
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
