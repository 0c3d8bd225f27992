import { toBytes } from "../core/image/bytes.ts";
import type { CpioEntry } from "../core/image/cpio-entry.ts";
import {
  configPath,
  largestImage,
  type Manifest,
  manifestPath,
  measuredPath,
} from "../core/image/manifest.ts";
import type { Measurement, MeasurePolicy, Pcrs } from "../core/tpm/measurement.ts";
import { stringifyMeasurement } from "../core/tpm/measurement-text.ts";
import type { Codec } from "../port/codec.ts";
import type { EventLog } from "../port/event-log.ts";
import type { FileReader } from "../port/files.ts";
import type { RamTrees } from "../port/ram-trees.ts";
import { trySys } from "../port/sys-failure.ts";
import type { Tpm } from "../port/tpm.ts";
import { addLoaded } from "./add-loaded.ts";
import { type CheckedImage, checkImage } from "./check-image.ts";
import { readKeptFiles } from "./kept-files.ts";
import type { LoadFailure } from "./load-failure.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";
import { type MeasuredFile, measureFiles } from "./measure.ts";
import { placeTree } from "./place-tree.ts";

export interface LoadRequest {
  readonly image: string;
  readonly target: string;
  /** Mounts over another exitrd. */
  readonly force: boolean;
  /** The text of the configuration that PID 1 is to read. */
  readonly configuration: string;
  readonly measure: MeasurePolicy;
  readonly pcrs: Pcrs;
}

export interface LoadPorts {
  readonly files: FileReader;
  readonly trees: RamTrees;
  readonly codec: Codec;
  readonly tpm: Tpm;
  readonly eventLog: EventLog;
  /** uname(2)'s machine. */
  readonly machine: string;
}

export type LoadResult =
  | {
      readonly kind: "loaded";
      readonly manifest: Manifest;
      readonly fsType: "tmpfs" | "ramfs";
      readonly measurement: Measurement;
    }
  | { readonly kind: "already"; readonly manifest: Manifest }
  | { readonly kind: "failed"; readonly failure: LoadFailure };

/**
 * Loads an image into a RAM tree at `target`. All is checked before anything
 * is made, and the tree appears whole in one step: whenever this process is
 * killed, there is either a complete tree at `target` or none.
 */
export function loadImage(request: LoadRequest, ports: LoadPorts): LoadResult {
  const { image, target } = request;
  const { files, codec } = ports;
  const bytes = trySys(() => files.readBytes(image, largestImage));
  if (!bytes.ok) return fail({ kind: "unreadable", image, error: bytes.problem });
  const checked = checkImage(bytes.value, ports.machine, codec);
  if (!checked.ok) return fail({ kind: "bad-image", image, problem: checked.problem });
  const occupant = lookAtTarget(target, files, codec);
  const refusal = refuseOccupant(request, occupant);
  if (refusal !== undefined) return fail(refusal);
  // Before anything is made of it that could be executed.
  const measured: MeasuredFile = { what: "image", path: image, data: bytes.value };
  const measurement = measure([measured], occupant, request, ports);
  const { manifest } = checked.value;
  if (isSame(occupant, checked.value, request, measurement, codec)) {
    return { kind: "already", manifest };
  }
  if (measurement.kind === "unmeasured" && request.measure === "require") {
    return fail({ kind: "not-measured", image, reason: measurement.reason });
  }
  const additions = [
    ...readKeptFiles(target, files),
    makeFile(configPath, request.configuration),
    makeFile(measuredPath, stringifyMeasurement(measurement)),
  ];
  const entries = addLoaded(checked.value, additions, codec.sha256);
  const placed = placeTree(target, occupant, entries, ports);
  if (!placed.ok) return fail(placed.problem);
  return { kind: "loaded", manifest, fsType: placed.value, measurement };
}

function makeFile(path: string, text: string): CpioEntry {
  return { kind: "file", path, mode: 0o444, data: toBytes(text) };
}

function measure(
  files: readonly MeasuredFile[],
  occupant: Occupant,
  { measure, pcrs }: LoadRequest,
  ports: LoadPorts,
): Measurement {
  if (measure === "off") return { kind: "unmeasured", reason: { kind: "off" } };
  const before = occupant.kind === "ours" && occupant.intact ? occupant.measurement : undefined;
  const items = before?.kind === "measured" ? before.items : [];
  return measureFiles(files, items, pcrs, ports);
}

function isSame(
  occupant: Occupant,
  image: CheckedImage,
  { configuration }: LoadRequest,
  { kind }: Measurement,
  codec: Codec,
): boolean {
  if (occupant.kind !== "ours" || !occupant.intact) return false;
  if (occupant.configuration !== configuration) return false;
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
