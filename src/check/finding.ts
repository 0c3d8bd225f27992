import type { ReasonKind } from "../load/judge-boot.ts";

/**
 * A problem that keeps a shutdown from being clean. Only `describe-finding.ts` turns it into
 * sentences.
 */
export type Finding =
  /** The next shutdown does not go through exitrd. */
  | { readonly kind: "not-loaded"; readonly cause: ReasonKind; readonly reason: string }
  | { readonly kind: "not-after-reboot"; readonly cause: ReasonKind; readonly reason: string }
  | { readonly kind: "noexec"; readonly target: string }
  /** The loaded tree differs from the installed image. */
  | { readonly kind: "image-differs"; readonly image: string }
  | { readonly kind: "image-refused"; readonly image: string; readonly problem: string }
  | { readonly kind: "config-changed" }
  /** This machine's image is not used, but the package's. */
  | { readonly kind: "image-passed-over"; readonly image: string; readonly reason: string }
  /** A configuration line that is ignored, as a message. */
  | { readonly kind: "config-line"; readonly line: string }
  /** One that cannot be read, so that the strictest value is used. */
  | { readonly kind: "config-strict"; readonly line: string }
  /** A wrong parameter on the kernel command line, as a message. */
  | { readonly kind: "parameter"; readonly line: string }
  /** A program in the image that was updated or removed on the machine. */
  | {
      readonly kind: "stale-tool";
      readonly file: string;
      readonly state: "changed" | "gone";
      readonly isConfigured: boolean;
    }
  | {
      readonly kind: "stale-initrd";
      readonly initrd: string;
      readonly file: string;
      /** The command that rebuilds the initrd. */
      readonly updater: string;
    }
  | { readonly kind: "extension-refused"; readonly path: string; readonly reason: string }
  | { readonly kind: "debug-shell"; readonly stage: string }
  | { readonly kind: "systemd-bug"; readonly version: string }
  | { readonly kind: "other-exitrd"; readonly program: string; readonly unit: string }
  | { readonly kind: "short-deadline"; readonly timeoutMs: number; readonly source: string }
  | { readonly kind: "low-memory"; readonly availableKib: number }
  | {
      readonly kind: "swap-does-not-fit";
      readonly path: string;
      readonly usedKib: number;
      readonly availableKib: number;
    }
  /** Only a tool that the image lacks can release it. */
  | { readonly kind: "needs-tool"; readonly node: string; readonly tool: string }
  | { readonly kind: "unknown-driver"; readonly node: string; readonly version: string }
  | { readonly kind: "mute"; readonly node: string }
  | { readonly kind: "cycle"; readonly nodes: readonly string[] }
  | { readonly kind: "watchdog-missing"; readonly device: string }
  | { readonly kind: "watchdog-unfed"; readonly device: string; readonly timeoutS: number }
  /** A process that the root needs, but that is killed before the root is unmounted. */
  | {
      readonly kind: "unmarked-server";
      /** Empty if the kernel does not report the process. */
      readonly process: string;
      readonly serves: string;
    }
  /** A part of the kernel that keeps files or devices open and that exitrd does not stop. */
  | {
      readonly kind: "kernel-user";
      readonly user: KernelUserName;
      readonly object: string;
      /** The service that would stop it, but does not run; empty if none is installed. */
      readonly unit: string;
    }
  /** The interface that the root needs goes down before the root is unmounted. */
  | {
      readonly kind: "network-root";
      readonly by: "networkd" | "ifupdown" | "wireless";
      readonly link: string;
      /** The file that configures it; empty if there is none. */
      readonly file: string;
    }
  | { readonly kind: "killpower"; readonly path: string }
  | { readonly kind: "pcr-binding"; readonly device: string; readonly pcr: number }
  /** The next shutdown cannot be recorded. */
  | { readonly kind: "record-no-place"; readonly reasons: readonly string[] }
  /** The next shutdown cannot be entered in the event log of the BMC. */
  | { readonly kind: "record-no-bmc" }
  /** Facts that could not be read in time. */
  | { readonly kind: "unread"; readonly what: string };

export type KernelUserName =
  | "block2mtd"
  | "nandsim"
  | "nvmet passthrough"
  | "OCFS2 heartbeat"
  | "pscsi"
  | "rnbd-server"
  | "tcmu"
  | "xen-blkback"
  | "zloop";

/** The worst first. */
export const SEVERITIES = ["error", "warning", "note"] as const;
export type Severity = (typeof SEVERITIES)[number];
