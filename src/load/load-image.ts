import { type ExtensionRecord, stringifyRecord } from "../core/extension/record.ts";
import { toBytes } from "../core/image/bytes.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";
import { largestImage, type Manifest } from "../core/image/manifest.ts";
import { accept, type Checked, refuse } from "../core/image/problem.ts";
import type { SealPolicy } from "../core/settings.ts";
import type { Arithmetic } from "../core/sign/arithmetic.ts";
import type { ImageTrust } from "../core/sign/image-trust.ts";
import type { Measurement, MeasurePolicy, Pcrs } from "../core/tpm/measurement.ts";
import { stringifyMeasurement } from "../core/tpm/measurement-text.ts";
import { configPath, manifestPath, measuredPath, recordPath } from "../core/tree-paths.ts";
import type { Codec } from "../port/codec.ts";
import type { EventLog } from "../port/event-log.ts";
import type { ExtensionTrees } from "../port/extension-trees.ts";
import type { FileReader, FileWriter } from "../port/files.ts";
import type { RamTrees } from "../port/ram-trees.ts";
import { trySys } from "../port/sys-failure.ts";
import type { Tpm } from "../port/tpm.ts";
import { addLoaded, listLoaded } from "./add-loaded.ts";
import { type CheckedImage, checkImage } from "./check-image.ts";
import type { ExtensionPolicy } from "./extension-policy.ts";
import { keepStubExtensions } from "./keep-stub-extensions.ts";
import { readKeptFiles } from "./kept-files.ts";
import { type ExtensionParts, loadExtensions, refuseExtensions } from "./load-extensions.ts";
import type { LoadFailure } from "./load-failure.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";
import { describeExtensions, type Measured, measureAll } from "./measure.ts";
import { isPinned, placeSealed, type SealedBy } from "./place-sealed.ts";
import { placeTree, type TreeType } from "./place-tree.ts";
import type { Verification } from "./read-verification.ts";
import { checkFloor, verifyImage } from "./verify-image.ts";

export interface LoadRequest {
  readonly image: string;
  readonly target: string;
  /** Also over another program's `shutdown`. */
  readonly force: boolean;
  /** The text of the configuration that PID 1 is to read. */
  readonly configuration: string;
  readonly verification: Verification;
  readonly extensions: ExtensionPolicy;
  readonly measure: MeasurePolicy;
  readonly pcrs: Pcrs;
  /** "verity": nothing but a sealed image. */
  readonly seal: SealPolicy;
}

export interface LoadPorts {
  readonly files: FileReader & Pick<FileWriter, "replaceFile">;
  readonly trees: RamTrees;
  readonly codec: Codec;
  readonly arithmetic: Arithmetic;
  readonly extensionTrees: ExtensionTrees;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
  /** uname(2)'s machine. */
  readonly machine: string;
}

export type LoadResult =
  | (LoadedTree & {
      readonly kind: "loaded";
      readonly fsType: TreeType | "erofs";
      /** Who has verified the root hash of a sealed one; undefined for a tree of files. */
      readonly sealedBy: SealedBy | undefined;
      readonly trust: ImageTrust;
      readonly measurement: Measurement;
    })
  | (LoadedTree & { readonly kind: "already" })
  | { readonly kind: "failed"; readonly failure: LoadFailure };

interface LoadedTree {
  readonly manifest: Manifest;
  /** Undefined where the machine has no extensions. */
  readonly extensions: ExtensionRecord | undefined;
}

/**
 * Loads an image into a RAM tree at `target`, with this machine's extensions.
 * Its signature is checked before anything else of it is looked at, and all of
 * it before anything is made, or measured; the tree appears whole in one step:
 * whenever this process is killed, there is either a complete tree at `target`
 * or none.
 */
