import type { InitName } from "../load/known-inits.ts";
import type { PivotKernel, Tracing } from "../port/pivot.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import type { Reader } from "../port/teardown.ts";
import type { Verb } from "../teardown/verb.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { shutdownPath } from "../text/tree-paths.ts";
import { execByTrace } from "./exec-by-trace.ts";
import { encodeInitRequest } from "./init-request.ts";
import type { Attempt } from "./pivot-problem.ts";

export interface HandOverPorts {
  readonly kernel: PivotKernel;
  readonly tracing: Tracing;
  readonly reader: Reader;
  /** The machine field of uname(2). */
  readonly machine: string;
}

/** The old root after the pivot, also for 'exitrd-shutdown'. */
export const OLD_ROOT = "/oldroot";

const ANSWER_LIMIT_MS = 5_000;
const POLL_MS = 20;
const INITCTL = "/run/initctl";

/**
 * Makes PID 1 execute /shutdown, first in the way that the init offers, then by ptrace. Called
 * after the pivot. What a failed attempt has changed is undone.
 */
export function handOver(
  init: InitName,
  verb: Verb,
  ports: HandOverPorts,
): Checked<undefined, readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const way of listWays(init)) {
    const problem = tryWay(way, verb, ports);
    if (problem === undefined) return accept(undefined);
    attempts.push({ way, problem });
  }
  return refuse(attempts);
}

function listWays(init: InitName): readonly Attempt["way"][] {
  switch (init) {
    case "sysvinit":
      return ["request", "trace"];
    case "s6-svscan":
      return ["finish", "trace"];
    case "openrc-init":
    case "runit":
    case "finit":
    case "BusyBox init":
      return ["trace"];
  }
}

function tryWay(
  way: Attempt["way"],
  verb: Verb,
  ports: HandOverPorts,
): Attempt["problem"] | undefined {
  switch (way) {
    case "request":
      return request(ports);
    case "finish":
      return finish(ports);
    case "trace": {
      const { tracing, machine, reader } = ports;
      const argv = [`/${shutdownPath}`, verb];
      const traced = execByTrace(1, argv, machine, {
        tracing,
        // An init that was asked before may have answered late.
        isExecuted: () => isOurs(reader),
      });
      return traced.ok ? undefined : traced.problem;
    }
  }
}

/** sysvinit executes /sbin/init again for run level U, in the middle of another one. */
function request(ports: HandOverPorts): Attempt["problem"] | undefined {
  const sent = trySys(() => ports.kernel.writeFifo(INITCTL, encodeInitRequest("U")));
  if (!sent.ok) return { kind: "system", error: sent.problem };
  return waitForExec(ports) ? undefined : { kind: "no-answer" };
}

/** s6-svscan executes .s6-svscan/finish, relative to its directory, when it gets SIGABRT. */
function finish(ports: HandOverPorts): Attempt["problem"] | undefined {
  const { kernel, reader } = ports;
  const linked = trySys(() => {
    const path = `${reader.readLink("/proc/1/cwd")}/.s6-svscan/finish`;
    attempt(() => kernel.rename(path, `${path}.exitrd`), ["ENOENT"]);
    kernel.link(`/${shutdownPath}`, path);
    return path;
  });
  if (!linked.ok) return { kind: "system", error: linked.problem };
  const sent = trySys(() => kernel.kill(1, "SIGABRT"));
  if (sent.ok && waitForExec(ports)) return undefined;
  attempt(() => kernel.removeFile(linked.value));
  attempt(() => kernel.rename(`${linked.value}.exitrd`, linked.value));
  return sent.ok ? { kind: "no-answer" } : { kind: "system", error: sent.problem };
}

function waitForExec({ kernel, reader }: HandOverPorts): boolean {
  for (let waited = 0; waited < ANSWER_LIMIT_MS; waited += POLL_MS) {
    if (isOurs(reader)) return true;
    kernel.sleep(POLL_MS);
  }
  return false;
}

/** What PID 1 executes is below /oldroot until it is ours. */
function isOurs(reader: Reader): boolean {
  const program = attempt(() => reader.readLink("/proc/1/exe"));
  return program !== undefined && !program.startsWith(`${OLD_ROOT}/`);
}
