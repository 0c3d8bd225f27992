import type { Host } from "../../src/cli/command.ts";
import { readErofs } from "../../src/image/read-erofs.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import type { FileInfo, RamTree, TreeOption } from "../../src/port/loader.ts";
import { trySys } from "../../src/port/sys-error.ts";
import type { ProgramEnd } from "../../src/teardown/report/program-end.ts";
import { toByteString, toBytes } from "../../src/text/bytes.ts";
import { failCall } from "./fail-call.ts";
import { FakeExtensionTrees } from "./fake-extension-trees.ts";
import {
  findLayer,
  type Layer,
  listNames,
  type Node,
  openForChange,
  parentOf,
  walk,
  walkToNode,
} from "./fake-files.ts";
import { FakePivot } from "./fake-pivot.ts";
import { makeFakeTree } from "./fake-tree.ts";
import { fakeCodec } from "./image-inputs.ts";
import { scriptArithmetic } from "./node-arithmetic.ts";

/**
 * A machine for the command line: a layer of files for each mount, the last one on top. `failures`
 * maps a call ("fsopen tmpfs") to the error that it throws.
 */
export class FakeHost implements Host {
  readonly layers: Layer[] = [
    {
      target: "/",
      nodes: new Map([["/", { kind: "directory", mode: 0o755, dev: "0:1" }]]),
      isSealed: () => false,
    },
  ];
  readonly failures = new Map<string, string>();
  readonly calls: string[] = [];
  /** Of the one who runs the command. */
  umask = 0;
  /** The contents of standard input. */
  input = new Uint8Array();
  printed = "";
  readonly said: string[] = [];
  readonly environment = new Map<string, string>();
  /** Of the security attribute that each file of a tree gets, in bytes; 0 without SELinux. */
  labelSize = 0;
  machine = "x86_64";
  version = "1.2.3";
  readonly codec = fakeCodec;
  readonly arithmetic = scriptArithmetic;
  commands: Host["commands"] = { run: () => undefined, filter: () => undefined };
  /** Milliseconds since the epoch. */
  clock = Date.UTC(2026, 0, 1);
  readonly extensionTrees = new FakeExtensionTrees();
  readonly pivotKernel = new FakePivot();
  readonly tracing = this.pivotKernel;

  constructor() {
    for (const path of ["/run", "/usr/lib/exitrd", "/var/lib/exitrd", "/run/systemd/system"]) {
      this.putDirectory(path);
    }
    // systemd 252, which starts the loader.
    this.putFile("/usr/lib/systemd/systemd-shutdown", "", 0o755);
    this.putFile("/usr/lib/systemd/libsystemd-shared-252.so", "");
    this.putLink("/etc/systemd/system/sysinit.target.wants/exitrd-load.service");
  }

  putDirectory(path: string, mode = 0o755): void {
    this.put(path, { kind: "directory", mode, dev: "0:1" });
  }

  putFile(path: string, data: Uint8Array | string, mode = 0o644): void {
    const bytes = typeof data === "string" ? toBytes(data) : data;
    this.put(path, { kind: "file", mode, dev: "0:1", data: bytes });
  }

  putDevice(path: string): void {
    this.put(path, { kind: "other", mode: 0o600, dev: "0:1" });
  }

  putLink(path: string, target = "nowhere"): void {
    this.put(path, { kind: "link", mode: 0o777, dev: "0:1", target });
  }

  text(path: string): string | undefined {
    const node = this.find(path);
    return node?.kind === "file" ? toByteString(node.data) : undefined;
  }

  names(): string[] {
    return this.layers.flatMap(({ nodes }) => [...nodes.keys()]);
  }

