import type { SysFailure } from "./sys-failure.ts";

/**
 * Runs blocking calls where they cannot block PID 1: each in a forked child
 * with a pipe for its answer.
 */
export interface Tasks {
  /**
   * Starts `action` in a child; what it sends and then returns comes back as `output`.
   * Throws a `SysError` if there can be no child.
   */
  start(action: Action): TaskId;
  /** Those that ended, as soon as one has, or none after `timeoutMs`. */
  wait(timeoutMs: number): readonly TaskEnd[];
  /** What a running child has sent up to now: all that is left of it if it hangs. */
  sent(task: TaskId): string;
  /**
   * The children that were not yet reaped, those left behind included. In a child: those of its
   * parent when it was forked, and itself.
   */
  listOwn(): readonly number[];
  /** Kills the child and forgets it, whether or not it dies: it may hang in the kernel for ever. */
  abandon(task: TaskId): void;
}

/** What a child does. Each part that it sends reaches the parent at once. */
export type Action = (send: (part: string) => void) => string;

export type TaskId = number;

export interface TaskEnd {
  readonly task: TaskId;
  readonly result: TaskResult;
}

export type TaskResult =
  | { readonly kind: "done"; readonly output: string }
  | ({ readonly kind: "error" } & SysFailure)
  /** The child died by this signal, or gave no answer that can be read (signal 0). */
  | { readonly kind: "crashed"; readonly signal: number; readonly sent?: string };
