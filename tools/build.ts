import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";
import { buildProgram, shippedPrograms } from "./program.ts";
import { type CrossArch, readArch } from "./read-arch.ts";

/** Builds both programs and prints their sizes. */
async function buildAll(arch: CrossArch | undefined): Promise<void> {
  // Builds for other machines go elsewhere, so that dist/ always runs here.
  const dist = arch === undefined ? "dist" : `dist/${arch}`;
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
  const defines = { EXITRD_VERSION: JSON.stringify(version) };
  for (const program of shippedPrograms) {
    const entry = join(projectRoot, program.entry);
    const path = `${dist}/${program.output}`;
    const output = join(projectRoot, path);
    await buildProgram({ ...program, ...(arch && { arch }), defines, entry, output });
    console.log(`${path}: ${Math.ceil(statSync(output).size / 1024)} KiB`);
  }
}

await buildAll(readArch("tools/build.ts"));
