import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath } from "./hash-inputs.ts";

const source = join(import.meta.dirname, "..", "..", "native", "unruly.c");

/** Returns the program of the native tests as a static one. By gcc, since musl has no linux/fuse.h. */
export async function provideUnruly(): Promise<string> {
  const folder = join(cacheDir("vm"), `unruly-${hashPath(source)}`);
  await provideFolder(folder, async (partial) => {
    const flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Os", "-s", "-static", "-pthread"];
    await run("gcc", [...flags, "-o", join(partial, "unruly"), source]);
  });
  return join(folder, "unruly");
}
