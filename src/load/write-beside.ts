import type { CpioEntry } from "../image/cpio-entry.ts";
import { largestText } from "../image/manifest.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { refuse } from "../text/checked.ts";
import { besideOf, writtenPaths } from "../text/tree-paths.ts";
import type { LoadPorts } from "./load-ports.ts";
import type { Placed } from "./place-tree.ts";

/**
 * Writes the loader's additions next to a sealed tree, each atomically: PID 1 reads either the old
 * or the new file. If that or `use` fails, the previous files are restored, since the tree that they
 * belong to is still mounted.
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

/** Each file with its contents, or undefined if there is none. */
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
  // Fails for a directory that is not empty, as it should.
  attempt(() => trees.removeDirectory(`${besideOf(target)}/etc`));
  attempt(() => trees.removeDirectory(besideOf(target)));
}
