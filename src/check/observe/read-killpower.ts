import type { FileReader } from "../../port/loader.ts";
import { attempt } from "../../port/sys-error.ts";

const FOLDERS = ["/usr/lib/systemd/system-shutdown", "/lib/systemd/system-shutdown"];
const LARGEST_SCRIPT = 65_536;
// NUT (upsmon -K, upsdrvctl shutdown), apcupsd (--killpower), and scripts derived from theirs.
const CUTS_POWER = /upsdrvctl|killpower|upsmon\s+-K|apcupsd/;

/** Scripts that systemd-shutdown runs before it pivots and that make a UPS cut the power. */
export function readKillpower(files: FileReader): readonly string[] {
  const real = FOLDERS.map((folder) => files.realPath(folder));
  // With a merged /usr, both are the same directory.
  const folders = FOLDERS.filter((_, index) => real.indexOf(real[index]) === index);
  return folders.flatMap((folder) => {
    const names = attempt(() => files.readDir(folder)) ?? [];
    return names
      .map((name) => `${folder}/${name}`)
      .filter((path) => files.isExecutable(path) && cutsPower(path, files));
  });
}

function cutsPower(path: string, files: FileReader): boolean {
  const text = attempt(() => files.readText(path, LARGEST_SCRIPT)) ?? "";
  return CUTS_POWER.test(text);
}
