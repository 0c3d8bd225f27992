import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath } from "./hash-inputs.ts";

/** Returns a static program, built from the C file with that name in this folder. */
export async function provideStaticProgram(
  name: "crowd" | "hook" | "huge" | "ublk",
): Promise<string> {
  const source = join(import.meta.dirname, `${name}.c`);
  const folder = join(cacheDir("vm"), `${name}-${hashPath(source)}`);
  await provideFolder(folder, async (partial) => {
    await run("musl-gcc", ["-Os", "-s", "-static", "-o", join(partial, name), source]);
  });
  return join(folder, name);
}
