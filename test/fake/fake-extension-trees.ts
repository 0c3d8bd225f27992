import { parentOf } from "../../src/image/check-path.ts";
import type { FoundFile } from "../../src/image/extension/check-files.ts";
import type { ExtensionTree, ExtensionTrees } from "../../src/port/loader.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";
import { sysError } from "./sys-error.ts";

/** A file's text, or the result of lstat(2) for something else. */
export type FakeFile = string | Partial<Omit<FoundFile, "path">>;

/** Extensions' contents, by the path of a directory or by the bytes of a file. */
export class FakeExtensionTrees implements ExtensionTrees {
  readonly contents = new Map<string, Readonly<Record<string, FakeFile>>>();
  open = 0;

  openDirectory(path: string): ExtensionTree {
    return this.openTree(path);
  }

  openFileSystem(_: string, data: Uint8Array): ExtensionTree {
    return this.openTree(toByteString(data));
  }

  private openTree(key: string): ExtensionTree {
    const files = this.contents.get(key);
    if (files === undefined) throw sysError("fsconfig", "EINVAL");
    this.open++;
    const found = new Map<string, FoundFile>();
    for (const [path, file] of Object.entries(files)) {
      for (let up = parentOf(path); up !== ""; up = parentOf(up)) {
        found.set(up, { ...plain(up, 0), mode: 0o040755, links: 5 });
      }
      const own =
        typeof file === "string" ? plain(path, file.length) : { ...plain(path, 0), ...file };
      found.set(path, own);
    }
    return {
      readDir: (path) => [...found.keys()].filter((key) => parentOf(key) === path).map(nameOf),
      status: (path) => {
        const file = found.get(path);
        if (file === undefined) throw sysError("statx", "ENOENT");
        return file;
      },
      readBytes: (path) => {
        const file = files[path];
        return toBytes(typeof file === "string" ? file : "");
      },
      close: () => {
        this.open--;
      },
    };
  }
}

function plain(path: string, size: number): FoundFile {
  return { path, mode: 0o100755, links: 1, size, hasCapabilities: false };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
