import type { FileReader } from "../port/loader.ts";
import { type Arguments, defaultTarget } from "./command.ts";

/**
 * The directory to load into. systemd's is used as it is: it has to exist there, and a symbolic
 * link is not followed.
 */
export function findTarget({ values }: Arguments, files: FileReader): string {
  const given = values.get("--target");
  return given === undefined ? defaultTarget : resolvePlace(given, files);
}

/**
 * Resolves a directory that the user named to the form in /proc/self/mountinfo: no symbolic links,
 * no "..", no trailing slash from tab completion. The directory itself need not exist yet, only its
 * parent.
 */
function resolvePlace(path: string, files: FileReader): string {
  const bare = trimSlashes(path);
  const real = files.realPath(bare);
  if (real !== undefined) return real;
  const slash = bare.lastIndexOf("/");
  const name = bare.slice(slash + 1);
  const parent = files.realPath(slash < 0 ? "." : bare.slice(0, slash) || "/");
  if (parent === undefined || name === "." || name === "..") return bare;
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** Leaves "/" unchanged. */
function trimSlashes(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}
