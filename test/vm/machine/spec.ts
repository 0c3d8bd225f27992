/** A disk of a machine: a raw image on the host. */
export interface Disk {
  readonly file: string;
  /** The stack under test sits on NVMe; what only feeds the test is virtio. */
  readonly bus: "nvme" | "virtio";
  /** Shows up in the guest as /dev/disk/by-id/virtio-SERIAL. */
  readonly serial: string;
  readonly readOnly?: boolean;
  /** NVMe: a second controller shows the same namespace. */
  readonly twoPaths?: boolean;
  /** What `failWrites` and `pullDisk` need. */
  readonly mayFail?: boolean;
}

/** A QMP command sent when the guest prints a line with this text. */
export interface Cue {
  readonly text: string;
  readonly command: { readonly execute: string; readonly arguments: object };
}

/** Text typed at the console when the guest prints a line with this text. */
export interface Answer {
  readonly text: string;
  readonly typed: string;
}

/** A network card behind which the guest finds the addresses of the host. */
export interface Network {
  /** The command that QEMU runs in it with: the guest's servers are only there. */
  readonly enter: readonly string[];
  /** Receives the packets from `startCapture` on. */
  readonly captureFile: string;
  /** A TCP port of the guest's that is also one of the network's. */
  readonly servedPort?: number;
}

/** A folder of the host that the guest mounts by the tag "root". */
export type Share =
  | { readonly kind: "9p"; readonly folder: string }
  /** By the server that listens there. */
  | { readonly kind: "virtiofs"; readonly socket: string };

export type Accel = "kvm" | "tcg";

/** QEMU starts the kernel, or firmware looks for one on the disks. */
type Boot = DirectBoot | { readonly firmware: Firmware };

interface DirectBoot {
  readonly firmware?: undefined;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

/** OVMF, with System Management Mode to protect its variables. */
export interface Firmware {
  readonly code: string;
  /** Written to. */
  readonly variables: string;
}

export type MachineSpec = Boot & MachineParts;

interface MachineParts {
  readonly disks: readonly Disk[];
  /** Receives console.log, output.log and trace.log. */
  readonly folder: string;
  /** The run is killed after this time. */
  readonly limitSeconds: number;
  /** Guest RAM, left behind for a scan; without it QEMU's own memory is used. */
  readonly ramFile?: string;
  /** Pulls the plug when the console or the case's output has a line with this text. */
  readonly cutAt?: string;
  readonly cues?: readonly Cue[];
  readonly answers?: readonly Answer[];
  /** How long it is looked at once it is halted; it is ended at once where this is absent. */
  readonly haltedSeconds?: number;
  /** Sees each line of the console and of the case's output. */
  readonly watch?: (text: string) => void;
  /** Pulls the plug. */
  readonly signal?: AbortSignal;
  /** It serves another machine and shares that one's slot. */
  readonly isServer?: boolean;
  readonly network?: Network;
  readonly share?: Share;
  /** Intel's 6300ESB, which resets the machine if it is not pinged. */
  readonly hasWatchdog?: boolean;
  /** Where swtpm listens. */
  readonly tpmSocket?: string;
  readonly accel: Accel;
}

/** One line of the guest's console; `at` is host time since the start, in seconds. */
export interface ConsoleLine {
  readonly at: number;
  readonly text: string;
}

/** How a run ended: by the guest's own act, by ours, or by the time limit. */
export type Ending = "poweroff" | "reset" | "watchdog" | "halted" | "cut" | "time-out" | "failed";

export interface MachineRun {
  readonly ending: Ending;
  readonly seconds: number;
  readonly console: readonly ConsoleLine[];
  /** What the case's script printed. */
  readonly output: string;
  readonly folder: string;
}

export const memoryMiB = 1024;
