import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import type { Base } from "../build/base.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { runMachine } from "../machine/run-machine.ts";
import type { Disk, MachineRun, MachineSpec } from "../machine/spec.ts";

const stageLimitSeconds = 600;

/** Name in the tar → text. */
export type CaseTexts = Readonly<Record<string, string>>;

/** Packs the contents of the disk "case". */
export async function packCase(
  folder: string,
  texts: CaseTexts,
  files: Readonly<Record<string, string>> = {},
): Promise<Disk> {
  const tree = join(folder, "case");
  const tar = join(folder, "case.tar");
  mkdirSync(tree, { recursive: true });
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(tree, name), text);
  for (const [name, path] of Object.entries(files)) await run("cp", [path, join(tree, name)]);
  await run("tar", ["--owner=0", "--group=0", "-C", tree, "-cf", tar, "."]);
  rmSync(tree, { recursive: true });
  return { file: tar, bus: "virtio", serial: "case" };
}

/** Boots the base system read-only, with a bash script as PID 1 and the given disks. */
export async function runStage(
  base: Base,
  initrd: string,
  disks: readonly Disk[],
  script: string,
  folder: string,
  extras: Partial<MachineSpec> = {},
): Promise<MachineRun> {
  mkdirSync(folder, { recursive: true });
  const library = readFileSync(join(import.meta.dirname, "guest", "stage-lib.sh"), "utf8");
  return runMachine({
    kernel: base.kernel,
    initrd,
    commandLine: "rdinit=/exitrd-init exitrd.stage console=ttyS0,115200 quiet panic=-1",
    disks: [
      ...disks,
      { file: base.root, bus: "virtio", serial: "system", readOnly: true },
      await packCase(folder, { "stage.sh": `${library}${script}` }),
    ],
    folder,
    limitSeconds: stageLimitSeconds,
    accel: await provideAccel(base),
    ...extras,
  });
}
