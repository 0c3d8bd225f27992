import type { Host } from "../../src/cli/command.ts";
import { toByteString, toBytes } from "../../src/core/image/bytes.ts";
import { readErofs } from "../../src/core/image/read-erofs.ts";
import type { ProgramEnd } from "../../src/core/report/program-end.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { FileInfo } from "../../src/port/files.ts";
import type { RamTree } from "../../src/port/ram-trees.ts";
import { FakeExtensionTrees } from "./fake-extension-trees.ts";
import { fakeCodec } from "./image-inputs.ts";
import { scriptArithmetic } from "./node-arithmetic.ts";

type Node =
  | { readonly kind: "directory"; readonly mode: number; readonly dev: string }
  | {
      readonly kind: "file";
      readonly mode: number;
      readonly dev: string;
      readonly data: Uint8Array;
    }
  | { readonly kind: "other"; readonly mode: number; readonly dev: string };

const words: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  ENOSPC: "No space left on device",
  EBUSY: "Device or resource busy",
  ELOOP: "Too many levels of symbolic links",
  ENOTDIR: "Not a directory",
};

/** A `SysError` with the message that native/error.c gives it. */
/** "/run/" is "/run". */
function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, "");
}

export function failCall(syscall: string, code: string, path?: string): never {
  const object = path === undefined ? "" : ` '${path}'`;
  const error = new Error(`${syscall}${object}: ${words[code] ?? code}`);
  throw Object.assign(error, { name: "SysError", syscall, errno: 1, code, path });
}

/**
 * A machine for the command line: a layer of files for each mount, the last
 * one on top. `failures` maps a call ("fsopen tmpfs") to the error it gives.
 */
export class FakeHost implements Host {
  readonly layers: { readonly target: string; readonly nodes: Map<string, Node> }[] = [
    { target: "/", nodes: new Map() },
  ];
  readonly failures = new Map<string, string>();
  readonly calls: string[] = [];
  printed = "";
  readonly said: string[] = [];
  readonly environment = new Map<string, string>();
  machine = "x86_64";
  version = "1.2.3";
  readonly codec = fakeCodec;
  readonly arithmetic = scriptArithmetic;
  readonly commands: Host["commands"] = { run: () => undefined };
  /** Milliseconds since the epoch. */
  clock = Date.UTC(2026, 0, 1);
  readonly extensionTrees = new FakeExtensionTrees();

  constructor() {
    for (const path of ["/", "/run", "/usr", "/usr/lib", "/usr/lib/exitrd"])
      this.putDirectory(path);
  }

  putDirectory(path: string): void {
    this.put(path, { kind: "directory", mode: 0o755, dev: "0:1" });
  }

  putFile(path: string, data: Uint8Array | string, mode = 0o644): void {
    const bytes = typeof data === "string" ? toBytes(data) : data;
    this.put(path, { kind: "file", mode, dev: "0:1", data: bytes });
  }

  putLink(path: string): void {
    this.put(path, { kind: "other", mode: 0o777, dev: "0:1" });
  }

  text(path: string): string | undefined {
    const node = this.find(path);
    return node?.kind === "file" ? toByteString(node.data) : undefined;
  }

  names(): string[] {
    return this.layers.flatMap(({ nodes }) => [...nodes.keys()]);
  }

  readonly files: Host["files"] = {
    status: (path): FileInfo | undefined => {
      const node = this.find(path);
      if (node === undefined) return undefined;
      const size = node.kind === "file" ? node.data.length : 0;
      return { kind: node.kind, mode: node.mode, dev: node.dev, size };
    },
    readBytes: (path, max) => {
      this.call("open", path);
      const node = this.find(path);
      if (node?.kind !== "file") return failCall("open", "ENOENT", path);
      if (node.data.length > max) return failCall("read", "EFBIG", path);
      return node.data;
    },
    readText: (path, max) => toByteString(this.files.readBytes(path, max)),
    realPath: (path) => (this.find(path) === undefined ? undefined : path),
    readDir: (name) => {
      const path = withoutSlash(name);
      const code = this.failures.get(`readdir ${path}`);
      if (code !== undefined) failCall("open", code, path);
      const node = this.find(path);
      if (node?.kind === "file") failCall("open", "ENOTDIR", path);
      const names = this.names().filter((name) => name.startsWith(`${path}/`));
      if (names.length === 0 && node?.kind !== "directory") failCall("open", "ENOENT", path);
      const children = names.map((name) => name.slice(path.length + 1).split("/")[0] ?? "");
      return [...new Set(children)].sort();
    },
    isExecutable: (path) => ((this.find(path)?.mode ?? 0) & 0o111) !== 0,
    replaceFile: (path, data, mode) => {
      this.call("rename", path);
      this.putFile(path, data, mode);
    },
    removeFile: (path) => {
      this.call("unlink", path);
      this.layers[0]?.nodes.delete(path);
    },
  };

