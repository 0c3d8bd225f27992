import { rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "../../../tools/run.ts";

const kibibytes = 64 * 1024;

/** Makes a disk that is an EFI system partition: path on it → file here. */
export async function makeEsp(
  output: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  rmSync(output, { force: true });
  await run("mkfs.vfat", ["-C", "-F", "32", output, String(kibibytes)]);
  const made = new Set<string>();
  for (const [path, file] of Object.entries(files)) {
    for (const folder of listFolders(path)) {
      if (!made.has(folder)) await run("mmd", ["-i", output, `::${folder}`]);
      made.add(folder);
    }
    await run("mcopy", ["-i", output, file, `::${path}`]);
  }
}

function listFolders(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === "." ? [] : [...listFolders(folder), folder];
}

/** Writes a text next to an ESP, to be one of its files. */
export function writeText(path: string, text: string): string {
  writeFileSync(path, text);
  return path;
}
