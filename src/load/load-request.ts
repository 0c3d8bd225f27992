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

export interface LoadedTree {
  readonly manifest: Manifest;
  /** Undefined where the machine has no extensions. */
  readonly extensions: ExtensionRecord | undefined;
}
