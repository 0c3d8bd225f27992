import { CONFIG_KEYS, type ConfigNote, type ConfigProblem } from "../parse/config.ts";
import { PARAMETERS } from "../parse/parameters.ts";
import { findStrictest } from "../parse/strictest.ts";
import { quote } from "../text/show-bytes.ts";

const SPAN = "a time span from 1 s to 1 day";
const PCR = "a PCR from 8 to 15";

/** What each key takes, in the words of exitrd.conf(5). */
const WANTED: ReadonlyMap<string, string> = new Map([
  ["Timeout", SPAN],
  ["StepTimeout", `KIND:SPAN with ${SPAN}, as in umount:60s`],
  ["HookTimeout", SPAN],
  ["LogLevel", "0 to 7 or a name from emerg to debug"],
  ["ZFS", "export, release or leave"],
  ["SysRq", "yes or no"],
  ["Wipe", "yes or no"],
  ["Watchdog", `off or ${SPAN}`],
  ["HaltWatchdog", "disarm or keep"],
  ["Verify", "require, prefer or off"],
  ["Measure", "require, prefer or off"],
  ["Seal", "no or verity"],
  ["ImagePCR", PCR],
  ["ExtensionPCR", PCR],
]);

/** "/etc/exitrd.conf:3: cannot read Timeout='soon': it takes …, ignoring". */
export function configLine({ path, line, problem }: ConfigNote): string {
  const place = line === 0 ? path : `${path}:${line}`;
  return `${place}: ${describeProblem(problem)}, ${sayConsequence(problem)}`;
}

/** "cannot read 'exitrd.verify=requrie' on the kernel command line, taking 'require'" */
export function parameterLine(word: string): string {
  const name = PARAMETERS.get(word.split("=")[0] ?? "");
  const place = `cannot read ${quote(word)} on the kernel command line`;
  return `${place}, ${sayTaken(name && findStrictest(name))}`;
}

function sayConsequence(problem: ConfigProblem): string {
  if (problem.kind === "unreadable") {
    return "taking Verify=require, Measure=require and Seal=verity";
  }
  const name = problem.kind === "wrong-value" ? CONFIG_KEYS.get(problem.key) : undefined;
  return sayTaken(name && findStrictest(name));
}

function sayTaken(strictest: string | undefined): string {
  return strictest === undefined ? "ignoring" : `taking '${strictest}'`;
}

function describeProblem(problem: ConfigProblem): string {
  switch (problem.kind) {
    case "unreadable":
      return `cannot read it: ${problem.reason}`;
    case "too-long":
      return "it is longer than 64 KiB";
    case "no-equals":
      return `no '=' in ${quote(problem.text)}`;
    case "unknown-section":
      return `unknown section ${quote(problem.section)}: there is [Exitrd] only`;
    case "no-section":
      return `${quote(problem.key)} comes before [Exitrd]`;
    case "unknown-key":
      return `unknown key ${quote(problem.key)}`;
    case "wrong-value": {
      const { key, value } = problem;
      return `cannot read ${key}=${quote(value)}: it takes ${WANTED.get(key)}`;
    }
  }
}
