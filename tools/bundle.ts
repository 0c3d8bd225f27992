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
 * Bundles an entry and all that it imports into the text of one module.
 *
 * Names are kept, so that a stack trace on a dying machine says in which functions it was.
 * `exitrd:*` are the native modules.
 */
export async function bundle(
  entry: string,
  defines: Readonly<Record<string, string>>,
): Promise<string> {
  const result = await build(makeOptions(entry, defines));
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error(`esbuild made nothing of '${basename(entry)}'`);
  return text;
}

/** The npm packages of which the bundle has code, sorted. */
export async function listBundledPackages(entry: string): Promise<readonly string[]> {
  const { metafile } = await build(makeOptions(entry, { EXITRD_VERSION: '""' }));
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const names = inputs.flatMap(([path]) => {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
    return name === undefined ? [] : [name];
  });
  return [...new Set(names)].sort();
}
