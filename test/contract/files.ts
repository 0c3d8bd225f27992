import type { FileReader, FileWriter, PlainReader } from "../../src/port/loader.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { answerOf, type Rule } from "./rule.ts";

/**
 * An empty folder, and functions that create files there without using the port. Paths are
 * absolute.
 */
export interface FilesWorld {
  readonly files: FileReader & FileWriter & PlainReader;
  readonly folder: string;
  addDirectory(path: string, mode?: number): void;
  addFile(path: string, text: string, mode?: number): void;
  addLink(path: string, target: string): void;
}

const MAX = 1 << 20;

/** Everything that a reader returns for a path. */
function askAll({ files }: FilesWorld, path: string): readonly unknown[] {
  return [
    answerOf(() => files.status(path)?.kind ?? "nothing"),
    answerOf(() => files.readText(path, MAX)),
    answerOf(() => files.readDir(path)),
    answerOf(() => files.realPath(path) !== undefined),
    files.isExecutable(path),
  ];
}

export const filesRules: readonly Rule<FilesWorld>[] = [
  {
    name: "a path that does not exist has no status, and cannot be opened",
    run: (world) => askAll(world, `${world.folder}/none`),
    expected: ["nothing", "open ENOENT", "open ENOENT", false, false],
  },
  {
    name: "a path below one that does not exist is the same",
    run: (world) => askAll(world, `${world.folder}/none/below`),
    expected: ["nothing", "open ENOENT", "open ENOENT", false, false],
  },
  {
    name: "a path below a file fails with ENOTDIR",
    run: (world) => {
      world.addFile(`${world.folder}/file`, "text");
      return askAll(world, `${world.folder}/file/below`);
    },
    expected: ["nothing", "open ENOTDIR", "open ENOTDIR", false, false],
  },
  {
    name: "a file can be read, but not listed",
    run: (world) => {
      world.addFile(`${world.folder}/file`, "text", 0o755);
      return askAll(world, `${world.folder}/file`);
    },
    expected: ["file", "text", "open ENOTDIR", true, true],
  },
  {
    name: "a directory can be listed, but not read",
    run: (world) => {
      world.addDirectory(`${world.folder}/empty`);
      return askAll(world, `${world.folder}/empty`);
    },
    expected: ["directory", "read EISDIR", [], true, true],
  },
  {
    name: "every method follows a link, except status",
    run: (world) => {
      world.addFile(`${world.folder}/file`, "text", 0o755);
      world.addLink(`${world.folder}/link`, "file");
      return askAll(world, `${world.folder}/link`);
    },
    expected: ["other", "text", "open ENOTDIR", true, true],
  },
  {
    name: "a dangling link has a status, but cannot be read",
    run: (world) => {
      world.addLink(`${world.folder}/link`, "none");
      return askAll(world, `${world.folder}/link`);
    },
    expected: ["other", "open ENOENT", "open ENOENT", false, false],
  },
  {
    name: "links in a cycle fail with ELOOP",
    run: (world) => {
      world.addLink(`${world.folder}/a`, "b");
      world.addLink(`${world.folder}/b`, "a");
      return [...askAll(world, `${world.folder}/a`), ...askAll(world, `${world.folder}/a/below`)];
    },
    expected: [
      ...["other", "open ELOOP", "open ELOOP", false, false],
      ...["statx ELOOP", "open ELOOP", "open ELOOP", false, false],
    ],
  },
  {
    name: "realPath resolves links in every component",
    run: ({ files, folder, addDirectory, addFile, addLink }) => {
      addDirectory(`${folder}/dir`);
      addFile(`${folder}/dir/file`, "");
      addLink(`${folder}/short`, "dir");
      addLink(`${folder}/dir/again`, `${folder}/short/file`);
      addLink(`${folder}/dir/up`, "../dir/./file");
      return ["short/again", "dir/up", "short/", "dir/../short"].map((path) =>
        files.realPath(`${folder}/${path}`)?.replace(folder, ""),
      );
    },
    expected: ["/dir/file", "/dir/file", "/dir", "/dir"],
  },
  {
    name: "readPlain reads regular files, but none at a place that is excepted, not even by a link",
    run: ({ files, folder, addDirectory, addFile, addLink }) => {
      addDirectory(`${folder}/kept`);
      addFile(`${folder}/kept/file`, "kept");
      addFile(`${folder}/file`, "text");
      addLink(`${folder}/short`, "kept");
      addLink(`${folder}/device`, "/dev/null");
      const names = ["file", "kept/file", "short/file", "kept", "device", "none", "file/below"];
      return names.map((name) =>
        answerOf(() => files.readPlain(`${folder}/${name}`, MAX, /^\/dev\/|\/kept\//)?.length ?? 0),
      );
    },
    expected: [4, 0, 0, 0, 0, "open ENOENT", "open ENOTDIR"],
  },
  {
    name: "readPlain reads the file that it has examined, not what replaces it meanwhile",
    run: ({ files, folder, addFile, addLink }) => {
      addFile(`${folder}/file`, "text");
      const replace = (): boolean => {
        files.removeFile(`${folder}/file`);
        addLink(`${folder}/file`, "/dev/null");
        return false;
      };
      const except = Object.assign(/none/, { test: replace });
      return files.readPlain(`${folder}/file`, MAX, except)?.length;
    },
    expected: 4,
  },
  {
    name: "readLink returns the text of a link, and fails for anything else",
    run: ({ files, folder, addFile, addLink }) => {
      addFile(`${folder}/file`, "");
      addLink(`${folder}/link`, "../no/where");
      addLink(`${folder}/itself`, "itself");
      const names = ["link", "itself", "file", ".", "none"];
      return names.map((name) => answerOf(() => files.readLink(`${folder}/${name}`)));
    },
    expected: [
      ...["../no/where", "itself"],
      ...["readlink EINVAL", "readlink EINVAL", "readlink ENOENT"],
    ],
  },
  {
    name: "names are sorted by their bytes",
    run: ({ files, folder, addFile, addDirectory }) => {
      for (const name of ["b", "a", "B", "10", "9", ".hidden", "\xff", "a-"]) {
        addFile(`${folder}/${name}`, "");
      }
      addDirectory(`${folder}/aa`);
      addFile(`${folder}/aa/below`, "");
      return files.readDir(folder);
    },
    expected: [".hidden", "10", "9", "B", "a", "a-", "aa", "b", "\xff"],
  },
  {
    name: "a file with exactly the maximum size is read, and one with one byte more is EFBIG",
    run: ({ files, folder, addFile }) => {
      addFile(`${folder}/file`, "12345");
      return [5, 4, 0].map((max) => answerOf(() => files.readText(`${folder}/file`, max)));
    },
    expected: ["12345", "read EFBIG", "read EFBIG"],
  },
  {
    name: "status returns the size and all permission bits",
    run: ({ files, folder, addFile }) => {
      addFile(`${folder}/file`, "12345", 0o4750);
      const { mode, size } = files.status(`${folder}/file`) ?? {};
      return [mode, size];
    },
    expected: [0o4750, 5],
  },
  {
    name: "a file without an x bit is not executable, even for root",
    run: ({ files, folder, addFile }) => {
      addFile(`${folder}/plain`, "", 0o644);
      addFile(`${folder}/one`, "", 0o601);
      return [files.isExecutable(`${folder}/plain`), files.isExecutable(`${folder}/one`)];
    },
    expected: [false, true],
  },
  {
    name: "replaceFile creates or replaces a file, and leaves no temporary file",
    run: ({ files, folder, addFile }) => {
      addFile(`${folder}/old`, "old", 0o600);
      for (const name of ["old", "new"]) {
        files.replaceFile(`${folder}/${name}`, toBytes(`${name} now`), 0o640);
      }
      const { mode } = files.status(`${folder}/old`) ?? {};
      const texts = ["old", "new"].map((name) => files.readText(`${folder}/${name}`, MAX));
      return [mode, ...texts, files.readDir(folder)];
    },
    expected: [0o640, "old now", "new now", ["new", "old"]],
  },
  {
    name: "replaceFile replaces the target of a link and keeps the link",
    run: ({ files, folder, addFile, addLink }) => {
      addFile(`${folder}/file`, "old");
      addLink(`${folder}/link`, "file");
      files.replaceFile(`${folder}/link`, toBytes("new"), 0o644);
      const kind = files.status(`${folder}/link`)?.kind;
      return [kind, ...["file", "link"].map((name) => files.readText(`${folder}/${name}`, MAX))];
    },
    expected: ["other", "new", "new"],
  },
  {
    name: "what everybody may read replaces a link itself, wherever it leads",
    run: ({ files, folder, addDirectory, addFile, addLink }) => {
      addFile(`${folder}/file`, "kept");
      addDirectory(`${folder}/dir`);
      const targets = ["file", "dir", "none", "/dev/null"];
      const links = targets.map((target, i) => {
        addLink(`${folder}/link-${i}`, target);
        return answerOf(() =>
          files.replaceFile(`${folder}/link-${i}`, toBytes("new"), "everybody"),
        );
      });
      const kinds = targets.map((_, i) => files.status(`${folder}/link-${i}`)?.kind);
      const direct = answerOf(() => files.replaceFile(`${folder}/dir`, toBytes(""), "everybody"));
      return [links, kinds, files.readText(`${folder}/file`, MAX), direct];
    },
    expected: [
      ["done", "done", "done", "done"],
      ["file", "file", "file", "file"],
      ...["kept", "open EISDIR"],
    ],
  },
  {
    name: "replaceFile replaces regular files only",
    run: ({ files, folder, addDirectory, addLink }) => {
      addDirectory(`${folder}/dir`);
      const links = { nowhere: "none", dir: "dir", itself: "itself" };
      return Object.entries(links).map(([name, target]) => {
        const path = `${folder}/to-${name}`;
        addLink(path, name === "itself" ? "to-itself" : target);
        return answerOf(() => files.replaceFile(path, toBytes(""), 0o644));
      });
    },
    expected: ["open EEXIST", "open EEXIST", "open EEXIST"],
  },
  {
    name: "a replaceFile that fails keeps the old file, and leaves no temporary file",
    run: ({ files, folder, addDirectory, addFile }) => {
      addDirectory(`${folder}/dir`);
      addFile(`${folder}/file`, "kept");
      const paths = ["dir", "none/below", "file/below"];
      const write = (path: string) => files.replaceFile(`${folder}/${path}`, toBytes(""), 0o644);
      return [...paths.map((path) => answerOf(() => write(path))), files.readDir(folder)];
    },
    expected: ["open EISDIR", "open ENOENT", "open ENOTDIR", ["dir", "file"]],
  },
  {
    name: "replaceFiles replaces all files or none",
    run: ({ files, folder, addDirectory, addFile }) => {
      addDirectory(`${folder}/dir`);
      addFile(`${folder}/file`, "old");
      const replace = (...names: readonly string[]) =>
        answerOf(() =>
          files.replaceFiles(
            names.map((name) => ({ path: `${folder}/${name}`, data: toBytes(name), mode: 0o644 })),
          ),
        );
      const read = () => answerOf(() => files.readText(`${folder}/file`, MAX));
      const failed = replace("file", "dir");
      return [failed, read(), replace("file", "new"), read(), files.readDir(folder)];
    },
    expected: ["open EISDIR", "old", "done", "file", ["dir", "file", "new"]],
  },
  {
    name: "removeFile removes files and links only",
    run: ({ files, folder, addDirectory, addFile, addLink }) => {
      addDirectory(`${folder}/dir`);
      addFile(`${folder}/file`, "");
      addLink(`${folder}/link`, "dir");
      const remove = (name: string) => files.removeFile(`${folder}/${name}`);
      const names = ["file", "link", "dir", "none", "none/below"];
      return [...names.map((name) => answerOf(() => remove(name))), files.readDir(folder)];
    },
    expected: ["done", "done", "unlink EISDIR", "unlink ENOENT", "unlink ENOENT", ["dir"]],
  },
];
