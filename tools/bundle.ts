import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles an entry and all that it imports into the text of one module.
 *
 * Names and lines are kept: bytecode is no larger for it, and a stack trace
 * on a dying machine then says where it was. `exitrd:*` are the native modules.
 */
export async function bundle(
  entry: string,
  defines: Readonly<Record<string, string>>,
): Promise<string> {
  const result = await build({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    external: ["exitrd:*"],
    minifySyntax: true,
    treeShaking: true,
    charset: "ascii",
    define: { ...defines },
    logLevel: "silent",
  });
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error(`esbuild made nothing of '${basename(entry)}'`);
  return text;
}