  readonly files: Host["files"] & Host["writableFiles"] = {
    status: (path): FileInfo | undefined => {
      const found = trySys(() => walk(path, this.layers, "statx", false).node);
      if (!found.ok && found.problem.code === "ELOOP") failCall("statx", "ELOOP", path);
      if (!found.ok || found.value === undefined) return undefined;
      const { kind, mode, dev } = found.value;
      const size = found.value.kind === "file" ? found.value.data.length : 0;
      return { kind: kind === "link" ? "other" : kind, mode, dev, size };
    },
    readBytes: (path, max) => {
      this.call("open", path);
      const { node } = walkToNode(path, this.layers, "open");
      if (node.kind !== "file") return failCall("read", "EISDIR", path);
      if (node.data.length > max) return failCall("read", "EFBIG", path);
      return node.data;
    },
    readInput: (path, max) => (path === "-" ? this.input : this.files.readBytes(path, max)),
    readText: (path, max) => toByteString(this.files.readBytes(path, max)),
    readPlain: (start, max, except) => {
      const { path, node } = walkToNode(start, this.layers, "open");
      if (node.kind !== "file" || except.test(path)) return undefined;
      this.call("open", path);
      return node.data.length > max ? failCall("read", "EFBIG", start) : node.data;
    },
    realPath: (path) => {
      const found = trySys(() => walkToNode(path, this.layers, "open"));
      return found.ok ? found.value.path : undefined;
    },
    readDir: (start) => {
      const code = this.failures.get(`readdir ${start}`);
      if (code !== undefined) failCall("open", code, start);
      const { path, node } = walkToNode(start, this.layers, "open");
      if (node.kind !== "directory") return failCall("open", "ENOTDIR", start);
      return listNames(path, this.layerOf(path));
    },
    readLink: (path) => {
      const { node } = walk(path, this.layers, "readlink", false);
      if (node === undefined) return failCall("readlink", "ENOENT", path);
      return node.kind === "link" ? node.target : failCall("readlink", "EINVAL", path);
    },
    isExecutable: (path) => {
      const found = trySys(() => walkToNode(path, this.layers, "access"));
      return found.ok && (found.value.node.mode & 0o111) !== 0;
    },
    replaceFile: (start, data, mode) => {
      this.call("rename", start);
      const named = walk(start, this.layers, "open", false);
      const isLink = named.node?.kind === "link" && mode !== "everybody";
      const led = isLink ? trySys(() => walk(start, this.layers, "open", true)) : undefined;
      const { path, node } = led?.ok ? led.value : named;
      if (node?.kind === "other" || (isLink && node?.kind !== "file")) {
        failCall("open", "EEXIST", start);
      }
      const { nodes } = openForChange(path, this.layers, "open");
      if (node?.kind === "directory") failCall("open", "EISDIR", start);
      const bits = mode === "everybody" ? 0o644 : mode & ~this.umask;
      nodes.set(path, { kind: "file", mode: bits, dev: devOf(nodes), data });
    },
    replaceFiles: (files) => {
      const wrong = files.find(({ path }) => this.files.status(path)?.kind === "directory");
      if (wrong !== undefined) failCall("open", "EISDIR", wrong.path);
      for (const { path, data, mode } of files) this.files.replaceFile(path, data, mode);
    },
    writeOutput: (path, data, mode) => {
      if (path === "-") this.printed += toByteString(data);
      else if (this.files.status(path)?.kind !== "other") this.files.replaceFile(path, data, mode);
    },
    removeFile: (start) => {
      this.call("unlink", start);
      const { path, node } = walk(start, this.layers, "unlink", false);
      if (node === undefined) failCall("unlink", "ENOENT", start);
      const { nodes } = openForChange(path, this.layers, "unlink");
      if (node.kind === "directory") failCall("unlink", "EISDIR", start);
      nodes.delete(path);
    },
  };

  readonly writableFiles = this.files;

  maps: Host["maps"] = {
    readExtents: () => failCall("ioctl", "ENOTTY"),
    readBlocks: () => failCall("ioctl", "ENOTTY"),
    readFlags: () => undefined,
    readExtendedFlags: () => undefined,
  };

