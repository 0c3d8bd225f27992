import type { ExtensionRecord } from "../image/extension/record.ts";
import type { Manifest } from "../image/manifest.ts";
import type { ImageTrust } from "../image/sign/image-trust.ts";
import type { Measurement, Pcrs } from "../image/tpm/measurement.ts";
import type { MeasurePolicy, SealPolicy } from "../text/policies.ts";
import type { ExtensionPolicy } from "./extension-policy.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { SealedBy } from "./place-sealed.ts";
import type { TreeType } from "./place-tree.ts";
import type { Verification } from "./read-verification.ts";

export interface LoadRequest {
  readonly image: string;
  readonly target: string;
  /** Mount over another program's `shutdown`. */
  readonly force: boolean;
  /** The configuration for PID 1, as text. */
  readonly configuration: string;
  readonly verification: Verification;
  readonly extensions: ExtensionPolicy;
  readonly measure: MeasurePolicy;
  readonly pcrs: Pcrs;
  /** "verity": accept sealed images only. */
  readonly seal: SealPolicy;
}

export type LoadResult =
  | (LoadedTree & {
      readonly kind: "loaded";
      readonly fsType: TreeType | "erofs";
      /** Who verified the root hash of a sealed tree; undefined for a tree of files. */
      readonly sealedBy: SealedBy | undefined;
      readonly trust: ImageTrust;
      readonly measurement: Measurement;
    })
  | (LoadedTree & { readonly kind: "already" })
  | { readonly kind: "failed"; readonly failure: LoadFailure };

export interface LoadedTree {
  readonly manifest: Manifest;
  /** Undefined if the machine has no extensions. */
  readonly extensions: ExtensionRecord | undefined;
}
