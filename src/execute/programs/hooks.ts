import { hooksPath, systemShutdownPath } from "../../image/added-program.ts";
import { listOrNone } from "../../port/best-effort.ts";
import type { Console } from "../../port/teardown.ts";
import { type ProgramRun, programLine, skippedLine } from "../../teardown/report/program-end.ts";
import type { Stage } from "../../teardown/stage.ts";
import type { Verb } from "../../teardown/verb.ts";
import { findLimitMs, type ProgramLimits, type ProgramPorts, runPrograms } from "./run-programs.ts";

const HOOKS_DIR = `/${hooksPath}`;
const SYSTEMD_DIR = `/${systemShutdownPath}`;

/**
 * Runs the image's hooks for a stage, in the order of their names, with stage
 * and verb as arguments. Whatever they do, this returns by `until` and throws
 * nothing. False if there are none.
 */
export function runHooks(
  stage: Stage,
  verb: Verb,
  limits: ProgramLimits,
  ports: ProgramPorts,
  console: Console,
): boolean {
  const names = listNames(HOOKS_DIR, ports).filter((name) => /^[0-9][0-9]-./.test(name));
  for (const name of names) {
    const startMs = ports.clock.now();
    const limitMs = findLimitMs(limits, ports);
    if (limitMs === undefined) {
      console.warn(skippedLine(name, stage));
      continue;
    }
    const [end] = runPrograms([`${HOOKS_DIR}/${name}`], [stage, verb], limitMs, ports);
    if (end === undefined) throw new Error("one program, no end");
    tell({ name, stage, startMs, tookMs: ports.clock.now() - startMs, end }, console);
  }
  return names.length > 0;
}

/**
 * Runs what systemd-shutdown(8) runs last: all executables of its directory,
 * side by side, with the verb as argument.
 */
export function runSystemdScripts(
  verb: Verb,
  limits: ProgramLimits,
  ports: ProgramPorts,
  console: Console,
): void {
  const paths = listNames(SYSTEMD_DIR, ports).map((name) => `${SYSTEMD_DIR}/${name}`);
  const startMs = ports.clock.now();
  const limitMs = findLimitMs(limits, ports);
  if (limitMs === undefined) {
    for (const path of paths) console.warn(skippedLine(path, undefined));
    return;
  }
  const ends = runPrograms(paths, [verb], limitMs, ports);
  const tookMs = ports.clock.now() - startMs;
  ends.forEach((end, index) => {
    const name = paths[index];
    if (name === undefined) throw new Error("more ends than programs");
    tell({ name, stage: undefined, startMs, tookMs, end }, console);
  });
}

/** Whether the image has any program that runs after the last sync. */
export function hasPrograms(ports: ProgramPorts): boolean {
  return [HOOKS_DIR, SYSTEMD_DIR].some((directory) => listNames(directory, ports).length > 0);
}

function tell(run: ProgramRun, console: Console): void {
  const say = run.end.kind === "exited" && run.end.status === 0 ? console.info : console.warn;
  say(programLine(run));
}

/** Sorted. The image is in RAM: reading its directories waits for nothing. */
function listNames(directory: string, { reader }: ProgramPorts): readonly string[] {
  return listOrNone(directory, reader);
}
