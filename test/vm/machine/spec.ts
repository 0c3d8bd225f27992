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
}

export type Accel = "kvm" | "tcg";

export interface MachineSpec {
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
  readonly disks: readonly Disk[];
  /** Receives console.log, output.log and trace.log. */
  readonly folder: string;
  /** The run is ended from outside after this time, whatever happens. */
  readonly limitSeconds: number;
  /** Guest RAM, left behind for a scan; without it QEMU's own memory is used. */
  readonly ramFile?: string;
  /** Pulls the plug when the console or the case's output has a line with this text. */
  readonly cutAt?: string;
  readonly accel: Accel;
}

/** One line of the guest's console; `at` is host time since the start, in seconds. */
export interface ConsoleLine {
  readonly at: number;
  readonly text: string;
}

/** How a run ended: by the guest's own act, by ours, or by the time limit. */
export type Ending = "poweroff" | "reset" | "halted" | "cut" | "time-out" | "failed";

export interface MachineRun {
  readonly ending: Ending;
  readonly seconds: number;
  readonly console: readonly ConsoleLine[];
  /** What the case's script printed. */
  readonly output: string;
  readonly folder: string;
}

export const memoryMiB = 1024;
