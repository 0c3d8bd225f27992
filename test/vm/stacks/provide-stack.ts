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
  const base = await provideSuite(suite, say);
  const key = hashTexts([basename(base.folder), ...sources[stack].map(hashSource)]);
  const folder = join(cacheDir("vm"), `stack-${stack}-${key}`);
  await provideFolder(folder, async (partial) => {
    say(`formatting the stack '${stack}'`);
    await makers[stack](base, partial);
  });
  return locateImage(stack, folder, base.architecture);
}

const makers: Readonly<Record<StackName, (base: Base, folder: string) => Promise<void>>> = {
  ext4: makeExt4,
  loop: makeLoop,
  "lvm-on-luks": makeLvmOnLuks,
};

/**
 * Returns LVM on LUKS with a package on it that was installed while the image was made, as those
 * who build images do; `provideInstalled` installs it in a running machine.
 */
export async function provideWithPackage(suite: Suite, deb: string, say: Say): Promise<Image> {
  const stack = "lvm-on-luks";
  const base = await provideSuite(suite, say);
  const key = hashTexts([basename(base.folder), ...sources[stack].map(hashSource), hashPath(deb)]);
  const folder = join(cacheDir("vm"), `stack-${stack}-with-package-${key}`);
  await provideFolder(folder, (partial) => makeLvmOnLuks(base, partial, [deb]));
  return locateImage(stack, folder, base.architecture);
}
