import type { Server } from "../net/server.ts";
import type { RootsBase } from "./base.ts";

/** A disk of a root stack, empty before it is built. */
export interface RootDisk {
  readonly mebibytes: number;
  readonly bus: "nvme" | "virtio";
  /** NVMe: a second controller shows the same namespace. */
  readonly twoPaths?: boolean;
}

/**
 * A machine whose root lies on a stack that users reported, and what must be
 * found of it from outside after its shutdown, through exitrd and without.
 */
export interface RootStack {
  readonly name: string;
  /** What it is built and booted from; the common one where it is absent. */
  readonly base?: RootsBase;
  readonly disks: readonly RootDisk[];
  /** Serves the only disk, which the machine then has no other way to. */
  readonly server?: Server;
  /** Text of a console line at which the server is gone for good. */
  readonly serverGoneAt?: string;
  /** So that it is gone before all is done: the network is slow during the shutdown. */
  readonly slowsLink?: boolean;
  /** What `build` makes, where several stacks boot from the same; the name where it is absent. */
  readonly medium?: string;
  /** Bash, in the stage: makes the stack and copies the system onto it with `copy_root`. */
  readonly build: string;
  /** Shell, in the initrd, where Debian's own scripts do not open the stack. */
  readonly boot?: string;
  /** udev must not assemble arrays by itself. */
  readonly noAutoAssembly?: boolean;
  readonly commandLine: string;
  /** Whether `marker` is looked for in RAM after the run: one fact more. */
  readonly searchesRam?: boolean;
  /** Bash, in the running machine, before it is shut down. `$marker` is for printf. */
  readonly use?: string;
  /** What the console must show of exitrd, in this order. */
  readonly steps: readonly RegExp[];
  /** How the last line of exitrd ends, where something has to stay. */
  readonly left?: RegExp;
  /** From the first line of exitrd to the machine's end, where something hangs. */
  readonly limitSeconds?: number;
  /** Bash, in the stage, on a copy of the disks: prints one fact a line with `fact`. */
  readonly inspect: string;
  readonly factsWithExitrd: readonly string[];
  /** What the same machine leaves without exitrd; the same where no difference is seen. */
  readonly factsWithout: readonly string[];
}
