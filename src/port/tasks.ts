import type { SysFailure } from "./sys-failure.ts";

/**
 * Runs blocking calls where they cannot block PID 1: each in a forked child
 * with a pipe for its answer.
 */
export interface Tasks {
  /**
   * Starts `action` in a child; everything that it sends and returns becomes the `output`.
   * Throws a `SysError` if no child can be created.
   */
  start(action: Action): TaskId;
  /** Waits until a child exits; returns all that have, or none after `timeoutMs`. */
  wait(timeoutMs: number): readonly TaskEnd[];
  /** What a running child has sent so far, which is all that remains if it hangs. */
  sent(task: TaskId): string;
  /**
   * The children that were not reaped yet, including abandoned ones. In a child: those of its parent
   * when it was forked, and the child itself.
   */
  listOwn(): readonly number[];
  /** Kills the child and does not wait for it: it may hang in the kernel for ever. */
  abandon(task: TaskId): void;
}

/** The work of a child. Each part that it sends reaches the parent at once. */
export type Action = (send: (part: string) => void) => string;

export type TaskId = number;

export interface TaskEnd {
  readonly task: TaskId;
  readonly result: TaskResult;
}

export type TaskResult =
  | { readonly kind: "done"; readonly output: string }
  | ({ readonly kind: "error" } & SysFailure)
  /** The child was killed by this signal, or gave no valid answer (signal 0). */
  | { readonly kind: "crashed"; readonly signal: number; readonly sent?: string };
