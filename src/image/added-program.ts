import { initPath, manifestPath, mountPoints, shutdownPath } from "../text/tree-paths.ts";
import type { Origin } from "./manifest.ts";

/** The roles of programs in an image besides PID 1. */
export type ProgramRole = "hook" | "system-shutdown" | "shell" | "tool";

export interface AddedProgram {
  /** The path in the image. */
  readonly path: string;
  readonly data: Uint8Array;
  /** 0555, or 0500 if others may not read the original. */
  readonly mode: number;
  readonly origin: Origin;
}

export const hooksPath = "usr/lib/exitrd/hooks.d";
/** The directory of systemd-shutdown(8)'s scripts. */
export const systemShutdownPath = "usr/lib/systemd/system-shutdown";
export const shellPath = "bin/sh";
/** A sysext cannot add files outside usr/ and opt/. */
export const extensionShellPath = "usr/bin/sh";

/** Top-level names that a tool cannot use: files of the image, and mount points at shutdown. */
const taken = new Set([...mountPoints, "etc", manifestPath, shutdownPath]);

/** The path in the image for the program `file` of this machine; undefined for an invalid name. */
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

/** A tool keeps its path, since other programs call it by that. */
function placeTool(file: string): string | undefined {
  const path = file.slice(1);
  const top = path.split("/")[0] ?? "";
  const isFree = !taken.has(top) && path !== initPath;
  return file.startsWith("/") && path.includes("/") && isFree ? path : undefined;
}

/** The interpreter of a script, after "#!". */
export interface Shebang {
  readonly interpreter: string;
  /** The rest of the line, which the kernel passes as one argument; "" if empty. */
  readonly argument: string;
  /** The line ends in CR LF, and the kernel takes the CR for a part of one of them. */
  readonly hasCr: boolean;
}

/** As the kernel does: it leaves a CR. */
function strip(text: string): string {
  return text.replace(/^ +| +$/g, "");
}

/** Reads the first line of a script; undefined if `data` is not a script. */
export function readShebang(data: Uint8Array): Shebang | undefined {
  if (data[0] !== 0x23 || data[1] !== 0x21) return undefined;
  // The kernel reads no more than this (BINPRM_BUF_SIZE).
  const line = String.fromCharCode(...data.subarray(2, 256)).split("\n")[0] ?? "";
  const [interpreter = "", ...rest] = strip(line.replaceAll("\t", " ")).split(" ");
  return { interpreter, argument: strip(rest.join(" ")), hasCr: line.endsWith("\r") };
}
