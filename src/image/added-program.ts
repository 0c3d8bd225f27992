import { manifestPath, mountPoints, shutdownPath } from "../text/tree-paths.ts";
import type { Origin } from "./manifest.ts";

/** What an image can have beside its PID 1: each runs as a program of its own. */
export type ProgramRole = "hook" | "system-shutdown" | "shell" | "tool";

export interface AddedProgram {
  /** In the image. */
  readonly path: string;
  readonly data: Uint8Array;
  /** 0555, or 0500 where others may not read the original. */
  readonly mode: number;
  readonly origin: Origin;
}

export const hooksPath = "usr/lib/exitrd/hooks.d";
/** As systemd-shutdown(8) has it. */
export const systemShutdownPath = "usr/lib/systemd/system-shutdown";
export const shellPath = "bin/sh";
/** A sysext brings nothing outside usr/ and opt/. */
export const extensionShellPath = "usr/bin/sh";

/** What an image has at its top, or what is mounted there at shutdown: no place for a tool. */
const taken = new Set([...mountPoints, "etc", manifestPath, shutdownPath]);

/** Where a program named `file` here goes; undefined for a name that has no place. */
export function placeProgram(role: ProgramRole, file: string): string | undefined {
  const name = file.slice(file.lastIndexOf("/") + 1);
  switch (role) {
    case "hook":
      return /^[0-9][0-9]-[A-Za-z0-9._+-]+$/.test(name) ? `${hooksPath}/${name}` : undefined;
    case "system-shutdown":
      return `${systemShutdownPath}/${name}`;
    case "shell":
      return shellPath;
    case "tool":
      return placeTool(file);
  }
}

/** At its own path, for that is how others call it. */
function placeTool(file: string): string | undefined {
  const path = file.slice(1);
  const top = path.split("/")[0] ?? "";
  return file.startsWith("/") && path.includes("/") && !taken.has(top) ? path : undefined;
}

/** What a script names after "#!". */
export interface Shebang {
  readonly interpreter: string;
  /** The rest of the line, "" for nothing: the kernel gives it as one argument. */
  readonly argument: string;
}

/** Undefined for what is no script. */
export function readShebang(data: Uint8Array): Shebang | undefined {
  if (data[0] !== 0x23 || data[1] !== 0x21) return undefined;
  // As much as the kernel looks at (BINPRM_BUF_SIZE).
  const line = String.fromCharCode(...data.subarray(2, 256)).split("\n")[0] ?? "";
  const words = line.trim().replaceAll("\t", " ");
  const blank = words.indexOf(" ");
  if (blank < 0) return { interpreter: words, argument: "" };
  return { interpreter: words.slice(0, blank), argument: words.slice(blank).trim() };
}
