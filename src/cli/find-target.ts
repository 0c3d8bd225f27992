import type { FileReader } from "../port/loader.ts";
import { type Arguments, defaultTarget } from "./command.ts";

/** The default one is systemd's: it has to be there, and is not followed if it is a link. */
export function findTarget({ values }: Arguments, files: FileReader): string {
  const given = values.get("--target");
  return given === undefined ? defaultTarget : resolvePlace(given, files);
}

/**
 * The directory that a user named, as the kernel's tables have it: without links, "..", or the
 * slash that completing a word appends. One that is not there yet lies in a directory that is.
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

/** "/" stays. */
function trimSlashes(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}
