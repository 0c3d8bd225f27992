import type { SysFailure } from "../port/sys-error.ts";
import { quote } from "../text/show-bytes.ts";
import type { TraceProblem } from "./exec-by-trace.ts";

/** Why the machine was left as it was. */
export type PivotProblem =
  /** systemd pivots by itself, and an unknown init cannot be replaced. */
  | { readonly kind: "systemd" }
  | { readonly kind: "unknown-init"; readonly name: string }
  /** The storage belongs to the host: "in WSL". */
  | { readonly kind: "container"; readonly where: string }
  /** This process has another root, or another mount namespace, than PID 1. */
  | { readonly kind: "elsewhere" }
  | { readonly kind: "no-tree"; readonly target: string; readonly reason: string }
  | { readonly kind: "system"; readonly action: Action; readonly error: SysFailure }
  /** Each way of handing over that was tried, and how it ended. */
  | { readonly kind: "not-taken"; readonly init: string; readonly attempts: readonly Attempt[] };

export type Action = "prepare" | "enter";

export interface Attempt {
  readonly way: "request" | "finish" | "trace";
  readonly problem: TraceProblem | { readonly kind: "no-answer" };
}

/** One sentence, without the full stop. */
export function describePivotProblem(problem: PivotProblem): string {
  switch (problem.kind) {
    case "systemd":
      return "cannot pivot: systemd does that itself: run 'systemctl poweroff' or 'systemctl reboot'";
    case "unknown-init":
      return `cannot pivot: ${quote(problem.name)} is not an init that exitrd knows`;
    case "container":
      return `cannot pivot ${problem.where}`;
    case "elsewhere":
      return "cannot pivot: this process has another root or other mounts than PID 1: run it as root, outside a chroot";
    case "no-tree":
      return `cannot pivot into ${quote(problem.target)}: ${problem.reason}: run 'exitrd load'`;
    case "system": {
      const { syscall, code, words } = problem.error;
      const cure = code === "EPERM" || code === "EACCES" ? ": run it as root" : "";
      return `cannot ${problem.action} '/run/initramfs': ${syscall}: ${words}${cure}`;
    }
    case "not-taken":
      return `cannot replace ${quote(problem.init)}: ${problem.attempts.map(describeAttempt).join("; ")}: continuing without exitrd`;
  }
}

function describeAttempt({ way, problem }: Attempt): string {
  return `${nameWay(way)}: ${describeAttemptProblem(problem)}`;
}

function nameWay(way: Attempt["way"]): string {
  switch (way) {
    case "request":
      return "by '/run/initctl'";
    case "finish":
      return "by its finish program";
    case "trace":
      return "by ptrace";
  }
}

function describeAttemptProblem(problem: Attempt["problem"]): string {
  switch (problem.kind) {
    case "no-answer":
      return "it did not react in time";
    case "architecture":
      return `not written for ${quote(problem.machine)}`;
    case "no-stop":
      return "it did not stop in a system call";
    case "not-executed":
      return "it could not execute '/shutdown'";
    case "system":
      return problem.error.words;
  }
}
