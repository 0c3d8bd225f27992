export type LdSoConfLine =
  | { readonly kind: "directory"; readonly path: string }
  /** The pattern may hold `*` in its last part. */
  | { readonly kind: "include"; readonly pattern: string };

/** Reads ld.so.conf as ldconfig(8) does: directories and includes; `hwcap` lines are obsolete. */
export function parseLdSoConf(text: string): readonly LdSoConfLine[] {
  return text.split("\n").flatMap((raw): readonly LdSoConfLine[] => {
    const line = (raw.split("#")[0] ?? "").replaceAll("\t", " ").trim();
    if (line.startsWith("include ")) {
      const patterns = line.slice("include ".length).split(" ").filter(Boolean);
      return patterns.map((pattern) => ({ kind: "include", pattern }));
    }
    if (line.startsWith("hwcap ")) return [];
    const paths = line
      .replace(/[:,]/g, " ")
      .split(" ")
      .filter((path) => path.startsWith("/"));
    return paths.map((path) => ({ kind: "directory", path: path.replace(/\/+$/, "") }));
  });
}

/** Whether a file name matches a glob(7) pattern in which only `*` is special. */
export function matchesGlob(name: string, pattern: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(head) || name.startsWith(".") !== head.startsWith(".")) return false;
  const tail = rest.pop() ?? "";
  let at = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length >= at + tail.length && name.endsWith(tail);
}
