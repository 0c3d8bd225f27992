import type { InitrdPart } from "../image/compose-image.ts";
import type { CpioEntry } from "../image/cpio-entry.ts";
import { collectTree } from "../image/initrd/collect-tree.ts";
import type { Compression } from "../image/initrd/compressions.ts";
import { findInitrdSection } from "../image/initrd/find-uki-section.ts";
import { type InitrdHooks, takeHooks } from "../image/initrd/hooks.ts";
import type { InitrdProblem } from "../image/initrd/initrd-problem.ts";
import type { Origin } from "../image/manifest.ts";
import type { Codec, Commands, FileReader } from "../port/loader.ts";
import { attempt, type SysFailure, trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { findOwners } from "./find-owners.ts";
import { largestProgram } from "./program-problem.ts";

/** The initrd whose contents an image is to have. */
export interface InitrdRequest {
  /** An initrd, or a unified kernel image. */
  readonly path: string;
  /** The kernel command line, which may name key files. */
  readonly commandLine: string;
}

export type InitrdFailure =
  | { readonly kind: "no-initrd"; readonly path: string; readonly error: SysFailure }
  | { readonly kind: "bad-initrd"; readonly path: string; readonly problem: InitrdProblem };

/** What an image takes from an initrd, and what is printed about it. */
export interface ReadInitrd extends InitrdHooks {
  readonly path: string;
  readonly part: InitrdPart;
  /** Files that were left out because each may contain a secret. */
  readonly secrets: readonly string[];
  /** How many others were left out because they are of no use at shutdown. */
  readonly leftOut: number;
}

export interface InitrdPorts {
  readonly files: FileReader;
  readonly codec: Codec;
  readonly commands: Commands;
}

const largestInitrd = 512 * 1024 * 1024;

/** For all but gzip and zstd. Whatever compressed the initrd has installed these programs. */
const programs: Readonly<Record<Exclude<Compression, "gzip" | "zstd">, readonly string[]>> = {
  xz: ["xz", "-dc"],
  lzma: ["xz", "--format=lzma", "-dc"],
  bzip2: ["bzip2", "-dc"],
  lz4: ["lz4", "-dc"],
  lzo: ["lzop", "-dc"],
};

/** The program that decompresses it. */
export function nameUnpacker(compression: Compression): string {
  return listCommand(compression)[0] ?? "";
}

export function readInitrdPart(
  { path, commandLine }: InitrdRequest,
  ports: InitrdPorts,
): Checked<ReadInitrd, InitrdFailure> {
  const { files, codec, commands } = ports;
  const bytes = trySys(() => files.readBytes(path, largestInitrd));
  if (!bytes.ok) return refuse({ kind: "no-initrd", path, error: bytes.problem });
  const initrd = findInitrdSection(bytes.value);
  if (initrd === undefined) return refuse({ kind: "bad-initrd", path, problem: { kind: "none" } });
  const tree = collectTree(initrd, commandLine, {
    decompressEach: codec.decompressEach,
    gunzipEach: codec.gunzipEach,
    unpackOther: (compression, data, use) => unpack(compression, data, use, commands),
  });
  if (!tree.ok) return refuse({ kind: "bad-initrd", path, problem: tree.problem });
  const { secrets, leftOut } = tree.value;
  const hooks = takeHooks(tree.value.entries);
  const part = { entries: hooks.entries, origins: findOrigins(hooks.entries, ports) };
  return accept({ path, part, secrets, leftOut, ran: hooks.ran, needless: hooks.needless });
}

function listCommand(compression: Compression): readonly string[] {
  return compression === "gzip" || compression === "zstd" ? [] : programs[compression];
}

function unpack(
  compression: Compression,
  data: Uint8Array,
  use: (part: Uint8Array) => void,
  commands: Commands,
): true | undefined {
  const [name = "", ...args] = listCommand(compression);
  const end = commands.filter(name, args, data, use);
  if (end === undefined) return undefined;
  if (end.status === 0) return true;
  const words = end.stderr.split("\n").find((line) => line.trim() !== "");
  throw new Error(words ?? `${name} exited with ${end.status}`);
}

/** Origins of files that are the same on this machine: updates of their packages are noticed. */
function findOrigins(
  entries: readonly CpioEntry[],
  { files, codec }: InitrdPorts,
): ReadonlyMap<string, Origin> {
  const found = entries.flatMap((entry) => {
    if (entry.kind !== "file" || entry.data.length === 0) return [];
    const file = `/${entry.path}`;
    const real = files.realPath(file);
    const isPlain = real !== undefined && files.status(real)?.kind === "file";
    const data = isPlain ? attempt(() => files.readBytes(real, largestProgram)) : undefined;
    const isSame =
      data?.length === entry.data.length && codec.sha256(data) === codec.sha256(entry.data);
    return isSame && real !== undefined ? [{ path: entry.path, file, real }] : [];
  });
  const owners = findOwners(
    found.map(({ real }) => real),
    files,
  );
  return new Map(found.map(({ path, file, real }) => [path, { file, ...owners.get(real) }]));
}
