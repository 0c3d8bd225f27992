import {
  access,
  close,
  dup2,
  execve,
  exit,
  fork,
  getenv,
  ioctl,
  pipe,
  waitpid,
  writeAll,
  X_OK,
} from "exitrd:sys";
import { attempt, trySys } from "../port/sys-error.ts";

// <asm-generic/ioctls.h>
const TIOCGWINSZ = 0x5413;
const WINDOW_SIZE = 8;
const COLUMNS_AT = 2;
const STDOUT = 1;

/** The width of the terminal on standard output; undefined for a pipe or a file. */
export function readColumns(): number | undefined {
  const window = new ArrayBuffer(WINDOW_SIZE);
  if (!trySys(() => ioctl(STDOUT, TIOCGWINSZ, window)).ok) return undefined;
  const columns = new DataView(window).getUint16(COLUMNS_AT, true);
  // A serial console does not know its width.
  return columns === 0 ? 80 : columns;
}

/** Runs a pager with `text` as its input until it exits. False if there is no such program. */
export function runPager([name = "", ...args]: readonly string[], text: string): boolean {
  const path = findProgram(name);
  if (path === undefined) return false;
  const [input, output] = pipe();
  const pid = fork();
  if (pid === 0) {
    try {
      close(output);
      dup2(input, 0);
      execve(path, [name, ...args], listEnvironment());
    } catch {
      exit(127);
    }
  }
  close(input);
  // EPIPE: the user left the pager before the end.
  attempt(() => writeAll(output, text));
  close(output);
  waitpid(pid, 0);
  return true;
}

function findProgram(name: string): string | undefined {
  const folders = (getenv("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(":");
  const paths = name.includes("/") ? [name] : folders.map((folder) => `${folder || "."}/${name}`);
  return paths.find((path) => trySys(() => access(path, X_OK)).ok);
}

/** As systemctl(1) does: this may be root, so the pager must not start a shell. */
function listEnvironment(): readonly string[] {
  const kept = ["PATH", "HOME", "TERM", "LANG", "LC_ALL", "COLUMNS", "LINES"].flatMap((name) => {
    const value = getenv(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const less = getenv("SYSTEMD_LESS") ?? "FRSXMK";
  const charset = getenv("SYSTEMD_LESSCHARSET") ?? "utf-8";
  return [...kept, `LESS=${less}`, `LESSCHARSET=${charset}`, "LESSSECURE=1"];
}
