import { parentOf } from "../image/check-path.ts";
import {
  expandTokens,
  isMuslLoader,
  listDefaultDirectories,
  normalizePath,
} from "../image/elf/library-paths.ts";
import type { ElfFile } from "../image/elf/read-elf.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { readLdSoConf } from "./read-ld-so-conf.ts";

/** A program or library, as known to a loader. */
export interface LoadedFile {
  /** Its path on this machine, from which $ORIGIN is derived. */
  readonly host: string;
  /** Its absolute path in the image. */
  readonly image: string;
  readonly elf: ElfFile;
  /** The file that needs it; undefined for the program. */
  readonly loader: LoadedFile | undefined;
}

/** A directory on this machine, and the directory of the image that its files are copied to. */
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
 * Lists the directories that a loader searches by default. The image has neither ld.so.conf nor
 * ld.so.cache: libraries from their directories are copied to a default directory.
 */
export function viewLoader(
  interpreter: string,
  architecture: string,
  files: FileReader,
): LoaderView {
  // A default directory may be a link to another one (/lib to usr/lib), but tools add no links.
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

/** The directories searched for a library that `file` needs, in order (ld.so(8); musl: ldso/dynlink.c). */
export function listDirectories(file: LoadedFile, view: LoaderView): readonly LibraryDirectory[] {
  const chain = listChain(file);
  const own = ({ host, image }: LoadedFile, paths: readonly string[]) =>
    paths.flatMap((path) => expandBoth(path, host, image, view.architecture));
  if (isMuslLoader(view.interpreter)) {
    const ofMusl = ({ elf }: LoadedFile) => (elf.runpath.length > 0 ? elf.runpath : elf.rpath);
    return [...chain.flatMap((one) => own(one, ofMusl(one))), ...view.system];
  }
  const { runpath, noDefaults } = file.elf;
  // DT_RUNPATH applies to direct dependencies only, DT_RPATH to indirect ones too.
  const inheriting = chain.filter(({ elf }) => elf.runpath.length === 0);
  const inherited = runpath.length > 0 ? [] : inheriting.flatMap((one) => own(one, one.elf.rpath));
  return [...inherited, ...own(file, runpath), ...(noDefaults ? [] : view.system)];
}

/** A file and the chain of files that need it, up to the program. */
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
