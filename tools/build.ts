import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";
import { buildProgram, type Program } from "./program.ts";

/** Builds both programs and says how large they are. */
async function buildAll(arch: "arm64" | undefined): Promise<void> {
  // Builds for other machines go elsewhere, so that dist/ always runs here.
  const dist = arch === undefined ? "dist" : `dist/${arch}`;
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
  const defines = { EXITRD_VERSION: JSON.stringify(version) };
  const programs: readonly Program[] = [
    { entry: "src/pid1/main.ts", output: `${dist}/exitrd-shutdown`, pid1: true, defines },
    { entry: "src/cli/main.ts", output: `${dist}/exitrd`, codec: true, defines },
  ];
  for (const program of programs) {
    const entry = join(projectRoot, program.entry);
    const output = join(projectRoot, program.output);
    await buildProgram({ ...program, ...(arch && { arch }), entry, output });
    console.log(`${program.output}: ${Math.ceil(statSync(output).size / 1024)} KiB`);
  }
}

/** Reads `[--arch arm64]`. */
function readArch(args: readonly string[]): "arm64" | undefined {
  if (args.length === 0) return undefined;
  if (args.length === 2 && args[0] === "--arch" && args[1] === "arm64") return "arm64";
  throw new Error("usage: tsx tools/build.ts [--arch arm64]");
}

await buildAll(readArch(process.argv.slice(2)));
