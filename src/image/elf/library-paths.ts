import { listArchitectures } from "../architecture.ts";

/** The directory part of Debian's names (multiarch) for an architecture of uname(2). */
export function multiarchOf(architecture: string): string {
  const known = listArchitectures().includes(architecture);
  if (!known) throw new Error(`unknown architecture '${architecture}'`);
  return `${architecture === "ppc64le" ? "powerpc64le" : architecture}-linux-gnu`;
}

/** musl's loader is also its libc, and has its own search order. */
export function isMuslLoader(interpreter: string): boolean {
  return interpreter.slice(interpreter.lastIndexOf("/") + 1).startsWith("ld-musl-");
}

/**
 * The default directories of a loader. Each distribution builds two or three into glibc; the
 * libraries are in those of this machine only.
 */
export function listDefaultDirectories(
  interpreter: string,
  architecture: string,
): readonly string[] {
  if (isMuslLoader(interpreter)) return ["/lib", "/usr/local/lib", "/usr/lib"];
  const multiarch = multiarchOf(architecture);
  const names = [`lib/${multiarch}`, "lib64", "lib"];
  return names.flatMap((name) => [`/${name}`, `/usr/${name}`]);
}

/** Whether the loader contains this library itself and never searches for it. */
export function isBuiltIn(name: string, interpreter: string): boolean {
  if (!isMuslLoader(interpreter)) return interpreter.endsWith(`/${name}`);
  return /^lib(?:c|pthread|rt|m|dl|util|xnet)\./.test(name);
}

/**
 * Replaces $ORIGIN, $LIB and $PLATFORM in a directory of DT_RPATH or DT_RUNPATH
 * (ld.so(8)). $LIB is one of three names, depending on how this machine's loader was built.
 */
export function expandTokens(
  path: string,
  origin: string,
  architecture: string,
): readonly string[] {
  const replace = (text: string, name: string, value: string) =>
    text.replaceAll(`\${${name}}`, () => value).replaceAll(`$${name}`, () => value);
  const fixed = replace(replace(path, "ORIGIN", origin), "PLATFORM", architecture);
  const variants = [`lib/${multiarchOf(architecture)}`, "lib64", "lib"];
  return [...new Set(variants.map((lib) => replace(fixed, "LIB", lib)))];
}

/** Removes "", "." and ".." from an absolute path textually, as is correct in a tree without links. */
export function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
