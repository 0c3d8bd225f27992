import type { CpioEntry } from "../image/cpio-entry.ts";
import { stringifyRecord } from "../image/extension/record.ts";
import type { Digest } from "../image/manifest.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import type { Measurement } from "../image/tpm/measurement.ts";
import { stringifyMeasurement } from "../image/tpm/measurement-text.ts";
import type { Checked } from "../text/checked.ts";
import { configPath, manifestPath, measuredPath, recordPath } from "../text/tree-paths.ts";
import type { CheckedImage } from "./check-image.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadedTree, LoadRequest } from "./load-request.ts";
import type { Occupant } from "./look-at-target.ts";
import type { Measuring } from "./measure.ts";
import { refuseBelow } from "./mounts-below.ts";
import type { LoadFacts } from "./read-load-facts.ts";
import { makeTextEntry } from "./text-entry.ts";

/** What a load will do. */
export type LoadPlan =
  | { readonly kind: "refuse"; readonly failure: LoadFailure }
  /** The same image is already loaded. */
  | (LoadedTree & { readonly kind: "keep" })
  | Placement;

export interface Placement extends LoadedTree {
  readonly kind: "place";
  /** The image's path, for messages. */
  readonly name: string;
  readonly target: string;
  readonly occupant: Occupant;
  readonly image: CheckedImage;
  readonly trust: ImageTrust;
  readonly configuration: string;
  /** The files that the extensions add, and the record about them. */
  readonly parts: readonly CpioEntry[];
  /** Files and mount points that must stay visible at the target; impossible for a sealed tree. */
  readonly kept: readonly CpioEntry[];
  /** Names of `kept` directories: what is mounted there is shown in the tree. */
  readonly shown: readonly string[];
  readonly measuring: Measuring;
  /** What to do if the TPM refuses to extend the PCR. */
  readonly unmeasured: "place" | "keep" | "refuse";
}

/** Decides what to do with an image that was read, or that was rejected while reading. */
export function planLoad(
  request: LoadRequest,
  read: Checked<LoadFacts, LoadFailure>,
  digest: Digest,
): LoadPlan {
  if (!read.ok) return { kind: "refuse", failure: read.problem };
  const facts = read.value;
  const { image, occupant, parts, measuring } = facts;
  const name = request.image;
  const failure =
    refuseImage(request, image) ??
    refuseOccupant(request, occupant) ??
    refuseBelow(request, image, facts.below);
  if (failure !== undefined) return { kind: "refuse", failure };
  const tree: LoadedTree = { manifest: image.manifest, extensions: parts.record };
  const { expected } = measuring;
  const isThere = isSame(facts, request, digest);
  // The initrd may have had no driver for the TPM.
  const gains = expected.kind === "measured" && !isMeasured(occupant);
  if (isThere && !gains) return { kind: "keep", ...tree };
  const isRequired = request.measure === "require";
  if (isRequired && expected.kind === "unmeasured") {
    return {
      kind: "refuse",
      failure: { kind: "not-measured", image: name, reason: expected.reason },
    };
  }
  const { target, configuration } = request;
  const { trust } = facts;
  const shown = request.force ? [] : facts.below;
  const kept = [
    ...shown.map(makeMountPoint),
    // A mount shows what is in it, too.
    ...facts.kept.filter(({ path }) => !shown.some((name) => `${path}/`.startsWith(`${name}/`))),
  ];
  return {
    ...{ kind: "place", name, target, occupant, image, trust, configuration, measuring },
    ...{ kept, shown },
    ...tree,
    parts: listParts(facts),
    unmeasured: isThere ? "keep" : isRequired ? "refuse" : "place",
  };
}

/** The loader's additions if measuring the image resulted in `measurement`. */
export function listAdditions(
  { configuration, parts }: Placement,
  measurement: Measurement,
): readonly CpioEntry[] {
  return [
    makeTextEntry(configPath, configuration),
    makeTextEntry(measuredPath, stringifyMeasurement(measurement)),
    ...parts,
  ];
}

function listParts({ parts: { record, entries } }: LoadFacts): readonly CpioEntry[] {
  return record === undefined
    ? []
    : [makeTextEntry(recordPath, stringifyRecord(record)), ...entries];
}

function makeMountPoint(path: string): CpioEntry {
  return { kind: "directory", path, mode: 0o755 };
}

function refuseImage({ image, seal }: LoadRequest, { sealed }: CheckedImage) {
  const isRefused = seal === "verity" && sealed === undefined;
  return isRefused ? ({ kind: "not-sealed", image } as const) : undefined;
}

function refuseOccupant(
  { target, force }: LoadRequest,
  occupant: Occupant,
): LoadFailure | undefined {
  if (occupant.kind === "not-directory") return { kind: "not-directory", target };
  if (occupant.kind !== "foreign" || force) return undefined;
  if (occupant.hasShutdown) return { kind: "taken", target };
  return occupant.isMounted ? { kind: "in-use", target } : undefined;
}

/** Whether the target has the tree that would be placed there, except for its measurement. */
function isSame(
  { image, occupant, isPinned, parts }: LoadFacts,
  { configuration }: LoadRequest,
  digest: Digest,
): boolean {
  if (occupant.kind !== "ours" || !occupant.intact) return false;
  const isSealed = image.sealed !== undefined;
  if (occupant.sealed !== isSealed || (isSealed && !isPinned)) return false;
  if (occupant.configuration !== configuration) return false;
  const [before, now] = [occupant.extensions, parts.record].map(
    (one) => one && stringifyRecord(one),
  );
  if (before !== now) return false;
  const found = image.entries.find((entry) => entry.path === manifestPath);
  if (found?.kind !== "file") throw new Error("a checked image has no manifest");
  return digest(found.data) === occupant.digest;
}

function isMeasured(occupant: Occupant): boolean {
  return occupant.kind === "ours" && occupant.measurement?.kind === "measured";
}
