/** Debian's name of what a guest is built for. */
export type Architecture = "amd64" | "arm64";

/** What differs between the machines of two architectures. */
export interface Platform {
  /** QEMU's program. */
  readonly program: string;
  /** QEMU's name of the board. */
  readonly board: string;
  /** QEMU's name of an emulated processor. */
  readonly processor: string;
  /** The kernel's parameters: the console, and the patience of systemd. */
  readonly parameters: string;
  /** Connects the line with the output of the case to the character device "output". */
  readonly output: readonly string[];
  /** The guest-physical address of the first byte of RAM, which is the first in the RAM image. */
  readonly ramStart: number;
}

export const platforms: Readonly<Record<Architecture, Platform>> = {
  amd64: {
    program: "qemu-system-x86_64",
    board: "q35",
    // QEMU emulates "fast short rep mov" slowly, and the kernel would choose it.
    processor: "max,-erms,-fsrm",
    parameters: "console=ttyS0,115200",
    output: ["-serial", "chardev:output"],
    ramStart: 0,
  },
  arm64: {
    program: "qemu-system-aarch64",
    board: "virt,gic-version=3",
    // QEMU emulates the pointer authentication of newer processors slowly.
    processor: "cortex-a72",
    // On a busy host, udev may take longer than the usual 90 s to find the disks.
    parameters: "console=ttyAMA0 systemd.default_timeout_start_sec=900",
    // The board has a single line for the normal world: ttyS0 is a card.
    output: ["-device", "pci-serial,chardev=output"],
    ramStart: 0x4000_0000,
  },
};

/** The architecture of this machine, whose programs and guests are not emulated. */
export const hostArchitecture: Architecture = process.arch === "arm64" ? "arm64" : "amd64";
