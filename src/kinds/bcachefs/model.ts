import type { KindGraph } from "../../teardown/kind.ts";
import type { MultiDevice } from "../../teardown/snapshot/base.ts";
import type { FileSystem } from "../file-system.ts";

export interface BcachefsField {
  /** The mounted ones, sorted by UUID. Absent if bcachefs is not loaded. */
  readonly bcachefs?: readonly MultiDevice[];
}

export const bcachefs: FileSystem = { isMultiDevice: true };

export const bcachefsGraph: KindGraph<BcachefsField, never> = {
  listMultiDevices: (snapshot) => snapshot.bcachefs ?? [],
};
