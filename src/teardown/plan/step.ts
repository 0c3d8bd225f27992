import type { Session } from "../snapshot/snapshot.ts";

/** For one target of a device: DM_TARGET_MSG. */
export interface DmMessage {
  readonly sector: number;
  readonly text: string;
}

/** One act on the kernel. `port/kernel.ts` has one method for each kind. */
export type Step =
  | {
      readonly kind: "umount";
      readonly target: string;
      readonly mountId: number;
      /**
       * MNT_DETACH: only for API file systems, which pin no device, and for
       * what holds the image file of its own root (`break-cycles.ts`).
       */
      readonly lazy: boolean;
      /** A server answers for it: a process (FUSE), or another machine. */
      readonly served: boolean;
      /** MNT_FORCE: aborts what still waits for that server, which has been ended or had its time. */
      readonly force: boolean;
    }
  | { readonly kind: "swapoff"; readonly path: string }
  | { readonly kind: "loop-detach"; readonly name: string; readonly dev: string }
  /** `backing` is what it keeps for itself until it is gone. */
  | {
      readonly kind: "bcache-stop";
      readonly name: string;
      readonly dev: string;
      readonly backing: string;
    }
  | { readonly kind: "bcache-set-stop"; readonly uuid: string; readonly devices: readonly string[] }
  | { readonly kind: "nbd-disconnect"; readonly name: string; readonly dev: string }
  | { readonly kind: "zram-reset"; readonly name: string; readonly dev: string }
  | {
      readonly kind: "dm-remove";
      readonly name: string;
      readonly dev: string;
      /** Sent first: what makes the target write back all it has. */
      readonly messages: readonly DmMessage[];
    }
  /** Lets I/O pass again, before anything on the device is touched. */
  | {
      readonly kind: "dm-unblock";
      readonly name: string;
      readonly dev: string;
      readonly resume: boolean;
      readonly messages: readonly DmMessage[];
    }
  | {
      readonly kind: "mdmon-end";
      /** The container. */
      readonly name: string;
      readonly pid: number;
      /** The mounts that it runs from, to be made read-only while it can still mark them clean. */
      readonly runsFrom: readonly string[];
      /** Its container's volumes. */
      readonly volumes: readonly string[];
    }
  | { readonly kind: "process-end"; readonly name: string; readonly pid: number }
  | { readonly kind: "md-stop"; readonly name: string; readonly dev: string }
  /** `backings` is what it keeps for itself until it is gone; `devices` vanish with it. */
  | {
      readonly kind: "drbd-down";
      /** The resource. */
      readonly name: string;
      readonly devices: readonly string[];
      readonly backings: readonly string[];
    }
  /** Logs out: `devices` vanish with it. */
  | {
      readonly kind: "session-close";
      readonly protocol: Session["protocol"];
      readonly name: string;
      readonly paths: readonly string[];
      readonly devices: readonly string[];
    }
  /** `hardForce` leaves the labels as they are: released, but not marked so. */
  | { readonly kind: "zpool-export"; readonly name: string; readonly hardForce: boolean };
