/** An architecture for which programs are cross-compiled, by Debian's name. */
export type CrossArch = "arm64";

/** Parses `[--arch arm64]`; undefined means this machine's own architecture. */
export function readArch(program: string): CrossArch | undefined {
  const args = process.argv.slice(2);
  if (args.length === 0) return undefined;
  if (args.length === 2 && args[0] === "--arch" && args[1] === "arm64") return "arm64";
  throw new Error(`usage: tsx ${program} [--arch arm64]`);
}
