import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";

/** A distribution with files that are not installed on others. */
export type Distribution = "debian" | "arch";

/** A file that is installed unchanged. */
export interface InstalledFile {
  /** Below the checkout. */
  readonly from: string;
  /** Below the root. */
  readonly to: string;
  readonly mode: number;
}

export interface InstalledLink {
  readonly target: string;
  readonly to: string;
}

/** Reads the files of packaging/files; `programs` is the folder with the programs that are built. */
export function listInstalledFiles(
  distribution: Distribution,
  programs: string,
): readonly InstalledFile[] {
  return listLines(distribution)
    .filter(([mode]) => mode !== "link")
    .map(([mode, from, to]) => {
      if (!/^[0-7]{3}$/.test(mode)) throw new Error(`packaging/files: no mode: '${mode}'`);
      return { from: from.replace("@programs@", programs), to, mode: Number.parseInt(mode, 8) };
    });
}

/** Reads its links. */
export function listInstalledLinks(distribution: Distribution): readonly InstalledLink[] {
  return listLines(distribution)
    .filter(([mode]) => mode === "link")
    .map(([, target, to]) => ({ target, to }));
}

function listLines(
  distribution: Distribution,
): readonly (readonly [mode: string, from: string, to: string])[] {
  const text = readFileSync(join(projectRoot, "packaging/files"), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.flatMap((line) => {
    const [mode, from, to, only = distribution] = line.split(" ");
    if (mode === undefined || from === undefined || to === undefined) {
      throw new Error(`packaging/files: not mode, source and destination: '${line}'`);
    }
    return only === distribution ? [[mode, from, to] as const] : [];
  });
}
