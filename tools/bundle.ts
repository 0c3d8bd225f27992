import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

function makeOptions(
  entry: string,
  defines: Readonly<Record<string, string>>,
): BuildOptions & { readonly write: false; readonly metafile: true } {
  return {
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    external: ["exitrd:*"],
    minifySyntax: true,
    treeShaking: true,
    charset: "ascii",
    define: { ...defines },
    logLevel: "silent",
  };
}

/**
 * Bundles an entry and all its imports into the text of one module.
 *
 * Names are kept, so that a stack trace on a dying machine shows the functions. `exitrd:*` are the
 * native modules.
 */
export async function bundle(
  entry: string,
  defines: Readonly<Record<string, string>>,
): Promise<string> {
  const result = await build(makeOptions(entry, defines));
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error(`esbuild produced no output for '${basename(entry)}'`);
  return text;
}

/** The npm packages whose code is in the bundle, sorted. */
export async function listBundledPackages(entry: string): Promise<readonly string[]> {
  const { metafile } = await build(makeOptions(entry, { EXITRD_VERSION: '""' }));
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  return [...new Set(inputs.flatMap(([path]) => findPackage(path) ?? []))].sort();
}

/** Every file of npm packages that the bundle is made of, sorted. */
export async function listBundledFiles(entry: string): Promise<readonly string[]> {
  const { metafile } = await build(makeOptions(entry, { EXITRD_VERSION: '""' }));
  return Object.keys(metafile.inputs)
    .filter((path) => findPackage(path) !== undefined)
    .sort();
}

/** The package that a file below node_modules belongs to. */
export function findPackage(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
}