export function loadImage(request: LoadRequest, ports: LoadPorts): LoadResult {
  const { image, target } = request;
  const read = readImage(request, ports);
  if (!read.ok) return fail(read.problem);
  const { data, checked, trust } = read.value;
  const { manifest, entries, sealed } = checked;
  if (request.seal === "verity" && sealed === undefined) return fail({ kind: "not-sealed", image });
  const occupant = lookAtTarget(target, ports.files, ports.codec);
  const stub = keepStubExtensions(target, occupant, ports.files);
  const parts =
    sealed === undefined
      ? loadExtensions(entries, stub, ports.machine, request.extensions, ports)
      : refuseExtensions(ports.files);
  const refusal = refuseOccupant(request, occupant);
  if (refusal !== undefined) return fail(refusal);
  const content: readonly Measured[] = [
    { what: "image", name: image, data },
    ...describeExtensions(parts.record),
  ];
  const measurement = measure(content, occupant, request, ports);
  const loaded: LoadedTree = { manifest, extensions: parts.record };
  const isKept = sealed === undefined || isPinned(target, ports.files);
  if (isKept && isSame(occupant, checked, request, parts, measurement, ports.codec)) {
    return { kind: "already", ...loaded };
  }
  if (measurement.kind === "unmeasured" && request.measure === "require") {
    return fail({ kind: "not-measured", image, reason: measurement.reason });
  }
  const additions = [
    makeText(configPath, request.configuration),
    makeText(measuredPath, stringifyMeasurement(measurement)),
    ...listParts(parts),
  ];
  const done = { kind: "loaded", ...loaded, trust, measurement } as const;
  const { sha256 } = ports.codec;
  if (sealed !== undefined) {
    const beside = [...additions, listLoaded(checked, additions, sha256)];
    const placed = placeSealed(target, occupant, sealed, beside, ports);
    if (!placed.ok) return fail(placed.problem);
    return { ...done, fsType: "erofs", sealedBy: placed.value };
  }
  const kept = readKeptFiles(target, ports.files);
  const all = addLoaded(checked, [...kept, ...additions], sha256);
  const placed = placeTree(target, occupant, all, ports);
  if (!placed.ok) return fail(placed.problem);
  return { ...done, fsType: placed.value, sealedBy: undefined };
}

interface ReadImage {
  /** The bytes that were verified: these are measured and unpacked. */
  readonly data: Uint8Array;
  readonly checked: CheckedImage;
  readonly trust: ImageTrust;
}

function readImage(
  { image, verification }: LoadRequest,
  ports: LoadPorts,
): Checked<ReadImage, LoadFailure> {
  const { files, codec, machine } = ports;
  const bytes = trySys(() => files.readBytes(image, largestImage));
  if (!bytes.ok) return refuse({ kind: "unreadable", image, error: bytes.problem });
  const data = bytes.value;
  const trust = verifyImage(image, data, verification, ports);
  if (!trust.ok) return refuse({ kind: "unverified", image, problem: trust.problem });
  const checked = checkImage(data, machine, codec);
  if (!checked.ok) return refuse({ kind: "bad-image", image, problem: checked.problem });
  const rollback = checkFloor(checked.value, verification);
  if (rollback !== undefined) return refuse({ kind: "unverified", image, problem: rollback });
  return accept({ data, checked: checked.value, trust: trust.value });
}

function listParts({ entries, record }: ExtensionParts): readonly CpioEntry[] {
  return record === undefined ? [] : [makeText(recordPath, stringifyRecord(record)), ...entries];
}

function makeText(path: string, text: string): CpioEntry {
  return { kind: "file", path, mode: 0o444, data: toBytes(text) };
}

function measure(
  content: readonly Measured[],
  occupant: Occupant,
  { measure, pcrs }: LoadRequest,
  ports: LoadPorts,
): Measurement {
  if (measure === "off") return { kind: "unmeasured", reason: { kind: "off" } };
  const before = occupant.kind === "ours" && occupant.intact ? occupant.measurement : undefined;
  const items = before?.kind === "measured" ? before.items : [];
  return measureAll(content, items, pcrs, ports);
}

function isSame(
  occupant: Occupant,
  image: CheckedImage,
  { configuration }: LoadRequest,
  { record }: ExtensionParts,
  { kind }: Measurement,
  codec: Codec,
): boolean {
  if (occupant.kind !== "ours" || !occupant.intact) return false;
  if (occupant.sealed !== (image.sealed !== undefined)) return false;
  if (occupant.configuration !== configuration) return false;
  const [before, now] = [occupant.extensions, record].map((one) => one && stringifyRecord(one));
  if (before !== now) return false;
  // The initrd may have had no driver for the TPM.
  if (kind === "measured" && occupant.measurement?.kind !== "measured") return false;
  const found = image.entries.find((entry) => entry.path === manifestPath);
  if (found?.kind !== "file") throw new Error("a checked image without its manifest");
  return codec.sha256(found.data) === occupant.digest;
}

function refuseOccupant(request: LoadRequest, occupant: Occupant): LoadFailure | undefined {
  const { target } = request;
  if (occupant.kind === "not-directory") return { kind: "not-directory", target };
  const taken = occupant.kind === "foreign" && occupant.hasShutdown;
  return taken && !request.force ? { kind: "taken", target } : undefined;
}

function fail(failure: LoadFailure): LoadResult {
  return { kind: "failed", failure };
}
