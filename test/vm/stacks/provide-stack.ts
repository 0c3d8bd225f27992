import { basename, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { provideFolder } from "../build/atomic.ts";
import type { Base } from "../build/base.ts";
import { hashPath, hashTexts } from "../build/hash-inputs.ts";
import { provideSuite, type Suite } from "../build/suites.ts";
import { type Image, locateImage, type StackName } from "./image.ts";
import { makeExt4 } from "./make-ext4.ts";
import { makeLoop } from "./make-loop.ts";
import { makeLvmOnLuks } from "./make-lvm-on-luks.ts";

type Say = (line: string) => void;

/** The files of this folder that determine the contents of a stack. */
const sources: Readonly<Record<StackName, readonly string[]>> = {
  ext4: ["make-ext4.ts"],
  loop: ["make-loop.ts"],
  "lvm-on-luks": [
    "make-lvm-on-luks.ts",
    "make-lvm-on-luks.sh",
    "read-used-ranges.ts",
    "write-encrypted.ts",
  ],
};

function hashSource(name: string): string {
  return hashPath(join(import.meta.dirname, name));
}

/** Returns a stack with the base system on it, without exitrd. */
export async function provideStack(stack: StackName, suite: Suite, say: Say): Promise<Image> {
  const make: Maker = (base, partial) => {
    say(`formatting the stack '${stack}'`);
    return makers[stack](base, partial);
  };
  return provide(stack, stack, await provideSuite(suite, say), [], make);
}

/**
 * Returns LVM on LUKS with a package on it that was installed while the image was made, as those
 * who build images do; `provideInstalled` installs it in a running machine.
 */
export async function provideWithPackage(suite: Suite, deb: string, say: Say): Promise<Image> {
  const stack = "lvm-on-luks";
  const make: Maker = (base, partial) => makeLvmOnLuks(base, partial, [deb]);
  const base = await provideSuite(suite, say);
  return provide(stack, `${stack}-with-package`, base, [hashPath(deb)], make);
}

async function provide(
  stack: StackName,
  name: string,
  base: Base,
  inputs: readonly string[],
  make: Maker,
): Promise<Image> {
  const key = hashTexts([basename(base.folder), ...sources[stack].map(hashSource), ...inputs]);
  const folder = join(cacheDir("vm"), `stack-${name}-${key}`);
  await provideFolder(folder, (partial) => make(base, partial));
  return locateImage(stack, folder, base.architecture);
}

type Maker = (base: Base, folder: string) => Promise<void>;

const makers: Readonly<Record<StackName, Maker>> = {
  ext4: makeExt4,
  loop: makeLoop,
  "lvm-on-luks": makeLvmOnLuks,
};
