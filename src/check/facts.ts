import type { Update } from "../image/updates.ts";
import type { Reason } from "../load/judge-boot.ts";
import type { Settings } from "../teardown/settings/values.ts";
import type { KernelUserName } from "./finding.ts";

// Observations as plain data: a child reads each part and sends it as JSON.

/**
 * Everything except the storage, which is a snapshot. A part that was not read in time is absent.
 */
export interface Facts {
  readonly image?: ImageFacts;
  readonly init?: InitFacts;
  readonly watchdogs?: readonly WatchdogFacts[];
  readonly kernelUsers?: readonly KernelUser[];
  readonly servers?: readonly ServerFacts[];
  readonly network?: NetworkFacts;
  /** Scripts that systemd-shutdown runs before it pivots and that may cut the power. */
  readonly killpower?: readonly string[];
  readonly bindings?: readonly PcrBinding[];
  readonly record?: RecordFacts;
}

/** What `exitrd status` knows. */
export interface ImageFacts {
  readonly path: string;
  /** Why the shutdown does not go through exitrd: now, and after a reboot. */
  readonly now: readonly Reason[];
  readonly next: readonly Reason[];
  /** The tree in RAM is ours, but mounted noexec. */
  readonly isNoexec: boolean;
  /** The tree in RAM is ours, the image is good, and they differ. */
  readonly differs: boolean;
  /** Why the image on disk would not be loaded; set only if a tree of ours is loaded. */
  readonly refusal?: string;
  /** The configuration differs from the loaded one. */
  readonly configChanged: boolean;
  /** Problems in the files of exitrd.conf(5), and on the kernel command line, as messages. */
  readonly notes: readonly string[];
  readonly parameterNotes: readonly string[];
  /** This machine's image, if the package's is loaded instead, and why, as a message. */
  readonly passedOver?: { readonly path: string; readonly reason: string };
  readonly updates: readonly Update[];
  /** Whether exitrd-build.conf(5) lists what is in the image. */
  readonly isConfigured: boolean;
  readonly initrd?: {
    readonly path: string;
    readonly stale: readonly string[];
    /** The command that rebuilds it. */
    readonly updater: string;
  };
  readonly refusedExtensions: readonly { readonly path: string; readonly reason: string }[];
  /** The stage in `exitrd.break=`. */
  readonly breakAt?: string;
  /** The PCRs that exitrd has extended since boot. */
  readonly measuredPcrs: readonly number[];
  /** The settings that PID 1 will use, as far as the rules need them. */
  readonly settings: Pick<Settings, "timeoutMs" | "watchdog">;
}

/** The init system, and programs that compete with exitrd. */
export interface InitFacts {
  /** The version in the name of libsystemd-shared, "254-1"; empty if not found. */
  readonly systemd: string;
  /** DefaultTimeoutStopSec= and the file that sets it; absent if none does. */
  readonly stopTimeout?: { readonly ms: number; readonly file: string };
  readonly hasFinalrd: boolean;
}

/** An entry of /sys/class/watchdog. */
export interface WatchdogFacts {
  /** The name, "watchdog0". */
  readonly name: string;
  readonly isActive: boolean;
  /** It cannot be stopped once it runs. */
  readonly isNoWayOut: boolean;
  readonly timeoutS: number;
  /** Whether PID 1 has it open, and hands it over. */
  readonly isInits: boolean;
}

export interface KernelUser {
  readonly user: KernelUserName;
  /** The file or device that it keeps open. */
  readonly object: string;
  /** Absent if no service of this machine is known to stop it. */
  readonly stopper?: Stopper;
}

/** A service that stops such objects before the pivot. */
export interface Stopper {
  /** "target.service" */
  readonly unit: string;
  /** Whether it runs, so that it will be stopped. */
  readonly isActive: boolean;
}

/** The process that serves an NBD device. */
export interface ServerFacts {
  /** Kernel name of the device. */
  readonly device: string;
  readonly pid: number;
  readonly command: string;
  readonly isMarked: boolean;
}

export interface NetworkFacts {
  readonly links: readonly LinkFacts[];
  /** IPv4 routes of the main table. */
  readonly routes: readonly Route[];
  readonly servers: readonly BlockServer[];
}

/** The server of a session (`Session` of a snapshot) that uses the network. */
export interface BlockServer {
  /** The NVMe controller, "nvme0", or iSCSI connection, "connection1:0". */
  readonly path: string;
  /** As sysfs has it; "" if it cannot be read. */
  readonly address: string;
}

/** A network interface that is up, other than the loopback. */
export interface LinkFacts {
  readonly name: string;
  readonly isWireless: boolean;
  readonly networkd?: {
    readonly file: string;
    readonly usesDhcp: boolean;
    /** The last KeepConfiguration=; empty if not set. */
    readonly keep: string;
  };
  /** Whether `ifdown -a`, which networking.service runs when it is stopped, takes it down. */
  readonly isIfupdowns: boolean;
}

/** A row of proc_net_route: addresses as numbers, most significant byte first. */
export interface Route {
  readonly link: string;
  readonly destination: number;
  readonly mask: number;
}

/** A TPM token of a LUKS2 volume that the root does not use. */
export interface PcrBinding {
  /** Kernel name. */
  readonly device: string;
  readonly pcrs: readonly number[];
}

/** Whether the next shutdown can leave a record. */
export interface RecordFacts {
  /** Whether Record= asks for one. */
  readonly isWanted: boolean;
  readonly hasPlace: boolean;
  /** Record= asks for an entry in the event log of the BMC, which has no driver. */
  readonly lacksBmc: boolean;
  /** Why each place cannot take it, as text. */
  readonly reasons: readonly string[];
}
