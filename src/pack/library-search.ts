import { parentOf } from "../image/check-path.ts";
import {
  expandTokens,
  isMuslLoader,
  listDefaultDirectories,
  normalizePath,
} from "../image/elf/library-paths.ts";
import type { ElfFile } from "../image/elf/read-elf.ts";
import type { FileReader } from "../port/files.ts";
import { attempt } from "../port/sys-error.ts";
import { readLdSoConf } from "./read-ld-so-conf.ts";

/** A program or library as a loader holds it. */
export interface LoadedFile {
  /** Its name here, by which $ORIGIN is told. */
  readonly host: string;
  /** Its name in the image, absolute. */
  readonly image: string;
  readonly elf: ElfFile;
  /** What asked for it; undefined for the program. */
  readonly loader: LoadedFile | undefined;
}

/** A directory here, and the one in which the image's loader finds what is in it. */
export interface LibraryDirectory {
  readonly host: string;
  readonly image: string;
}

/** What the loader at `interpreter` searches for every file. */
export interface LoaderView {
  readonly interpreter: string;
  readonly architecture: string;
  readonly system: readonly LibraryDirectory[];
}

/**
 * Looks up what a loader searches by itself. The image has neither ld.so.conf
 * nor ld.so.cache: what is in a directory of those goes to a default one there.
 */
export function viewLoader(
  interpreter: string,
  architecture: string,
  files: FileReader,
): LoaderView {
  // A default directory may be a link to another (/lib to usr/lib); the image has no links.
  const defaults = listDefaultDirectories(interpreter, architecture).flatMap((host) => {
    const image = files.realPath(host);
    return image === undefined ? [] : [{ host, image }];
  });
  const libc = isMuslLoader(interpreter) ? undefined : "libc.so.6";
  const home = defaults.find(({ host }) => libc && files.status(`${host}/${libc}`) !== undefined);
  const fallback = (home ?? defaults[0])?.image ?? "/lib";
  const known = new Set(defaults.map(({ image }) => image));
  const configured = listConfigured(interpreter, architecture, files).map((host) => {
    const image = files.realPath(host) ?? host;
    return { host, image: known.has(image) ? image : fallback };
  });
  return { interpreter, architecture, system: [...configured, ...defaults] };
}

function listConfigured(
  interpreter: string,
  architecture: string,
  files: FileReader,
): readonly string[] {
  if (!isMuslLoader(interpreter)) return readLdSoConf(files);
  const text = attempt(() => files.readText(`/etc/ld-musl-${architecture}.path`, 65_536)) ?? "";
  return text
    .replaceAll("\n", ":")
    .split(":")
    .filter((path) => path.startsWith("/"));
}

/** Where a library that `file` needs is looked for, in order (ld.so(8); ldso/dynlink.c of musl). */
export function listDirectories(file: LoadedFile, view: LoaderView): readonly LibraryDirectory[] {
  const chain = listChain(file);
  const own = ({ host, image }: LoadedFile, paths: readonly string[]) =>
    paths.flatMap((path) => expandBoth(path, host, image, view.architecture));
  if (isMuslLoader(view.interpreter)) {
    const ofMusl = ({ elf }: LoadedFile) => (elf.runpath.length > 0 ? elf.runpath : elf.rpath);
    return [...chain.flatMap((one) => own(one, ofMusl(one))), ...view.system];
  }
  const { runpath, noDefaults } = file.elf;
  // DT_RUNPATH is for a file's own libraries, DT_RPATH also for those of its libraries.
  const inheriting = chain.filter(({ elf }) => elf.runpath.length === 0);
  const inherited = runpath.length > 0 ? [] : inheriting.flatMap((one) => own(one, one.elf.rpath));
  return [...inherited, ...own(file, runpath), ...(noDefaults ? [] : view.system)];
}

/** A file and what asked for it, up to the program. */
export function listChain(file: LoadedFile): readonly LoadedFile[] {
  return file.loader === undefined ? [file] : [file, ...listChain(file.loader)];
}

function expandBoth(
  path: string,
  host: string,
  image: string,
  architecture: string,
): readonly LibraryDirectory[] {
  const here = expandTokens(path, parentOf(host), architecture);
  const there = expandTokens(path, parentOf(image), architecture);
  return here
    .map((directory, i) => ({ host: directory, image: normalizePath(there[i] ?? directory) }))
    .filter((directory) => directory.host.startsWith("/"));
}
