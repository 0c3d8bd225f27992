import { extensionShellPath, shellPath } from "../../image/added-program.ts";
import { runTask } from "../../observe/run-task.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Console, StoppableClock } from "../../port/teardown.ts";
import { describeEnd, shellLine } from "../../teardown/report/program-end.ts";
import type { Stage } from "../../teardown/stage.ts";
import type { Verb } from "../../teardown/verb.ts";
import { type ProgramPorts, readProgramEnd } from "./run-programs.ts";

const SHELLS = [`/${shellPath}`, `/${extensionShellPath}`];
const UNLIMITED = Number.POSITIVE_INFINITY;

export interface ShellPorts extends ProgramPorts {
  readonly clock: StoppableClock;
  /** Disarms the alarm of the last resort until `armAlarm` is called. */
  holdAlarm(): void;
  /** Arms it with the rest of the total deadline. */
  armAlarm(): void;
}

/**
 * Opens a shell on the console and waits until it exits. This is the only wait without a limit,
 * because an administrator requested the shell and uses it. The deadline is stopped meanwhile.
 * Without a shell or a console, reports that and continues.
 */
export function openDebugShell(
  stage: Stage,
  verb: Verb,
  ports: ShellPorts,
  console: Console,
): void {
  const shell = SHELLS.find((path) => attempt(() => ports.reader.stat(path)) !== undefined);
  if (shell === undefined) {
    console.warn(
      `exitrd: cannot open a debug shell ${stage}: the image has no '/${shellPath}', ignoring`,
    );
    return;
  }
  console.warn(shellLine(stage, verb));
  const end = withoutDeadline(ports, () => {
    const action = (): string => JSON.stringify(ports.programs.runShell(shell));
    return readProgramEnd(runTask(action, UNLIMITED, ports), UNLIMITED);
  });
  if (end.kind !== "exited") {
    console.warn(`exitrd: cannot run the debug shell ${stage}: ${describeEnd(end)}, ignoring`);
  }
}

/** Restores the deadline afterwards, even if `wait` throws. */
function withoutDeadline<T>(ports: ShellPorts, wait: () => T): T {
  ports.holdAlarm();
  ports.clock.stop();
  try {
    return wait();
  } finally {
    ports.clock.go();
    ports.armAlarm();
  }
}
