import {
  access,
  close,
  dup2,
  execve,
  exit,
  fork,
  getenv,
  POLLIN,
  pipe,
  poll,
  read,
  waitpid,
  X_OK,
} from "exitrd:sys";
import type { CommandEnd, Commands } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { joinBytes, toByteString } from "../text/bytes.ts";

// The status by which shells report a program that cannot be executed.
const NOT_EXECUTED = 127;
const PIECE = 65_536;

/** The `Commands` port: fork(2), execve(2), and reading both outputs to their ends. */
export const hostCommands: Commands = {
  run(name, args) {
    const path = find(name);
    return path === undefined ? undefined : runProgram(path, args);
  },
};

function find(name: string): string | undefined {
  if (name.startsWith("/")) return trySys(() => access(name, X_OK)).ok ? name : undefined;
  const directories = (getenv("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(":");
  const paths = directories.map((directory) => `${directory || "."}/${name}`);
  return paths.find((path) => trySys(() => access(path, X_OK)).ok);
}

function runProgram(path: string, args: readonly string[]): CommandEnd {
  const [out, outEnd] = pipe();
  const [err, errEnd] = pipe();
  const pid = fork();
  if (pid === 0) execute(path, args, outEnd, errEnd);
  close(outEnd);
  close(errEnd);
  const [stdout, stderr] = readToEnds([out, err]);
  const status = waitpid(pid, 0)?.status ?? 0;
  const signal = status & 0x7f;
  return {
    status: signal === 0 ? status >> 8 : 128 + signal,
    stdout: stdout ?? new Uint8Array(),
    stderr: toByteString(stderr ?? new Uint8Array()),
  };
}

function execute(path: string, args: readonly string[], out: number, err: number): never {
  try {
    dup2(out, 1);
    dup2(err, 2);
    execve(path, [path, ...args], listEnvironment());
  } catch {
    exit(NOT_EXECUTED);
  }
}

/** Environment variables for openssl(1), its engines and providers, and for PIN prompts. */
function listEnvironment(): readonly string[] {
  const names = [
    "PATH",
    "HOME",
    "TERM",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "OPENSSL_ENGINES",
    "PKCS11_MODULE_PATH",
    "PKCS11_PROVIDER_MODULE",
    "SOFTHSM2_CONF",
  ];
  return names.flatMap((name) => {
    const value = getenv(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

/** Reads both in parallel, so that a full pipe of one cannot block the other; closes them. */
export function readToEnds(fds: readonly number[]): readonly Uint8Array[] {
  const pieces = new Map<number, Uint8Array[]>(fds.map((fd) => [fd, []]));
  const open = new Set(fds);
  while (open.size > 0) {
    const waiting = [...open];
    const events = poll(
      waiting.map((fd) => ({ fd, events: POLLIN })),
      -1,
    );
    waiting.forEach((fd, i) => {
      // Also for POLLERR and POLLNVAL: read(2) throws then, and not reading would be a busy loop.
      if (events[i] === 0) return;
      const piece = read(fd, PIECE);
      if (piece.length > 0) {
        pieces.get(fd)?.push(piece);
        return;
      }
      close(fd);
      open.delete(fd);
    });
  }
  return fds.map((fd) => joinBytes(pieces.get(fd) ?? []));
}