  rawDevices: Host["rawDevices"] = { withDevice: () => failCall("open", "ENOENT") };

  drives: Host["drives"] = {
    readNvmeHealth: () => failCall("open", "ENOENT"),
    readSmartData: () => failCall("open", "ENOENT"),
  };

  sendToJournal = (): void => {
    failCall("connect", "ENOENT");
  };

  sendToSyslog = (): void => {
    failCall("connect", "ENOENT");
  };

  replaceOutput: Host["replaceOutput"] = (path, data, mode) => {
    this.files.writeOutput(path, data, mode);
  };

  readonly trees: Host["trees"] = {
    create: (fsType, options) => {
      this.call("fsopen", fsType);
      for (const { key } of options) this.call("fsconfig", key);
      return this.openTree(fsType, options);
    },
    unmount: (target) => {
      this.call("umount2", target);
      const top = this.layers.findLastIndex((layer) => layer.target === target);
      if (top < 0) failCall("umount2", "EINVAL", target);
      this.layers.splice(top, 1);
    },
    hold: (path) => {
      this.call("open", path);
      const layer = this.layers.findLast((one) => one.target === path);
      if (layer === undefined) return failCall("open", "ENOENT", path);
      return {
        showAt: (target) => {
          this.call("mount", target);
          walkToNode(target, this.layers, "mount");
          this.layers.push({ ...layer, target });
        },
        close: () => {},
      };
    },
    makeDirectory: (start, mode) => {
      this.call("mkdir", start);
      const { path, node } = walk(start, this.layers, "mkdir", false);
      if (node !== undefined) failCall("mkdir", "EEXIST", start);
      const { nodes } = openForChange(path, this.layers, "mkdir");
      nodes.set(path, { kind: "directory", mode, dev: devOf(nodes) });
    },
    removeDirectory: (start) => {
      this.call("rmdir", start);
      const { path, node } = walk(start, this.layers, "rmdir", false);
      if (node === undefined) failCall("rmdir", "ENOENT", start);
      if (this.layers.some(({ target }) => target === path)) failCall("rmdir", "EBUSY", start);
      const layer = openForChange(path, this.layers, "rmdir");
      if (node.kind !== "directory") failCall("rmdir", "ENOTDIR", start);
      if (listNames(path, layer).length > 0) failCall("rmdir", "ENOTEMPTY", start);
      layer.nodes.delete(path);
    },
  };

  reader: Host["reader"] = {
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
  };

  /** How a program that is run in the new tree ends, by its path; successfully if absent. */
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

  observe = (): Snapshot | undefined => {
    this.call("open", "/dev/mapper/control");
    return { format: 1, kernel: "6.1.0", mounts: [], swaps: [], devices: [] };
  };

  now = (): number => this.clock;

  /** A child that throws does not answer. */
  askAll: Host["askAll"] = (reads) => {
    const answers: Record<string, unknown> = {};
    for (const [key, read] of Object.entries<() => unknown>(reads)) {
      const answer = trySys(read);
      if (answer.ok) answers[key] = JSON.parse(JSON.stringify(answer.value));
    }
    return answers as ReturnType<Host["askAll"]>;
  };

  readStart: Host["readStart"] = (name) => failCall("open", "ENOENT", `/dev/${name}`);

  getenv = (name: string): string | undefined => this.environment.get(name);

  /** The width of the terminal; undefined for a pipe. */
  width: number | undefined = undefined;
  /** Texts shown in a pager, with its argv. */
  readonly paged: { readonly pager: readonly string[]; readonly text: string }[] = [];
  hasPager = true;

  columns = (): number | undefined => this.width;

  page = (pager: readonly string[], text: string): boolean => {
    if (this.hasPager) this.paged.push({ pager, text });
    return this.hasPager;
  };

  print = (text: string): void => {
    this.printed += text;
  };

  say = (line: string): void => {
    this.said.push(line);
  };

