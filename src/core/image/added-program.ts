/** What an image can have beside its PID 1: each runs as a program of its own. */
export type ProgramRole = "hook" | "system-shutdown" | "shell";

export interface AddedProgram {
  /** In the image. */
  readonly path: string;
  readonly data: Uint8Array;
}

export const hooksPath = "usr/lib/exitrd/hooks.d";
/** As systemd-shutdown(8) has it. */
export const systemShutdownPath = "usr/lib/systemd/system-shutdown";
export const shellPath = "bin/sh";

/** Where a program with this file name goes; undefined for a hook that is not named NN-name. */
export function placeProgram(role: ProgramRole, name: string): string | undefined {
  switch (role) {
    case "hook":
      return /^[0-9][0-9]-[A-Za-z0-9._+-]+$/.test(name) ? `${hooksPath}/${name}` : undefined;
    case "system-shutdown":
      return `${systemShutdownPath}/${name}`;
    case "shell":
      return shellPath;
  }
}

/** The program that a script names after "#!", without its arguments; undefined for what is no script. */
export function readInterpreter(data: Uint8Array): string | undefined {
  if (data[0] !== 0x23 || data[1] !== 0x21) return undefined;
  // As much as the kernel looks at (BINPRM_BUF_SIZE).
  const line = String.fromCharCode(...data.subarray(2, 256)).split("\n")[0] ?? "";
  return line.trim().replaceAll("\t", " ").split(" ")[0] ?? "";
}
