import { findInInitrd, type InitrdFiles } from "../image/find-in-initrd.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import type { Checked } from "../text/checked.ts";
import { chooseImage } from "./choose-image.ts";
import { initrdImages } from "./image-places.ts";
import { makeInitrdReader } from "./initrd-reader.ts";
import type { LoadFailure } from "./load-failure.ts";
import { readConfig } from "./read-config.ts";
import { type ReadImage, type ReadImagePorts, readImage } from "./read-image.ts";
import { readCommandLine, readVerification } from "./read-verification.ts";

/** What the initrd of the next boot will do. */
export type InitrdStatus =
  /** There is no initrd of initramfs-tools where one would be. */
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly path: string; readonly reason: string }
  /** It has no image: exitrd-load.service loads one later. */
  | { readonly kind: "without"; readonly path: string }
  | {
      readonly kind: "holds";
      readonly path: string;
      readonly image: string;
      /** What the loader will say, by the configuration and the trust that are in there. */
      readonly read: Checked<ReadImage, LoadFailure>;
      /** Files of exitrd that are not the ones of this machine any more. */
      readonly stale: readonly string[];
    };

const largestInitrd = 128 * 1024 * 1024;
const ours =
  /^\/(?:etc|usr\/lib|usr\/local\/lib|run|var\/lib)\/exitrd(?:$|\/|\.conf(?:$|\.d(?:$|\/)))/;
const loader = "/usr/bin/exitrd";

/** Judges the image in the initrd as the loader in there will, with what is in there. */
export function readInitrd(release: string, now: number, ports: ReadImagePorts): InitrdStatus {
  const { files, codec } = ports;
  const path = findInitrd(release, files);
  if (path === undefined) return { kind: "none" };
  const bytes = trySys(() => files.readBytes(path, largestInitrd));
  if (!bytes.ok) return { kind: "unknown", path, reason: bytes.problem.words };
  const isWanted = (name: string) => name === loader || ours.test(name);
  const found = findInInitrd(bytes.value, isWanted, codec.decompressEach);
  if (!found.ok) return { kind: "unknown", path, reason: found.problem };
  return judge(path, found.value, now, ports);
}

/** Debian's links lead to the newest kernel's, which is booted by default. */
function findInitrd(release: string, files: FileReader): string | undefined {
  const names = ["/initrd.img", "/boot/initrd.img", `/boot/initrd.img-${release}`];
  return names.map((name) => files.realPath(name)).find((real) => real !== undefined);
}

function judge(path: string, found: InitrdFiles, now: number, ports: ReadImagePorts): InitrdStatus {
  const { files, codec } = ports;
  const link = initrdImages.find((name) => found.links.has(name));
  if (link !== undefined) return { kind: "unknown", path, reason: `'${link}' in it is a link` };
  const hasImage = initrdImages.some((name) => found.files.has(name));
  if (!found.files.has(loader) || !hasImage) return { kind: "without", path };
  const inside = { ...ports, files: makeInitrdReader(found, files) };
  const { settings } = readConfig(inside.files);
  const verification = readVerification(settings, readCommandLine(files), inside.files, now);
  const image = chooseImage(settings.seal, verification, inside).path;
  const stale = [...found.files].filter(([name, data]) => {
    const size = data.length;
    const here = attempt(() => files.readBytes(name, size));
    // An empty file in there may stand for a link to /dev/null.
    return here === undefined ? size > 0 : codec.sha256(here) !== codec.sha256(data);
  });
  const read = readImage(image, verification, inside);
  return { kind: "holds", path, image, read, stale: stale.map(([name]) => name).sort() };
}
