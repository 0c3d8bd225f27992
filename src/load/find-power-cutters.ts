import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const FOLDERS = ["/usr/lib/systemd/system-shutdown", "/lib/systemd/system-shutdown"];
const LARGEST_SCRIPT = 65_536;

/** Commands that make a UPS cut the power: Network UPS Tools, apcupsd, genpower. */
const CUTTER = /killpower|upsdrvctl|upsmon|apcupsd|genpowerd/i;

/**
 * Nothing of these programs would work in the image: they need their configuration and drivers, and the
 * file on the old root that tells of the power failure.
 */
export const POWER_CURE =
  "let the UPS wait longer than Timeout= before it does so: 'offdelay', and a longer 'ondelay', in ups.conf(5), or its own settings, by apctest(8)";

/**
 * Scripts that systemd-shutdown(8) runs before it pivots and that make a UPS cut the power some
 * seconds later, while exitrd is still working.
 */
export function findPowerCutters(files: FileReader): readonly string[] {
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
  return CUTTER.test(attempt(() => files.readText(path, LARGEST_SCRIPT)) ?? "");
}
