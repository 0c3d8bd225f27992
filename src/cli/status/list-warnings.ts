import { absentLine, updateLines } from "../../image/report/update-lines.ts";
import { describePassedOver } from "../../load/describe-passed-over.ts";
import { findPassphraseRisk, type PassphraseRisk } from "../../load/find-passphrase-risk.ts";
import { findPowerCutters, POWER_CURE } from "../../load/find-power-cutters.ts";
import { isCopy } from "../../load/find-updates.ts";
import { buildConf } from "../../load/image-places.ts";
import type { FileReader } from "../../port/loader.ts";
import { configLine, parameterLine } from "../../teardown/report/config-lines.ts";
import { unknownParameterLines } from "../../teardown/report/unknown-parameter-lines.ts";
import { parseParameters } from "../../teardown/settings/parse-parameters.ts";
import { quote } from "../../text/show-bytes.ts";
import { checkBuildConf, hasBuildConf } from "../build-conf.ts";
import { listCautions } from "../caution-lines.ts";
import { listTrustNotes } from "../trust-lines.ts";
import type { Seen } from "./seen.ts";

export interface Warning {
  /** The subject of the warning. */
  readonly kind:
    | "image"
    | "configuration"
    | "command-line"
    | "trust"
    | "build"
    | "initrd"
    | "memory"
    | "power";
  readonly message: string;
}

/** Problems worth fixing, although shutdown goes through exitrd. */
export function listWarnings(seen: Seen, files: FileReader): readonly Warning[] {
  const { passedOver } = seen.chosen;
  const kinds: readonly (readonly [Warning["kind"], readonly string[]])[] = [
    ["image", passedOver === undefined ? [] : [describePassedOver(passedOver)]],
    ["configuration", [...seen.config.notes.map(configLine), ...listCautions(seen.config)]],
    ["command-line", listParameterWarnings(seen)],
    ["trust", listTrustNotes(seen.verification)],
    ["build", listBuildWarnings(seen, files)],
    ["initrd", listInitrdWarnings(seen)],
    ["memory", listMemoryWarnings(seen, files)],
    ["power", findPowerCutters(files).map(describePowerCutter)],
  ];
  return kinds.flatMap(([kind, messages]) => messages.map((message) => ({ kind, message })));
}

function listParameterWarnings({ commandLine }: Seen): readonly string[] {
  const { notes, breakAt } = parseParameters(commandLine);
  return [
    ...notes.map(parameterLine),
    ...unknownParameterLines(commandLine),
    ...(breakAt === undefined
      ? []
      : [`'exitrd.break=${breakAt}' opens a root shell without a password at shutdown`]),
  ];
}

function listMemoryWarnings({ config, commandLine }: Seen, files: FileReader): readonly string[] {
  const risk = findPassphraseRisk(config, commandLine, files);
  return risk === undefined ? [] : [describePassphraseRisk(risk)];
}

function describePassphraseRisk({ freeGib }: PassphraseRisk): string {
  const now = freeGib === undefined ? "" : `, now ${freeGib.toFixed(1)} GiB`;
  return `a passphrase may stay in memory that programs have freed: 'Wipe=yes' erases it at shutdown, in up to 2.5 s per GiB of free memory${now}; 'Wipe=no' hides this warning`;
}

function describePowerCutter(path: string): string {
  return `after a power failure, ${quote(path)} makes the UPS cut the power while exitrd works: ${POWER_CURE}`;
}

/** Files that changed since the image was built, and files in build.conf that the image lacks. */
function listBuildWarnings({ status: { image } }: Seen, files: FileReader): readonly string[] {
  const conf = checkBuildConf(files);
  const wrong = conf.ok ? [] : [`${conf.problem}: no image can be built`];
  if (image.kind !== "good") return wrong;
  const cure = hasBuildConf(files)
    ? "run 'exitrd build --configured'"
    : "run 'exitrd build' with the same options as before";
  const wanted = conf.ok ? conf.value.entries : [];
  const copied = new Set(image.manifest.entries.filter(isCopy).map(({ origin }) => origin.file));
  const absent = wanted.filter(({ file }) => !copied.has(file));
  return [
    ...wrong,
    ...updateLines(image.updates, cure),
    ...absent.map(({ file }) => absentLine(file, buildConf, cure)),
  ];
}

function listInitrdWarnings({ boot: { initrd }, chosen }: Seen): readonly string[] {
  switch (initrd.kind) {
    case "none":
    case "without":
      return [];
    case "unknown":
      return [`cannot look into ${quote(initrd.path)}: ${initrd.reason}, ignoring`];
    case "holds": {
      const place = quote(initrd.path);
      const cure = `run '${initrd.updater}'`;
      const stale = initrd.stale.map(
        (path) => `${quote(path)} in ${place} differs from this machine's: ${cure}`,
      );
      return initrd.image === chosen.path
        ? stale
        : [`${quote(chosen.path)} is not the image in ${place}: ${cure}`, ...stale];
    }
  }
}
