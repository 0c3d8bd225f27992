import type { Manifest } from "../core/image/manifest.ts";
import { manifestPath } from "../core/image/manifest.ts";
import type { Codec } from "../port/codec.ts";
import type { FileReader } from "../port/files.ts";
import type { RamTrees } from "../port/ram-trees.ts";
import { trySys } from "../port/sys-failure.ts";
import { type CheckedImage, checkImage, largestImage } from "./check-image.ts";
import { readKeptFiles } from "./kept-files.ts";
import type { LoadFailure } from "./load-failure.ts";
import { lookAtTarget, type Occupant } from "./look-at-target.ts";
import { placeTree } from "./place-tree.ts";

export interface LoadRequest {
  readonly image: string;
  readonly target: string;
  /** Mounts over another exitrd. */
  readonly force: boolean;
}

export interface LoadPorts {
  readonly files: FileReader;
  readonly trees: RamTrees;
  readonly codec: Codec;
  /** uname(2)'s machine. */
  readonly machine: string;
}

export type LoadResult =
  | { readonly kind: "loaded"; readonly manifest: Manifest; readonly fsType: "tmpfs" | "ramfs" }
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
  if (isSame(occupant, checked.value, codec)) {
    return { kind: "already", manifest: checked.value.manifest };
  }
  const refusal = refuseOccupant(request, occupant);
  if (refusal !== undefined) return fail(refusal);
  const entries = [...readKeptFiles(target, files), ...checked.value.entries];
  const placed = placeTree(target, occupant, entries, ports);
  if (!placed.ok) return fail(placed.problem);
  const { manifest } = checked.value;
  return { kind: "loaded", manifest, fsType: placed.value };
}

function isSame(occupant: Occupant, image: CheckedImage, codec: Codec): boolean {
  if (occupant.kind !== "ours" || !occupant.intact) return false;
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
