import { basename, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { provideFolder } from "../build/atomic.ts";
import type { Base } from "../build/base.ts";
import { hashPath, hashTexts } from "../build/hash-inputs.ts";
import { isInitSuite, provideSuite, type Suite } from "../build/suites.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { type Image, locateImage, type StackName } from "./image.ts";
import { makeExt4 } from "./make-ext4.ts";
import { makeLoop } from "./make-loop.ts";
import { makeLvmOnLuks } from "./make-lvm-on-luks.ts";

type Say = (line: string) => void;

/** The files of this folder that determine the contents of a stack. */
const sources: Readonly<Record<StackName, readonly string[]>> = {
  ext4: ["make-ext4.ts"],
  loop: ["make-loop.ts"],
  "lvm-on-luks": ["make-lvm-on-luks.ts", "make-lvm-on-luks.sh"],
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
    await makeStack(stack, suite, base, partial, say);
  });
  return locateImage(stack, folder, base.architecture);
}

async function makeStack(
  stack: StackName,
  suite: Suite,
  base: Base,
  folder: string,
  say: Say,
): Promise<void> {
  switch (stack) {
    case "ext4":
      return makeExt4(base, folder);
    case "loop":
      return makeLoop(base, folder);
    case "lvm-on-luks": {
      // What it runs there needs systemd.
      const builder = await provideStack("ext4", isInitSuite(suite) ? "bookworm" : suite, say);
      return makeLvmOnLuks(base, folder, builder, await provideAccel(base));
    }
  }
}
