import {
  close,
  exit,
  fork,
  getpid,
  kill,
  POLLIN,
  pipe,
  poll,
  readText,
  SIGKILL,
  sleep,
  WNOHANG,
  waitpid,
  writeAll,
} from "exitrd:sys";
import { attempt, isSysError, toSysFailure } from "../port/sys-error.ts";
import type { Action, TaskResult, Tasks } from "../port/teardown.ts";

// Few tasks have longer answers; the largest size that comes from a slab (native/alloc.c).
const CHUNK = 8_192;
// A child that has closed its pipe is exiting; it becomes a zombie immediately.
const REAP_LIMIT_MS = 200;
// A child that has begun to answer exits as soon as it has written everything. EOF of the pipe may
// never come if a process that it started keeps it open, so the child itself is polled.
const ENDING_MS = 5;

interface Child {
  readonly pid: number;
  readonly fd: number;
  answer: string;
  /** As returned by waitpid(2) once it was reaped; its pid may be reused from then on. */
  status: number | undefined;
}

/**
 * The `Tasks` port: fork(2) and a pipe for each child. Also reaps all other processes, since PID 1
 * inherits every orphan.
 */
export function createTasks(): Tasks {
  const children = new Map<number, Child>();
  // Includes abandoned children: a pid is not reused until its process was reaped.
  const unreaped = new Set<number>();
  return {
    start(action) {
      const child = startChild(action);
      children.set(child.pid, child);
      unreaped.add(child.pid);
      return child.pid;
    },
    wait(timeoutMs) {
      reapAll(children, unreaped);
      const ended = [...children.values()].filter(({ status }) => status !== undefined);
      for (const child of ended) readLeft(child);
      const done =
        ended.length > 0 ? ended : awaitAnswers([...children.values()], timeoutMs, unreaped);
      return done.map((child) => {
        close(child.fd);
        children.delete(child.pid);
        return { task: child.pid, result: readResult(child) };
      });
    },
    sent: (task) => findChild(task, children).answer,
    listOwn: () => [...unreaped, getpid()],
    abandon(task) {
      const child = findChild(task, children);
      children.delete(task);
      close(child.fd);
      if (child.status === undefined) attempt(() => kill(task, SIGKILL));
    },
  };
}

function findChild(task: number, children: ReadonlyMap<number, Child>): Child {
  const child = children.get(task);
  if (child === undefined) throw new Error(`no child ${task}`);
  return child;
}

function startChild(action: Action): Child {
  const [readEnd, writeEnd] = pipe();
  let pid: number;
  try {
    pid = fork();
  } catch (thrown) {
    close(readEnd);
    close(writeEnd);
    throw thrown;
  }
  if (pid === 0) runChild(action, writeEnd);
  close(writeEnd);
  return { pid, fd: readEnd, answer: "", status: undefined };
}

/** Never returns: a child that did would continue as a second PID 1. */
function runChild(action: Action, fd: number): never {
  try {
    writeAll(
      fd,
      settle(action, (part) => writeAll(fd, part)),
    );
  } catch {
    // A child without an answer is reported as crashed, which is correct.
  }
  exit(0);
}

/**
 * The last part of an answer: the rest of the output, unquoted since it may be large, then a line
 * with the result.
 */
function settle(action: Action, send: (part: string) => void): string {
  try {
    return `${action(send)}\ndone`;
  } catch (thrown) {
    if (!isSysError(thrown)) return "\ncrashed";
    const { syscall, code, words } = toSysFailure(thrown);
    return `\nerror ${syscall} ${code} ${words}`;
  }
}

/** An answer without its last line was cut off. */
function decode(answer: string): TaskResult {
  const at = answer.lastIndexOf("\n");
  if (at < 0) return crash(0, answer);
  const sent = answer.slice(0, at);
  const [kind, syscall, code, ...words] = answer.slice(at + 1).split(" ");
  if (kind === "done") return { kind: "done", output: sent };
  if (kind === "error" && syscall !== undefined && code !== undefined) {
    return { kind: "error", syscall, code, words: words.join(" ") };
  }
  return crash(0, kind === "crashed" ? sent : answer);
}

function crash(signal: number, sent: string): TaskResult {
  return { kind: "crashed", signal, ...(sent === "" ? {} : { sent }) };
}

/** Reads from the pipes, and returns the children whose pipe is at its end. */
function awaitAnswers(
  list: readonly Child[],
  timeoutMs: number,
  unreaped: Set<number>,
): readonly Child[] {
  const isEnding = list.some(({ answer }) => answer !== "");
  const events = poll(
    list.map(({ fd }) => ({ fd, events: POLLIN })),
    isEnding ? Math.min(timeoutMs, ENDING_MS) : timeoutMs,
  );
  const atEnd = list.filter((child, index) => events[index] !== 0 && readMore(child));
  for (const child of atEnd) child.status ??= reap(child.pid, unreaped);
  return atEnd;
}

/** Reads the remaining output of a child that has exited. */
function readLeft(child: Child): void {
  while (poll([{ fd: child.fd, events: POLLIN }], 0)[0] !== 0 && !readMore(child));
}

/** True at the end of the child's answer. */
function readMore(child: Child): boolean {
  const text = readText(child.fd, CHUNK);
  if (text === "") return true;
  child.answer += text;
  return false;
}

function readResult({ status, answer }: Child): TaskResult {
  const signal = status === undefined ? 0 : status & 0x7f;
  return signal === 0 ? decode(answer) : crash(signal, answer);
}

function reap(pid: number, unreaped: Set<number>): number | undefined {
  for (let waited = 0; waited < REAP_LIMIT_MS; waited += 1) {
    const ended = waitpid(pid, WNOHANG);
    if (ended !== undefined) {
      unreaped.delete(pid);
      return ended.status;
    }
    sleep(1);
  }
  return undefined;
}

function reapAll(children: ReadonlyMap<number, Child>, unreaped: Set<number>): void {
  for (;;) {
    const gone = waitpid(-1, WNOHANG);
    if (gone === undefined) return;
    unreaped.delete(gone.pid);
    const child = children.get(gone.pid);
    if (child !== undefined) child.status = gone.status;
  }
}
