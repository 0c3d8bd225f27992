import { findInInitrd, type InitrdFiles } from "../image/initrd/find-in-initrd.ts";
import { describeInitrdProblem } from "../image/initrd/initrd-problem.ts";
import type { Tpm } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { joinBytes } from "../text/bytes.ts";
import { type Checked, refuse } from "../text/checked.ts";
import { chooseImage } from "./choose-image.ts";
import { findNextInitrd } from "./find-initrd.ts";
import { findUnmeasurable } from "./find-unmeasurable.ts";
import { findUpdater } from "./find-updater.ts";
import { initrdImages } from "./image-places.ts";
import { makeInitrdReader } from "./initrd-reader.ts";
import type { LoadFailure } from "./load-failure.ts";
import { readConfig } from "./read-config.ts";
import { type ReadImage, type ReadImagePorts, readImage } from "./read-image.ts";
import { readCommandLine, readVerification } from "./read-verification.ts";

/** What the initrd will do at the next boot. */
export type InitrdStatus =
  /** There is no initrd at any of the usual paths. */
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly path: string; readonly reason: string }
  /** It has no image: exitrd-load.service loads one later. */
  | { readonly kind: "without"; readonly path: string }
  | {
      readonly kind: "holds";
      readonly path: string;
      readonly image: string;
      /** What its loader will conclude, from the configuration and the trust in the initrd. */
      readonly read: Checked<ReadImage, LoadFailure>;
      /** Files of exitrd that differ from this machine's. */
      readonly stale: readonly string[];
      /** The command that rebuilds the initrd. */
      readonly updater: string;
    };

export interface InitrdPorts extends ReadImagePorts {
  readonly tpm: Tpm;
}

const largestInitrd = 128 * 1024 * 1024;
const ours =
  /^\/(?:etc|usr\/lib|usr\/local\/lib|run|var\/lib)\/exitrd(?:$|\/|\.conf(?:$|\.d(?:$|\/)))/;
const loader = "/usr/bin/exitrd";

/** Judges the image in the initrd as the loader there will, with the files in the initrd. */
export function readInitrd(release: string, now: number, ports: InitrdPorts): InitrdStatus {
  const { files, codec } = ports;
  const path = findNextInitrd(release, files);
  if (path === undefined) return { kind: "none" };
  const bytes = trySys(() => files.readBytes(path, largestInitrd));
  if (!bytes.ok) return { kind: "unknown", path, reason: bytes.problem.words };
  const isWanted = (name: string) => name === loader || ours.test(name);
  // The boot loader loads what our plug-in of kernel-install(8) puts beside it, too.
  const beside = attempt(() => files.readBytes(`${path}-exitrd`, largestInitrd));
  const initrd = beside === undefined ? bytes.value : joinBytes([bytes.value, beside]);
  const found = findInInitrd(initrd, isWanted, codec);
  if (!found.ok) return { kind: "unknown", path, reason: describeInitrdProblem(found.problem) };
  return judge(path, found.value, now, ports);
}

function judge(path: string, found: InitrdFiles, now: number, ports: InitrdPorts): InitrdStatus {
  const { files, codec } = ports;
  const link = initrdImages.find((name) => found.links.has(name));
  if (link !== undefined) return { kind: "unknown", path, reason: `'${link}' in it is a link` };
  const hasImage = initrdImages.some((name) => found.files.has(name));
  if (!found.files.has(loader) || !hasImage) return { kind: "without", path };
  const inside = { ...ports, files: makeInitrdReader(found, files) };
  const { settings } = readConfig(inside.files);
  const verification = readVerification(
    settings,
    readCommandLine(files),
    inside.files,
    now,
    "initrd",
  );
  const image = chooseImage(settings.seal, verification, inside).path;
  const stale = [...found.files].filter(([name, data]) => {
    const size = data.length;
    const here = attempt(() => files.readBytes(name, size));
    // An empty file in the initrd may stand for a link to /dev/null.
    return here === undefined ? size > 0 : codec.sha256(here) !== codec.sha256(data);
  });
  const read = applySettings(image, readImage(image, verification, inside), settings, ports);
  return {
    ...{ kind: "holds", path, image, read, updater: findUpdater(files) },
    stale: stale.map(([name]) => name).sort(),
  };
}

/** What the loader refuses after the image itself was accepted. */
function applySettings(
  image: string,
  read: Checked<ReadImage, LoadFailure>,
  settings: Settings,
  ports: InitrdPorts,
): Checked<ReadImage, LoadFailure> {
  if (!read.ok) return read;
  const isSealed = read.value.image.sealed !== undefined;
  if (settings.seal === "verity" && !isSealed) return refuse({ kind: "not-sealed", image });
  const reason = findUnmeasurable(settings, ports);
  return reason === undefined ? read : refuse({ kind: "not-measured", image, reason });
}
