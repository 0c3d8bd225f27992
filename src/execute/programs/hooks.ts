import { hooksPath, systemShutdownPath } from "../../image/added-program.ts";
import { runTask } from "../../observe/run-task.ts";
import { listOrNone } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Console } from "../../port/teardown.ts";
import { type ProgramRun, programLine, skippedLine } from "../../teardown/report/program-end.ts";
import type { Stage } from "../../teardown/stage.ts";
import type { Verb } from "../../teardown/verb.ts";
import { findLimitMs, type ProgramLimits, type ProgramPorts, runPrograms } from "./run-programs.ts";

const HOOKS_DIR = `/${hooksPath}`;
const SYSTEMD_DIR = `/${systemShutdownPath}`;
const OLD_ROOT = "/oldroot";
const LIST_LIMIT_MS = 2_000;
// systemd ignores hidden files, and copies that editors and packages leave.
const IGNORED = /^\.|~$|\.(?:dpkg|ucf)-[a-z]+$|\.rpm(?:new|save|orig)$|\.(?:bak|old|new|swp)$/;

/**
 * Runs the image's hooks for a stage, in the order of their names, with stage and verb as
 * arguments. Returns at `until` at the latest and does not throw. False if there are no hooks.
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
    report({ name, stage, startMs, tookMs: ports.clock.now() - startMs, end }, console);
  }
  return names.length > 0;
}

/**
 * Runs what systemd-shutdown(8) runs last: all executables of its directory, in parallel, with the
 * verb as argument.
 */
export function runSystemdScripts(
  verb: Verb,
  limits: ProgramLimits,
  ports: ProgramPorts,
  console: Console,
): void {
  runScripts(listNames(SYSTEMD_DIR, ports), undefined, verb, limits, ports, console);
}

/**
 * The same for the scripts in the old root, which systemd-shutdown would have run before the pivot.
 * False if there are none. They run in the old root, whose disk may not answer.
 */
export function runHostScripts(
  verb: Verb,
  limits: ProgramLimits,
  ports: ProgramPorts,
  console: Console,
): boolean {
  const directory = `${OLD_ROOT}${SYSTEMD_DIR}`;
  const list = (): string =>
    listNames(directory, ports)
      // systemd skips everything else without a word.
      .filter((name) => attempt(() => ports.reader.stat(`${directory}/${name}`))?.isProgram)
      .join("\n");
  const listed = runTask(list, LIST_LIMIT_MS, ports);
  if (listed.kind !== "done") {
    console.warn(`exitrd: cannot list '${directory}', ignoring`);
    return false;
  }
  const names = listed.output.split("\n").filter((name) => name !== "" && !IGNORED.test(name));
  runScripts(names, OLD_ROOT, verb, limits, ports, console);
  return names.length > 0;
}

function runScripts(
  names: readonly string[],
  root: string | undefined,
  verb: Verb,
  limits: ProgramLimits,
  ports: ProgramPorts,
  console: Console,
): void {
  const paths = names.map((name) => `${SYSTEMD_DIR}/${name}`);
  const startMs = ports.clock.now();
  const limitMs = findLimitMs(limits, ports);
  if (limitMs === undefined) {
    for (const path of paths) console.warn(skippedLine(path, undefined));
    return;
  }
  const ends = runPrograms(paths, [verb], limitMs, ports, root);
  const tookMs = ports.clock.now() - startMs;
  ends.forEach((end, index) => {
    const name = paths[index];
    if (name === undefined) throw new Error("more ends than programs");
    report({ name, stage: undefined, startMs, tookMs, end }, console);
  });
}

/** Whether the image has any program that runs after the last sync. */
export function hasPrograms(ports: ProgramPorts): boolean {
  return [HOOKS_DIR, SYSTEMD_DIR].some((directory) => listNames(directory, ports).length > 0);
}

function report(run: ProgramRun, console: Console): void {
  const say = run.end.kind === "exited" && run.end.status === 0 ? console.info : console.warn;
  say(programLine(run));
}

/** Lists the names, sorted. Never blocks, because the image is in RAM. */
function listNames(directory: string, { reader }: ProgramPorts): readonly string[] {
  return listOrNone(directory, reader);
}