  /** No TPM unless a test puts one there. */
  tpm: Host["tpm"] = { transmit: () => failCall("open", "ENOENT", "/dev/tpmrm0") };

  eventLog: Host["eventLog"] = { open: () => failCall("open", "EROFS") };

  private openTree(fsType: string, options: readonly TreeOption[]): RamTree {
    const dev = `0:${100 + this.calls.length}`;
    const tree = makeFakeTree(options, dev, this.labelSize);
    const { nodes } = tree;
    const place = (start: string): Layer => {
      const { path: target, node } = walkToNode(start, this.layers, "move_mount");
      if (node.kind !== "directory") failCall("move_mount", "EINVAL", start);
      const placed = [...nodes].map(
        ([path, one]) => [path === "/" ? target : target + path, one] as const,
      );
      return { target, nodes: new Map(placed), isSealed: tree.isSealed };
    };
    return {
      makeDirectory: (path, mode) => {
        this.call("tree mkdir", path);
        tree.makeDirectory(`/${path}`, mode);
      },
      writeFile: (path, data, mode) => {
        this.call("tree write", path);
        tree.writeFile(`/${path}`, data, mode);
      },
      makeLink: (path, target) => {
        this.call("tree link", path);
        tree.makeLink(`/${path}`, target);
      },
      seal: () => {
        this.call("seal", fsType);
        tree.seal();
      },
      openVerity: (path, { blockSize, dataBlocks, rootHash }) => {
        this.call("dm create", rootHash);
        const file = nodes.get(`/${path}`);
        if (file?.kind !== "file") failCall("open", "ENOENT", path);
        const read = readErofs(file.data.subarray(0, blockSize * dataBlocks));
        if (!read.ok) failCall("fsconfig", "EINVAL", path);
        const { makeDirectory, makeLink, writeFile, ...verity } = this.openTree("erofs", []);
        for (const entry of read.value) {
          if (entry.kind === "directory") makeDirectory(entry.path, entry.mode);
          else if (entry.kind === "link") makeLink(entry.path, entry.target);
          else writeFile(entry.path, entry.data, entry.mode);
        }
        return { isVerifiedByKernel: false, ...verity };
      },
      enter: () => this.call("chroot", fsType),
      attach: (start) => {
        this.call("move_mount", start);
        this.layers.push(place(start));
      },
      attachBeneath: (start) => {
        this.call("move_mount", `beneath ${start}`);
        const layer = place(start);
        const top = this.layers.findLastIndex(({ target }) => target === layer.target);
        if (top < 0) failCall("move_mount", "EINVAL", start);
        this.layers.splice(top, 0, layer);
      },
      close: () => this.call("close", fsType),
    };
  }

  private call(syscall: string, object: string): void {
    this.calls.push(`${syscall} ${object}`);
    const code = this.failures.get(`${syscall} ${object}`);
    if (code !== undefined) failCall(syscall, code, object);
  }

  /** Also creates the parent directories. */
  private put(path: string, node: Node): void {
    const { nodes } = this.layerOf("");
    for (let at = parentOf(path); !nodes.has(at); at = parentOf(at)) {
      nodes.set(at, { kind: "directory", mode: 0o755, dev: "0:1" });
    }
    nodes.set(path, node);
  }

  private find(path: string): Node | undefined {
    const found = trySys(() => walk(path, this.layers, "open", false).node);
    return found.ok ? found.value : undefined;
  }

  /** "" means the lowest layer. */
  private layerOf(path: string): Layer {
    const layer = path === "" ? this.layers[0] : findLayer(path, this.layers);
    if (layer === undefined) throw new Error("the root is not mounted");
    return layer;
  }
}

/** The device number of the root directory, which is the first node. */
function devOf(nodes: ReadonlyMap<string, Node>): string {
  for (const { dev } of nodes.values()) return dev;
  throw new Error("a file system without a root");
}
