import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../../tools/run.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { runMachine } from "../machine/run-machine.ts";
import type { Cue, Disk, Firmware, MachineRun } from "../machine/spec.ts";
import type { StorageGuest } from "./storage-base.ts";

const scripts = join(import.meta.dirname, "guest");

const commandLine =
  "root=/dev/vda rw init=/sbin/zoo-init console=ttyS0,115200 loglevel=7 panic=-1 fsck.mode=skip";

export interface GuestSpec {
  readonly guest: StorageGuest;
  /** The disk of its root, which the guest may modify. */
  readonly root: string;
  readonly disks: readonly Disk[];
  /** The script of guest/ that is PID 1. */
  readonly init: string;
  /** Further files on its case disk: path there → text. */
  readonly texts: Readonly<Record<string, string>>;
  /** The same for files of the host: path there → path here. */
  readonly files?: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly limitSeconds: number;
  readonly extraCommandLine?: string;
  readonly cutAt?: string;
  readonly ramFile?: string;
  /** Has it started by a firmware with variables. */
  readonly firmware?: Firmware;
  readonly cues?: readonly Cue[];
  readonly watch?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Boots the storage base with one of our scripts as PID 1, without an init system. */
export async function bootGuest(spec: GuestSpec): Promise<MachineRun> {
  const tar = await packCase(spec);
  return runMachine({
    kernel: spec.guest.kernel,
    initrd: spec.guest.initrd,
    commandLine: `${commandLine} ${spec.extraCommandLine ?? ""}`,
    disks: [
      { file: spec.root, bus: "virtio", serial: "root" },
      ...spec.disks,
      { file: tar, bus: "virtio", serial: "case" },
    ],
    folder: spec.folder,
    limitSeconds: spec.limitSeconds,
    accel: await provideAccel(spec.guest),
    ...(spec.ramFile === undefined ? {} : { ramFile: spec.ramFile }),
    ...(spec.firmware === undefined ? {} : { stub: spec.firmware }),
    ...(spec.cutAt === undefined ? {} : { cutAt: spec.cutAt }),
    ...(spec.cues === undefined ? {} : { cues: spec.cues }),
    ...(spec.watch === undefined ? {} : { watch: spec.watch }),
    ...(spec.signal === undefined ? {} : { signal: spec.signal }),
  });
}

async function packCase(spec: GuestSpec): Promise<string> {
  const tree = join(spec.folder, "case");
  const tar = join(spec.folder, "case.tar");
  mkdirSync(tree, { recursive: true });
  for (const name of readdirSync(scripts)) copyFileSync(join(scripts, name), join(tree, name));
  copyFileSync(join(scripts, spec.init), join(tree, "init.sh"));
  for (const [name, text] of Object.entries(spec.texts)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  for (const [name, path] of Object.entries(spec.files ?? {})) {
    copyFileSync(path, join(tree, name));
    chmodSync(join(tree, name), 0o755);
  }
  await run("tar", ["--owner=0", "--group=0", "-C", tree, "-cf", tar, "."]);
  rmSync(tree, { recursive: true });
  return tar;
}
