import { systemShutdownPath } from "../image/added-program.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const DIRECTORY = `/${systemShutdownPath}`;

/** Commands that make a UPS cut the power: Network UPS Tools, apcupsd, genpower. */
const CUTTER = /killpower|upsdrvctl|upsmon|apcupsd|genpowerd/i;
const LONGEST = 65_536;

/**
 * Scripts that systemd-shutdown(8) runs before it pivots and that make a UPS cut the power some
 * seconds later, while exitrd is still working.
 */
export function findPowerCutters(files: FileReader): readonly string[] {
  const names = attempt(() => files.readDir(DIRECTORY)) ?? [];
  return names
    .map((name) => `${DIRECTORY}/${name}`)
    .filter((path) => CUTTER.test(attempt(() => files.readText(path, LONGEST)) ?? ""));
}
