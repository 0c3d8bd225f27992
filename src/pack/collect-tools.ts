import { readShebang } from "../image/added-program.ts";
import { elfMachineOf } from "../image/architecture.ts";
import { isBuiltIn } from "../image/elf/library-paths.ts";
import { type ElfFile, readElf } from "../image/elf/read-elf.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import {
  type LoadedFile,
  type LoaderView,
  listChain,
  listDirectories,
  viewLoader,
} from "./library-search.ts";
import { largestProgram, type ProgramProblem } from "./program-problem.ts";

/** A file of this machine, and its place in the image. */
export interface HostFile {
  /** Absolute, as given by the loader or the user. */
  readonly image: string;
  readonly file: string;
  /** `file` without symbolic links. */
  readonly real: string;
  /** Its permissions here. */
  readonly mode: number;
  readonly data: Uint8Array;
}

/** An optional library that is not installed. */
export interface MissingLibrary {
  readonly tool: string;
  readonly library: string;
}

export interface CollectedTools {
  readonly files: readonly HostFile[];
  /** The programs to be run once: those requested and the interpreters of scripts, but no scripts. */
  readonly programs: readonly string[];
  readonly left: readonly MissingLibrary[];
}

/** The search path for `#!/usr/bin/env NAME` in a hook; PID 1 sets no PATH. */
const searchPath = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

interface Collection {
  readonly files: Map<string, HostFile>;
  readonly programs: Set<string>;
  readonly left: MissingLibrary[];
  readonly views: Map<string, LoaderView>;
  readonly architecture: string;
  readonly reader: FileReader;
}

/**
 * Collects for each of `paths` the files that it needs: its loader, the libraries of DT_NEEDED and
 * `.note.dlopen`, recursively; for a script, its interpreter. Files that a program opens by other
 * means cannot be found.
 */
export function collectTools(
  paths: readonly string[],
  architecture: string,
  reader: FileReader,
): Checked<CollectedTools, ProgramProblem> {
  const collection: Collection = {
    ...{ files: new Map(), programs: new Set(), left: [], views: new Map() },
    ...{ architecture, reader },
  };
  for (const path of paths) {
    const problem = addTool(path, collection);
    if (problem !== undefined) return refuse(problem);
  }
  const { files, programs, left } = collection;
  return accept({ files: [...files.values()], programs: [...programs], left });
}

function addTool(path: string, collection: Collection): ProgramProblem | undefined {
  const { files, reader } = collection;
  if (files.has(path)) return undefined;
  const added = addFile(path, path, collection);
  if (!added.ok) return added.problem;
  if (((statusOf(path, reader)?.mode ?? 0) & 0o111) === 0) {
    return { kind: "no-executable-bit", path };
  }
  const shebang = readShebang(added.value);
  if (shebang?.hasCr) return { kind: "cr-lf", path };
  if (shebang !== undefined) return addInterpreter(shebang, collection);
  collection.programs.add(path);
  return addLibraries(path, added.value, collection);
}

function addInterpreter(
  { interpreter, argument }: { readonly interpreter: string; readonly argument: string },
  collection: Collection,
): ProgramProblem | undefined {
  const problem = addTool(interpreter, collection);
  const name = argument.split(" ")[0] ?? "";
  const isEnv = interpreter.endsWith("/env") && name !== "" && !name.startsWith("-");
  if (problem !== undefined || !isEnv) return problem;
  const places = searchPath.map((directory) => `${directory}/${name}`);
  const found = places.find((place) => statusOf(place, collection.reader) !== undefined);
  return addTool(found ?? `/usr/bin/${name}`, collection);
}

