import type { Architecture } from "./platform.ts";

/** A disk of a machine: a raw image on the host. */
export interface Disk {
  readonly file: string;
  /** The stack under test is on NVMe; disks that only supply the test are virtio. */
  readonly bus: "nvme" | "virtio";
  /** Appears in the guest as /dev/disk/by-id/virtio-SERIAL. */
  readonly serial: string;
  readonly readOnly?: boolean;
  /** NVMe: a second controller shows the same namespace. */
  readonly twoPaths?: boolean;
  /** Required for `failWrites` and `pullDisk`. */
  readonly mayFail?: boolean;
  /** virtio: an empty file that becomes the log of all writes and flushes, in order. */
  readonly writeLog?: string;
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

/** A network card through which the guest can reach the addresses of the host. */
export interface Network {
  /** The command prefix for QEMU: the guest's servers can be reached only in that namespace. */
  readonly enter: readonly string[];
  /** Receives the packets from `startCapture` on. */
  readonly captureFile: string;
  /** A TCP port of the guest that is forwarded from the network. */
  readonly servedPort?: number;
}

/** A folder of the host that the guest mounts with the tag "root". */
export type Share =
  | { readonly kind: "9p"; readonly folder: string }
  /** The process that serves it listens at this socket. */
  | { readonly kind: "virtiofs"; readonly socket: string };

export type Accel = "kvm" | "tcg";

/** QEMU starts the kernel, or the firmware finds one on the disks. */
type Boot = DirectBoot | { readonly firmware: Firmware };

interface DirectBoot {
  readonly firmware?: undefined;
  /** Firmware that starts the kernel for QEMU, so that the guest has EFI variables. */
  readonly stub?: Firmware;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

/** OVMF, with System Management Mode to protect its variables. */
export interface Firmware {
  readonly code: string;
  /** The guest modifies this file. */
  readonly variables: string;
}

export type MachineSpec = Boot & MachineParts;

interface MachineParts {
  /** "amd64" if absent. */
  readonly architecture?: Architecture;
  readonly disks: readonly Disk[];
  /** The folder for console.log, output.log and trace.log. */
  readonly folder: string;
  /** The run is killed after this time. */
  readonly limitSeconds: number;
  /** The file with the guest's RAM, kept to be scanned; if absent, QEMU uses its own memory. */
  readonly ramFile?: string;
  /** Cuts the power when the console or the output of the case has a line with this text. */
  readonly cutAt?: string;
  readonly cues?: readonly Cue[];
  readonly answers?: readonly Answer[];
  /** How long a halted machine is watched; if absent, its power is cut immediately. */
  readonly haltedSeconds?: number;
  /** Called for each line of the console and of the output of the case. */
  readonly watch?: (text: string) => void;
  /** Cuts the power. */
  readonly signal?: AbortSignal;
  /** It serves another machine, whose slot it shares. */
  readonly isServer?: boolean;
  readonly network?: Network;
  readonly share?: Share;
  /** Intel's 6300ESB, which resets the machine if it is not pinged. */
  readonly hasWatchdog?: boolean;
  /** A baseboard management controller with an IPMI interface. */
  readonly hasBmc?: boolean;
  /** The memory of an ACPI Error Record Serialization Table; QEMU creates the file. */
  readonly erstFile?: string;
  /** The socket of swtpm. */
  readonly tpmSocket?: string;
  readonly accel: Accel;
}

/** One line of the guest's console; `at` is host time since the start, in seconds. */
export interface ConsoleLine {
  readonly at: number;
  readonly text: string;
}

/** How a run ended: by the guest itself, by us, or by the time limit. */
export type Ending = "poweroff" | "reset" | "watchdog" | "halted" | "cut" | "time-out" | "failed";

export interface MachineRun {
  readonly ending: Ending;
  readonly seconds: number;
  readonly console: readonly ConsoleLine[];
  /** The output of the case's script. */
  readonly output: string;
  readonly folder: string;
}

export const memoryMiB = 1024;
