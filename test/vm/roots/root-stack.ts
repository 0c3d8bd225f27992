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
 * A machine whose root is on a stack that users reported, and the expected findings from outside
 * after its shutdown, with and without exitrd.
 */
export interface RootStack {
  readonly name: string;
  /** The base system that it is built and booted from; the common one if absent. */
  readonly base?: RootsBase;
  readonly disks: readonly RootDisk[];
  /** Serves the only disk, to which the machine has no other access. */
  readonly server?: Server;
  /** Text of a console line at which the server is stopped for good. */
  readonly serverGoneAt?: string;
  /**
   * Makes the network slow during the shutdown, so that the server is stopped before everything is
   * released.
   */
  readonly slowsLink?: boolean;
  /**
   * The name of the result of `build`, if several stacks boot from it; the name of the stack if
   * absent.
   */
  readonly medium?: string;
  /** Bash, in the stage: builds the stack and copies the system onto it with `copy_root`. */
  readonly build: string;
  /** Shell, in the initrd, if Debian's own scripts do not open the stack. */
  readonly boot?: string;
  /** udev must not assemble arrays by itself. */
  readonly noAutoAssembly?: boolean;
  readonly commandLine: string;
  /** Whether `marker` is searched for in RAM after the run, which adds a fact. */
  readonly searchesRam?: boolean;
  /** Bash, in the running machine, before it is shut down. `$marker` is for printf. */
  readonly use?: string;
  /** What `exitrd check` must find on it; nothing else may be found. */
  readonly findings?: readonly RegExp[];
  /** Lines of exitrd that the console must show, in this order. */
  readonly steps: readonly RegExp[];
  /** The end of the last line of exitrd, if something must be left. */
  readonly left?: RegExp;
  /** The limit from the first line of exitrd to the end of the machine, if something hangs. */
  readonly limitSeconds?: number;
  /** Bash, in the stage, on a copy of the disks: prints facts with `fact`, one per line. */
  readonly inspect: string;
  readonly factsWithExitrd: readonly string[];
  /**
   * The facts of the same machine without exitrd; equal to those with it if there is no difference.
   */
  readonly factsWithout: readonly string[];
}
