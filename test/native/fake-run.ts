import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { type Ended, runProgram } from "./exitrd-program.ts";

/** A mount namespace with its own /run, kept alive by a sleeping process. */
export interface FakeRun {
  readonly pid: number;
  /** The path outside of the namespace for a path inside it. */
  path(inside: string): string;
  /** Runs a program inside until it exits. */
  run(program: string, ...args: readonly string[]): Ended;
  /** Starts a program inside; the pid is that of the program itself. */
  start(program: string, ...args: readonly string[]): ChildProcess;
  close(): void;
}

// A test must not measure anything into this machine's TPM.
const hideTpm = "{ [ ! -e /dev/tpmrm0 ] || mount --bind /dev/null /dev/tpmrm0; }";

/**
 * Creates the namespace, with `options` for the tmpfs at /run, after running `setup` in a shell.
 */
export async function openRun(options: string, setup = "true"): Promise<FakeRun> {
  const script = `${hideTpm} && mount -t tmpfs -o ${options} run /run && { ${setup}; } && echo ready && exec sleep 600`;
  const args = ["--mount", "--propagation", "private", "sh", "-ec", script];
  const child = spawn("unshare", args, { stdio: ["ignore", "pipe", "inherit"] });
  const { pid } = child;
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`no namespace: ${code}`)));
  });
  if (pid === undefined) throw new Error("unshare did not start");
  const enter = ["--target", String(pid), "--mount", "--"];
  return {
    pid,
    path: (inside) => `/proc/${pid}/root${inside}`,
    run: (program, ...rest) => runProgram("nsenter", [...enter, program, ...rest]),
    start: (program, ...rest) =>
      spawn("nsenter", [...enter, program, ...rest], { stdio: "ignore" }),
    close: () => child.kill("SIGKILL"),
  };
}

/** The lines of mountinfo for /run/initramfs. */
export function listTrees(machine: FakeRun): string[] {
  const text = readFileSync(`/proc/${machine.pid}/mountinfo`, "latin1");
  return text.split("\n").filter((line) => line.split(" ")[4] === "/run/initramfs");
}

/**
 * Examines /run/initramfs without exitrd's own code. Returns "none" if there is nothing executable,
 * the SHA-256 of the manifest if the tree is complete, and otherwise the problem.
 */
export function readTree(machine: FakeRun): string {
  const tree = machine.path("/run/initramfs");
  const mounts = listTrees(machine);
  if (!existsSync(`${tree}/shutdown`)) return mounts.length === 0 ? "none" : "mounted, no shutdown";
  if (mounts.length !== 1) return `${mounts.length} mounts`;
  const text = readFileSync(`${tree}/manifest.json`);
  for (const { path, mode, sha256 } of JSON.parse(text.toString()).entries) {
    const status = statSync(`${tree}/${path}`);
    if ((status.mode & 0o7777) !== Number.parseInt(mode, 8)) return `mode of ${path}`;
    if (status.isFile() && hash(readFileSync(`${tree}/${path}`)) !== sha256)
      return `bytes of ${path}`;
  }
  return hash(text);
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
