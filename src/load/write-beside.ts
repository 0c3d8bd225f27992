import type { CpioEntry } from "../image/cpio-entry.ts";
import { largestText } from "../image/manifest.ts";
import { attempt } from "../port/sys-error.ts";
import { trySys } from "../port/sys-failure.ts";
import { refuse } from "../text/checked.ts";
import { besideOf, writtenPaths } from "../text/tree-paths.ts";
import type { LoadPorts } from "./load-ports.ts";
import type { Placed } from "./place-tree.ts";

/**
 * Writes what the loader adds beside a sealed tree, one by one, each as one step: what PID 1
 * reads is old or new. Where that or `use` fails, what was there before is there again, as
 * the tree is that it belongs to.
 */
export function withBeside<T, P>(
  target: string,
  additions: readonly CpioEntry[],
  ports: LoadPorts,
  use: () => Placed<T, P>,
): Placed<T, P> {
  const before = readBeside(target, ports);
  const written = trySys(() => writeBeside(target, additions, ports));
  const used = written.ok
    ? use()
    : refuse({ kind: "beside", target, error: written.problem } as const);
  if (!used.ok) restoreBeside(target, before, ports);
  return used;
}

function writeBeside(
  target: string,
  additions: readonly CpioEntry[],
  { files, trees }: LoadPorts,
): void {
  const beside = besideOf(target);
  for (const folder of [beside, `${beside}/etc`]) {
    if (files.status(folder) === undefined) trees.makeDirectory(folder, 0o755);
  }
  for (const entry of additions) {
    if (entry.kind === "file") files.replaceFile(`${beside}/${entry.path}`, entry.data, entry.mode);
  }
}

/** Each with its contents, or undefined where there is none. */
type Beside = readonly (readonly [path: string, data: Uint8Array | undefined])[];

function readBeside(target: string, { files }: LoadPorts): Beside {
  return writtenPaths.map((name) => {
    const path = `${besideOf(target)}/${name}`;
    return [path, attempt(() => files.readBytes(path, largestText))];
  });
}

function restoreBeside(target: string, before: Beside, { files, trees }: LoadPorts): void {
  for (const [path, data] of before) {
    attempt(() => {
      if (data === undefined) files.removeFile(path);
      else files.replaceFile(path, data, 0o444);
    });
  }
  // Each fails where it is not empty, which is right.
  attempt(() => trees.removeDirectory(`${besideOf(target)}/etc`));
  attempt(() => trees.removeDirectory(besideOf(target)));
}
