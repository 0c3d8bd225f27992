import {
  access,
  close,
  dup2,
  execve,
  exit,
  fork,
  getenv,
  kill,
  POLLIN,
  pipe,
  poll,
  read,
  SIGKILL,
  waitpid,
  writeAll,
  X_OK,
} from "exitrd:sys";
import type { CommandEnd, Commands } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { joinBytes, toByteString } from "../text/bytes.ts";

// The status by which shells report a program that cannot be executed.
const NOT_EXECUTED = 127;
const PIECE = 65_536;

/** The `Commands` port: fork(2), execve(2), and reading both outputs to their ends. */
export const hostCommands: Commands = {
  run(name, args) {
    const pieces: Uint8Array[] = [];
    const end = runProgram(name, args, undefined, (piece) => pieces.push(piece));
    return end && { ...end, stdout: joinBytes(pieces) };
  },
  filter: runProgram,
};

function find(name: string): string | undefined {
  if (name.startsWith("/")) return trySys(() => access(name, X_OK)).ok ? name : undefined;
  const directories = (getenv("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(":");
  const paths = directories.map((directory) => `${directory || "."}/${name}`);
  return paths.find((path) => trySys(() => access(path, X_OK)).ok);
}

/** Without `input`, the program inherits standard input. */
function runProgram(
  name: string,
  args: readonly string[],
  input: Uint8Array | undefined,
  use: (part: Uint8Array) => void,
): Omit<CommandEnd, "stdout"> | undefined {
  const path = find(name);
  if (path === undefined) return undefined;
  const [out, outEnd] = pipe();
  const [err, errEnd] = pipe();
  const feeder = input && startFeeder(input);
  const pid = fork();
  if (pid === 0) execute(path, args, feeder?.fd ?? 0, outEnd, errEnd);
  if (feeder !== undefined) close(feeder.fd);
  close(outEnd);
  close(errEnd);
  const errors: Uint8Array[] = [];
  let status = 0;
  try {
    readToEnds([
      { fd: out, use },
      { fd: err, use: (piece) => errors.push(piece) },
    ]);
  } catch (thrown) {
    // Otherwise it may wait for the feeder, or keep writing into a pipe that the feeder has open, too.
    kill(pid, SIGKILL);
    throw thrown;
  } finally {
    status = waitpid(pid, 0)?.status ?? 0;
    if (feeder !== undefined) waitpid(feeder.pid, 0);
  }
  const signal = status & 0x7f;
  return {
    status: signal === 0 ? status >> 8 : 128 + signal,
    stderr: toByteString(joinBytes(errors)),
  };
}

/** Starts a child that writes, because this process must read meanwhile. A closed pipe kills it. */
function startFeeder(input: Uint8Array): { readonly fd: number; readonly pid: number } {
  const [fd, end] = pipe();
  const pid = fork();
  if (pid === 0) {
    close(fd);
    exit(trySys(() => writeAll(end, input)).ok ? 0 : 1);
  }
  close(end);
  return { fd, pid };
}

function execute(
  path: string,
  args: readonly string[],
  input: number,
  out: number,
  err: number,
): never {
  try {
    if (input !== 0) dup2(input, 0);
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

/** Where the parts of an output go. */
export interface Outlet {
  readonly fd: number;
  use(part: Uint8Array): void;
}

/** Reads all in parallel, because a full pipe would block the writer, then closes them. */
export function readToEnds(outlets: readonly Outlet[]): void {
  const open = new Set(outlets);
  try {
    while (open.size > 0) {
      const waiting = [...open];
      const events = poll(
        waiting.map(({ fd }) => ({ fd, events: POLLIN })),
        Number.POSITIVE_INFINITY,
      );
      waiting.forEach((outlet, i) => {
        // Also on POLLERR and POLLNVAL: read(2) throws then, and without it the loop would spin.
        if (events[i] === 0) return;
        const piece = read(outlet.fd, PIECE);
        if (piece.length > 0) {
          outlet.use(piece);
          return;
        }
        close(outlet.fd);
        open.delete(outlet);
      });
    }
  } finally {
    for (const { fd } of open) attempt(() => close(fd));
  }
}
