/** One kind of machine, and the job that shows how it shuts down. */
export type Cell = Combination & (Shown | NotRun);

export interface Combination {
  readonly generator: Generator;
  readonly init: Init;
  readonly suite: CellSuite;
  readonly architecture: Architecture;
}

interface Shown {
  /** The name of a job of `test/vm/run.ts`. */
  readonly job: string;
}

interface NotRun {
  /** The reason: "its tools are not in Debian". */
  readonly notRun: string;
}

export const generators = [
  "initramfs-tools",
  "dracut",
  "mkinitcpio",
  "mkosi-initrd",
  "ugrd",
  "booster",
  "tiny-initramfs",
  "none",
] as const;
export type Generator = (typeof generators)[number];

export const inits = [
  "systemd",
  "sysvinit",
  "OpenRC on sysvinit",
  "openrc-init",
  "runit",
  "finit",
  "BusyBox init",
  "s6",
  "dinit",
] as const;
export type Init = (typeof inits)[number];

export const cellSuites = ["bookworm", "trixie", "forky", "sid"] as const;
export type CellSuite = (typeof cellSuites)[number];

export const architectures = ["amd64", "arm64"] as const;
export type Architecture = (typeof architectures)[number];

export function nameCombination({ generator, init, suite, architecture }: Combination): string {
  return `${generator}, ${init}, ${suite}, ${architecture}`;
}
