import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath } from "./hash-inputs.ts";

/** Returns a static program that behaves as the name that it is given in the image. */
export async function provideHook(): Promise<string> {
  const source = join(import.meta.dirname, "hook.c");
  const folder = join(cacheDir("vm"), `hook-${hashPath(source)}`);
  await provideFolder(folder, async (partial) => {
    await run("musl-gcc", ["-Os", "-s", "-static", "-o", join(partial, "hook"), source]);
  });
  return join(folder, "hook");
}
