import { type ProgramRole, placeProgram, readShebang } from "../image/added-program.ts";
import { isSafePath } from "../image/check-path.ts";
import { checkElf } from "../image/elf.ts";
import { type EntryMap, findEntry } from "../image/find-entry.ts";
import type { FileReader } from "../port/loader.ts";
import { trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { collectTools, type HostFile, type MissingLibrary } from "./collect-tools.ts";
import { largestProgram, type ProgramProblem } from "./program-problem.ts";

/** A file of the host that will be run in the image. */
export interface ProgramFile {
  readonly role: ProgramRole;
  readonly file: string;
  /** The line of build.conf, from 1; undefined if it comes from the command line. */
  readonly line?: number;
}

export interface ReadPrograms {
  /** `image` without the leading slash. */
  readonly files: readonly HostFile[];
  /** Absolute paths in the image of programs that must prove that they can be executed there. */
  readonly tools: readonly string[];
  readonly left: readonly MissingLibrary[];
}

/**
 * Reads the programs to be added to an image, and rejects those that could not run there: a hook or
 * shell that is dynamically linked, a tool whose libraries are missing, a script without its
 * interpreter.
 */
export function readPrograms(
  wanted: readonly ProgramFile[],
  /** The other files of the image. */
  others: EntryMap,
  architecture: string,
  files: FileReader,
): Checked<ReadPrograms, ProgramProblem> {
  const misplaced = wanted.find(({ role, file }) => !isSafePath(placeProgram(role, file) ?? ""));
  if (misplaced !== undefined) {
    const { file: path } = misplaced;
    const found = trySys(() => files.readBytes(path, largestProgram));
    if (!found.ok) return refuse({ kind: "unreadable", path, error: found.problem });
    return refuse({ kind: "bad-name", path: misplaced.file, role: misplaced.role });
  }
  const paths = wanted.filter(({ role }) => role === "tool").map(({ file }) => file);
  const tools = collectTools(paths, architecture, files);
  if (!tools.ok) return tools;
  const { programs, left } = tools.value;
  const closure = tools.value.files.map((file) => ({ ...file, image: file.image.slice(1) }));
  const own = readOwn(
    wanted.filter(({ role }) => role !== "tool"),
    files,
  );
  if (!own.ok) return own;
  const all = [...closure, ...own.value];
  const problem = findCollision(all) ?? checkOwn(own.value, { all, others }, architecture);
  return problem === undefined ? accept({ files: all, tools: programs, left }) : refuse(problem);
}

/** Hooks and the shell, which are a single file each. */
function readOwn(
  wanted: readonly ProgramFile[],
  files: FileReader,
): Checked<readonly HostFile[], ProgramProblem> {
  const own: HostFile[] = [];
  for (const { role, file } of wanted) {
    const data = trySys(() => files.readBytes(file, largestProgram));
    if (!data.ok) return refuse({ kind: "unreadable", path: file, error: data.problem });
    const real = files.realPath(file) ?? file;
    // By its mode bits: it may be on a file system mounted noexec, but will not be run there.
    const mode = files.status(real)?.mode ?? 0;
    if ((mode & 0o111) === 0) {
      return refuse({ kind: "no-executable-bit", path: file });
    }
    own.push({ image: placeProgram(role, file) ?? "", file, real, mode, data: data.value });
  }
  return accept(own);
}

/** Two files with the same path, or a file where another one needs a directory. */
function findCollision(all: readonly HostFile[]): ProgramProblem | undefined {
  const places = new Map<string, HostFile>();
  for (const file of all) {
    if (places.has(file.image)) return { kind: "same-name", path: file.file };
    places.set(file.image, file);
  }
  const covered = all.find(({ image }) => {
    const parents = image.split("/").map((_, i, parts) => parts.slice(0, i).join("/"));
    return parents.some((parent) => places.has(parent));
  });
  return covered && { kind: "same-name", path: covered.file };
}

interface Surroundings {
  readonly all: readonly HostFile[];
  readonly others: EntryMap;
}

function checkOwn(
  own: readonly HostFile[],
  around: Surroundings,
  architecture: string,
): ProgramProblem | undefined {
  for (const { file, data } of own) {
    const problem = checkProgram(file, data, around, architecture);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkProgram(
  path: string,
  data: Uint8Array,
  { all, others }: Surroundings,
  architecture: string,
): ProgramProblem | undefined {
  const shebang = readShebang(data);
  if (shebang === undefined) {
    const reason = checkElf(data, architecture);
    return reason === undefined ? undefined : { kind: "elf", path, reason };
  }
  const { interpreter, hasCr } = shebang;
  if (hasCr) return { kind: "cr-lf", path };
  const found =
    all.find(({ image }) => `/${image}` === interpreter) ?? findEntry(others, interpreter);
  // A script as the interpreter of a script is not supported here, although the kernel allows it.
  const isProgram = found !== undefined && "data" in found && readShebang(found.data) === undefined;
  if (isProgram) return undefined;
  return { kind: "no-interpreter", path, interpreter };
}