function addLibraries(
  path: string,
  data: Uint8Array,
  collection: Collection,
): ProgramProblem | undefined {
  const { architecture, reader, views } = collection;
  const elf = readElf(data);
  if (!elf.ok) return { kind: "elf", path, reason: elf.problem };
  const { machine, interpreter } = elf.value;
  if (machine !== elfMachineOf(architecture)) return { kind: "elf", path, reason: "machine" };
  if (interpreter === undefined) return undefined;
  const loader = addFile(interpreter, interpreter, collection);
  if (!loader.ok) return loader.problem;
  const view = views.get(interpreter) ?? viewLoader(interpreter, architecture, reader);
  views.set(interpreter, view);
  const host = reader.realPath(path) ?? path;
  return followLibraries(
    { host, image: path, elf: elf.value, loader: undefined },
    view,
    collection,
  );
}

/** Breadth first, like a loader: the first file found for a name is used for all. */
function followLibraries(
  program: LoadedFile,
  view: LoaderView,
  collection: Collection,
): ProgramProblem | undefined {
  const loaded: LoadedFile[] = [program];
  const names = new Set<string>();
  const add = (library: string, file: LoadedFile): ProgramProblem | undefined => {
    if (names.has(library) || isBuiltIn(library, view.interpreter)) return undefined;
    const found = findLibrary(library, file, view, collection);
    if (!found.ok) return found.problem;
    names.add(library);
    loaded.push(found.value);
    return undefined;
  };
  // The list grows while it is walked.
  for (const file of loaded) {
    for (const library of file.elf.needed) {
      const problem = add(library, file);
      if (problem !== undefined) return problem;
    }
    for (const { sonames, priority } of file.elf.dlopen) {
      if (priority === "suggested") continue;
      const problem = tryEach(sonames, (library) => add(library, file));
      if (problem === undefined) continue;
      if (priority === "required" || problem.kind !== "no-library") return problem;
      collection.left.push({ tool: program.image, library: problem.library });
    }
  }
  return undefined;
}

/** The first problem, if all alternatives have one. */
function tryEach(
  sonames: readonly string[],
  add: (library: string) => ProgramProblem | undefined,
): ProgramProblem | undefined {
  let first: ProgramProblem | undefined;
  for (const library of sonames) {
    const problem = add(library);
    if (problem === undefined) return undefined;
    first ??= problem;
  }
  return first;
}

function findLibrary(
  library: string,
  file: LoadedFile,
  view: LoaderView,
  collection: Collection,
): Checked<LoadedFile, ProgramProblem> {
  const directories = library.includes("/") ? [] : listDirectories(file, view);
  const places = directories.map(({ host, image }) => [
    `${host}/${library}`,
    `${image}/${library}`,
  ]);
  for (const [host = "", image = ""] of library.startsWith("/") ? [[library, library]] : places) {
    const elf = readLibrary(host, collection);
    // The loader skips files of other architectures too.
    if (elf === undefined || elf.machine !== elfMachineOf(collection.architecture)) continue;
    const added = addFile(image, host, collection);
    return added.ok ? accept({ host, image, elf, loader: file }) : added;
  }
  const path = listChain(file).at(-1)?.image ?? file.image;
  return refuse({ kind: "no-library", path, library, file: file.host });
}

function readLibrary(path: string, { reader }: Collection): ElfFile | undefined {
  const data = attempt(() => reader.readBytes(path, largestProgram));
  const elf = data && readElf(data);
  return elf?.ok ? elf.value : undefined;
}

function addFile(
  image: string,
  path: string,
  { files, reader }: Collection,
): Checked<Uint8Array, ProgramProblem> {
  const real = reader.realPath(path) ?? path;
  const there = files.get(image);
  if (there !== undefined) {
    return there.real === real ? accept(there.data) : refuse({ kind: "same-name", path });
  }
  const data = trySys(() => reader.readBytes(path, largestProgram));
  if (!data.ok) return refuse({ kind: "unreadable", path, error: data.problem });
  const mode = reader.status(real)?.mode ?? 0;
  files.set(image, { image, file: path, real, mode, data: data.value });
  return accept(data.value);
}

function statusOf(path: string, reader: FileReader) {
  const real = reader.realPath(path);
  return real === undefined ? undefined : reader.status(real);
}
