import type { CpioEntry } from "../image/cpio-entry.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import { accept, type Checked } from "../text/checked.ts";
import type { CheckedImage } from "./check-image.ts";
import { keepStubExtensions } from "./keep-stub-extensions.ts";
import { readKeptFiles } from "./kept-files.ts";
import { type ExtensionParts, loadExtensions, refuseExtensions } from "./load-extensions.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadPorts } from "./load-ports.ts";
import type { LoadRequest } from "./load-request.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";
import { describeExtensions, type Measured, type Measuring, planMeasuring } from "./measure.ts";
import { listMountsBelow } from "./mounts-below.ts";
import { isPinned } from "./pin.ts";
import { readImage } from "./read-image.ts";

/** The facts on which a load is decided. */
export interface LoadFacts {
  readonly image: CheckedImage;
  readonly trust: ImageTrust;
  /** The state of the target. */
  readonly occupant: Occupant;
  /** Whether a sealed tree at the target is pinned. */
  readonly isPinned: boolean;
  /** The extensions of this machine that fit the image. */
  readonly parts: ExtensionParts;
  /** Files that must stay visible at the target. */
  readonly kept: readonly CpioEntry[];
  /** Names in the target with mounts that must stay visible. */
  readonly below: readonly string[];
  readonly measuring: Measuring;
}

/**
 * Reads all facts for a load, without changing anything. The image's signature is verified before
 * the image is parsed.
 */
export function readLoadFacts(
  request: LoadRequest,
  ports: LoadPorts,
): Checked<LoadFacts, LoadFailure> {
  const read = readImage(request.image, request.verification, ports);
  if (!read.ok) return read;
  const { data, image, trust } = read.value;
  const { target, pcrs, measure } = request;
  const occupant = lookAtTarget(target, ports.files, ports.codec);
  const parts = readParts(image, occupant, request, ports);
  const contents: readonly Measured[] = [
    { what: "image", name: request.image, data },
    ...describeExtensions(parts.record),
  ];
  const before = occupant.kind === "ours" && occupant.intact ? occupant.measurement : undefined;
  const items = before?.kind === "measured" ? before.items : [];
  return accept({
    ...{ image, trust, occupant, parts },
    isPinned: isPinned(target, ports.files),
    kept: readKeptFiles(target, ports.files),
    below: listMountsBelow(target, occupant, ports.files),
    measuring: planMeasuring(measure === "off" ? undefined : contents, items, pcrs, ports),
  });
}

function readParts(
  { entries, sealed }: CheckedImage,
  occupant: Occupant,
  { target, extensions }: LoadRequest,
  ports: LoadPorts,
): ExtensionParts {
  if (sealed !== undefined) return refuseExtensions(ports.files);
  const stub = keepStubExtensions(target, occupant, ports.files);
  return loadExtensions(entries, stub, ports.machine, extensions, ports);
}