  readonly trees: Host["trees"] = {
    create: (fsType, options) => {
      this.call("fsopen", fsType);
      for (const { key } of options) this.call("fsconfig", key);
      return this.openTree(fsType);
    },
    unmount: (target) => {
      this.call("umount2", target);
      const top = this.layers.findLastIndex((layer) => layer.target === target);
      if (top < 0) failCall("umount2", "EINVAL", target);
      this.layers.splice(top, 1);
    },
    makeDirectory: (path) => {
      this.call("mkdir", path);
      this.putDirectory(path);
    },
    removeDirectory: (path) => {
      this.call("rmdir", path);
      const names = this.names().filter((name) => name.startsWith(`${path}/`));
      if (names.length > 0) failCall("rmdir", "ENOTEMPTY", path);
      this.layers[0]?.nodes.delete(path);
    },
  };

  readonly reader: Host["reader"] = {
    readText: () => failCall("open", "ENOENT"),
    readDir: () => failCall("open", "ENOENT"),
    readLink: () => failCall("readlink", "ENOENT"),
    stat: () => failCall("stat", "ENOENT"),
    readAttribute: () => failCall("getxattr", "ENODATA"),
    kernelRelease: () => "6.1.0",
    readDm: () => failCall("ioctl", "ENXIO"),
    readLoopBackingDev: () => failCall("ioctl", "ENXIO"),
    readMdBitmapFile: () => failCall("ioctl", "ENXIO"),
    readDrbdResource: () => undefined,
    readZvolName: () => failCall("ioctl", "ENXIO"),
    readPoolLabel: () => undefined,
    isClaimed: () => false,
  };

  /** How a program goes that is run in the new tree, by its path; well, without an entry. */
  readonly ends = new Map<string, ProgramEnd>();

  readonly staged: Host["staged"] = {
    run: (_, programs) => {
      this.call("unshare", programs.join(" "));
      return programs.map((program) => {
        const end = this.ends.get(program) ?? { kind: "exited", status: 0 };
        return { program, end, lastLine: `${program} ran` };
      });
    },
  };

  observe(): Snapshot {
    this.call("open", "/dev/mapper/control");
    return { format: 1, kernel: "6.1.0", mounts: [], swaps: [], devices: [] };
  }

  now(): number {
    return this.clock;
  }

  getenv(name: string): string | undefined {
    return this.environment.get(name);
  }

  print = (text: string): void => {
    this.printed += text;
  };

  say = (line: string): void => {
    this.said.push(line);
  };

  /** No TPM unless a test puts one there. */
  tpm: Host["tpm"] = { transmit: () => failCall("open", "ENOENT", "/dev/tpmrm0") };

  eventLog: Host["eventLog"] = { open: () => failCall("open", "EROFS") };

  private openTree(fsType: string): RamTree {
    const nodes = new Map<string, Node>();
    const dev = `0:${100 + this.calls.length}`;
    return {
      makeDirectory: (path, mode) => {
        this.call("tree mkdir", path);
        nodes.set(path, { kind: "directory", mode, dev });
      },
      writeFile: (path, data, mode) => {
        this.call("tree write", path);
        nodes.set(path, { kind: "file", mode, dev, data });
      },
      seal: () => this.call("seal", fsType),
      openVerity: (path, { blockSize, dataBlocks, rootHash }) => {
        this.call("dm create", rootHash);
        const file = nodes.get(path);
        if (file?.kind !== "file") failCall("open", "ENOENT", path);
        const read = readErofs(file.data.subarray(0, blockSize * dataBlocks));
        if (!read.ok) failCall("fsconfig", "EINVAL", path);
        const { attach, close, makeDirectory, writeFile } = this.openTree("erofs");
        for (const entry of read.value) {
          if (entry.kind === "directory") makeDirectory(entry.path, entry.mode);
          else writeFile(entry.path, entry.data, entry.mode);
        }
        return { isVerifiedByKernel: false, attach, close };
      },
      enter: () => this.call("chroot", fsType),
      attach: (target) => {
        this.call("move_mount", target);
        const placed = new Map<string, Node>([[target, { kind: "directory", mode: 0o755, dev }]]);
        for (const [path, node] of nodes) placed.set(`${target}/${path}`, node);
        this.layers.push({ target, nodes: placed });
      },
      close: () => this.call("close", fsType),
    };
  }

  private call(syscall: string, object: string): void {
    this.calls.push(`${syscall} ${object}`);
    const code = this.failures.get(`${syscall} ${object}`);
    if (code !== undefined) failCall(syscall, code, object);
  }

  private put(path: string, node: Node): void {
    this.layers[0]?.nodes.set(path, node);
  }

  private find(name: string): Node | undefined {
    const path = withoutSlash(name);
    for (const { target, nodes } of this.layers.toReversed()) {
      if (path === target || path.startsWith(target === "/" ? "/" : `${target}/`)) {
        return nodes.get(path);
      }
    }
    return undefined;
  }
}
