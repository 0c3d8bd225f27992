import type { Console } from "../../port/teardown.ts";
import { DEFAULT_HOOK_TIMEOUT_MS, type Settings } from "../../teardown/settings/values.ts";
import type { Stage } from "../../teardown/stage.ts";
import type { Guard } from "../guard.ts";
import type { Shutdown, ShutdownPorts } from "../shutdown.ts";
import { openDebugShell } from "./debug-shell.ts";
import { runHooks, runHostScripts } from "./hooks.ts";
import type { ProgramLimits } from "./run-programs.ts";

/** The shutdown that a stage belongs to. */
export interface Running {
  readonly asked: Shutdown;
  readonly ports: ShutdownPorts;
  readonly console: Console;
  readonly guard: Guard;
}

/**
 * Opens the debug shell if it was requested for this stage, and runs the hooks. True if either was
 * there.
 */
export function runStage(stage: Stage, until: number, running: Running): boolean {
  const { ports, console, guard } = running;
  const { verb, settings, breakAt } = running.asked;
  const isBreak = stage === breakAt;
  if (isBreak) guard("open a debug shell", () => openDebugShell(stage, verb, ports, console));
  const hasRun = guard("run the hooks", () =>
    runHooks(stage, verb, limitPrograms(until, settings), ports, console),
  );
  // If running hooks threw, some may have run.
  return (hasRun ?? true) || isBreak;
}

/** Runs the programs before the first step. True if there were any. */
export function prepareRelease(until: number, running: Running): boolean {
  const { asked, ports, console, guard } = running;
  const runScripts = (): boolean =>
    runHostScripts(asked.verb, limitPrograms(until, asked.settings), ports, console);
  const hasRun =
    asked.isEarly === true && (guard("run the scripts of the machine", runScripts) ?? true);
  return runStage("before-umount", until, running) || hasRun;
}

export function limitPrograms(until: number, { hookTimeoutMs }: Settings): ProgramLimits {
  return { eachMs: hookTimeoutMs ?? DEFAULT_HOOK_TIMEOUT_MS, until };
}
