import { truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";
import type { Base } from "../build/base.ts";
import { findName } from "../build/boot-files.ts";
import { mebibyte } from "../build/disk-layout.ts";
import { hashPath, hashTexts } from "../build/hash-inputs.ts";
import type { Disk } from "../machine/spec.ts";
import { provideRootsBase } from "./base.ts";
import type { RootStack } from "./root-stack.ts";
import { runStage } from "./stage.ts";

type Say = (line: string) => void;

/** A root stack, ready to boot. */
export interface BuiltRoot {
  readonly base: Base;
  readonly initrd: string;
  readonly disks: readonly Disk[];
}

/** Returns a stack with the base system on it; builds it in a machine if it is not cached. */
export async function provideRoot(stack: RootStack, say: Say): Promise<BuiltRoot> {
  const base = await provideRootsBase(say, stack.base);
  const initrd = await provideInitrd(base);
  const library = hashPath(join(import.meta.dirname, "guest", "stage-lib.sh"));
  const parts = [basename(base.folder), library, stack.build, JSON.stringify(stack.disks)];
  const slug = (stack.medium ?? stack.name).replace(/\W+/g, "_");
  const folder = join(cacheDir("vm"), `root-${slug}-${hashTexts(parts)}`);
  await provideFolder(folder, async (partial) => {
    say(`building '${stack.name}'`);
    const disks = locateDisks(stack, partial);
    stack.disks.forEach((disk, index) => {
      const file = disks[index]?.file ?? "";
      writeFileSync(file, "");
      truncateSync(file, disk.mebibytes * mebibyte);
    });
    const script = `set -ex\n${stack.build}echo "built: yes"\n`;
    const log = join(cacheDir("vm", "logs"), `build-${slug}`);
    const built = await runStage(base, initrd, disks, script, log);
    if (built.ending !== "poweroff" || !built.output.includes("\nbuilt: yes")) {
      throw new Error(`cannot build '${stack.name}' (${built.ending}):\n${built.output}`);
    }
  });
  return { base, initrd, disks: locateDisks(stack, folder) };
}

export function locateDisks(stack: RootStack, folder: string): readonly Disk[] {
  return stack.disks.map(({ bus, twoPaths }, index) => ({
    file: join(folder, `disk${index}.img`),
    bus,
    serial: `disk${index}`,
    ...(twoPaths === undefined ? {} : { twoPaths }),
  }));
}

async function provideInitrd(base: Base): Promise<string> {
  const folder = join(cacheDir("vm"), `initrd-${hashTexts([basename(base.folder)])}`);
  await provideFolder(folder, async (partial) => {
    const name = findName(await run("debugfs", ["-R", "ls -p /", base.boot]), "initrd.img-");
    await run("debugfs", ["-R", `dump /${name} ${join(partial, "initrd")}`, base.boot]);
  });
  return join(folder, "initrd");
}
