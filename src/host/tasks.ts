import {
  close,
  exit,
  fork,
  kill,
  POLLIN,
  pipe,
  poll,
  read,
  SIGKILL,
  sleep,
  WNOHANG,
  waitpid,
  write,
} from "exitrd:sys";
import { attempt, isSysError } from "../port/sys-error.ts";
import type { Action, TaskEnd, TaskResult, Tasks } from "../port/tasks.ts";

const CHUNK = 4096;
// A child that has closed its pipe is in exit(2); its zombie follows at once.
const REAP_LIMIT_MS = 200;

interface Child {
  readonly pid: number;
  readonly fd: number;
  answer: string;
}

/**
 * The `Tasks` port: fork(2) and a pipe each. Also reaps whatever else ends,
 * since PID 1 inherits every orphan.
 */
export function createTasks(): Tasks {
  const children = new Map<number, Child>();
  const ended = new Map<number, number>();
  return {
    start(action) {
      const child = startChild(action);
      children.set(child.pid, child);
      return child.pid;
    },
    wait(timeoutMs) {
      reapAll(ended, children);
      return collectEnds(children, ended, timeoutMs);
    },
    sent: (task) => findChild(task, children).answer,
    abandon(task) {
      const child = findChild(task, children);
      children.delete(task);
      close(child.fd);
      attempt(() => kill(task, SIGKILL));
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
  return { pid, fd: readEnd, answer: "" };
}

/** Never returns: a child that came back from here would be a second PID 1. */
function runChild(action: Action, fd: number): never {
  try {
    writeAll(
      fd,
      settle(action, (part) => writeAll(fd, part)),
    );
  } catch {
    // Without an answer the parent sees a crash, which it is.
  }
  exit(0);
}

/**
 * The end of an answer: the rest of the output as it is, since it may be large and is not to be
 * quoted again, then a last line that says how it ended.
 */
function settle(action: Action, send: (part: string) => void): string {
  try {
    return `${action(send)}\ndone`;
  } catch (thrown) {
    return isSysError(thrown) ? `\nerror ${thrown.syscall} ${thrown.code}` : "\ncrashed";
  }
}

/** An answer without its last line was cut off. */
function decode(answer: string): TaskResult {
  const at = answer.lastIndexOf("\n");
  if (at < 0) return crash(0, answer);
  const sent = answer.slice(0, at);
  const [kind, syscall, code] = answer.slice(at + 1).split(" ");
  if (kind === "done") return { kind: "done", output: sent };
  if (kind === "error" && syscall !== undefined && code !== undefined) {
    return { kind: "error", syscall, code };
  }
  return crash(0, kind === "crashed" ? sent : answer);
}

function crash(signal: number, sent: string): TaskResult {
  return { kind: "crashed", signal, ...(sent === "" ? {} : { sent }) };
}

function writeAll(fd: number, text: string): void {
  for (let rest = text; rest.length > 0; ) rest = rest.slice(write(fd, rest));
}

function collectEnds(
  children: Map<number, Child>,
  ended: Map<number, number>,
  timeoutMs: number,
): readonly TaskEnd[] {
  const list = [...children.values()];
  const events = poll(
    list.map(({ fd }) => ({ fd, events: POLLIN })),
    timeoutMs,
  );
  const ends: TaskEnd[] = [];
  list.forEach((child, index) => {
    if (events[index] === 0 || !readMore(child)) return;
    close(child.fd);
    children.delete(child.pid);
    ends.push({ task: child.pid, result: readResult(child, reap(child.pid, ended)) });
  });
  return ends;
}

/** True at the end of the child's answer. */
function readMore(child: Child): boolean {
  const bytes = read(child.fd, CHUNK);
  if (bytes.length === 0) return true;
  child.answer += String.fromCharCode(...bytes);
  return false;
}

function readResult(child: Child, status: number | undefined): TaskResult {
  const signal = status === undefined ? 0 : status & 0x7f;
  return signal === 0 ? decode(child.answer) : crash(signal, child.answer);
}

function reap(pid: number, ended: Map<number, number>): number | undefined {
  for (let waited = 0; waited < REAP_LIMIT_MS; waited += 1) {
    const known = ended.get(pid) ?? waitpid(pid, WNOHANG)?.status;
    ended.delete(pid);
    if (known !== undefined) return known;
    sleep(1);
  }
  return undefined;
}

function reapAll(ended: Map<number, number>, children: ReadonlyMap<number, Child>): void {
  for (;;) {
    const gone = waitpid(-1, WNOHANG);
    if (gone === undefined || gone.pid === 0) return;
    if (children.has(gone.pid)) ended.set(gone.pid, gone.status);
  }
}
