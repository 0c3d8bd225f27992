import type { ActPorts } from "../../src/execute/ports.ts";
import {
  DM_DEV_REMOVE,
  DM_DEV_SUSPEND,
  DM_HEADER_SIZE,
  DM_SUSPEND_FLAG,
  DM_TARGET_MSG,
  decodeDmStatus,
} from "../../src/kinds/dm/protocol.ts";
import type { DmState } from "../../src/kinds/dm/state.ts";
import { LOOP_CLR_FD } from "../../src/kinds/loop/protocol.ts";
import { STOP_ARRAY } from "../../src/kinds/md/protocol.ts";
import { NBD_CLEAR_SOCK, NBD_DISCONNECT } from "../../src/kinds/nbd/protocol.ts";
import type { Session } from "../../src/kinds/session/state.ts";
import { ZFS_IOC_POOL_EXPORT } from "../../src/kinds/zpool/protocol.ts";
import type { Claims, DeviceCall, FileStatus, Kernel, Reader } from "../../src/port/teardown.ts";
import { readByteString, readU64 } from "../../src/text/struct-bytes.ts";
import { listSessionDir, readSessionLink, readSessionText } from "./fake-sessions.ts";
import {
  type FileTexts,
  listServed,
  listTreeDir,
  readTreeLink,
  readTreeText,
  removeTreeDir,
  writeTreeText,
} from "./fake-tree-files.ts";
import { sysError } from "./sys-error.ts";

export interface FakeMount {
  readonly id: number;
  readonly parentId: number;
  readonly dev: string;
  readonly target: string;
  readonly fsType: string;
  readonly source: string;
  /** overlay: "major:minor" of the file system of a layer, mounted or not. */
  readonly lower?: string;
}

export interface FakeDevice {
  readonly name: string;
  readonly dev: string;
  readonly slaves: readonly string[];
  readonly kind:
    | "disk"
    | "dm"
    | "loop"
    | "md"
    | "zram"
    | "bcache"
    | "nbd"
    | "rbd"
    | "ublk"
    | "drbd"
    | "zvol";
  /** dm: its name; loop: its backing file; zvol: its dataset; drbd: its resource; rbd: its image. */
  readonly label?: string;
  /** loop: the file system of its backing file. */
  readonly backingDev?: string;
  /** dm: the type of its one target. */
  readonly target?: string;
  /** md: "external:imsm" for a container, "external:/md127/0" for a volume of one. */
  readonly metadataVersion?: string;
  /** 2048 if absent. */
  readonly sectors?: number;
  /** bcache: no data is left to be written back. */
  readonly clean?: boolean;
  /** dm: I/O waits. */
  readonly suspended?: boolean;
  /** dm: a multipath that queues I/O while it has no path. */
  readonly queues?: boolean;
}

export interface FakePool {
  readonly name: string;
  /** Kernel names. */
  readonly devices: readonly string[];
}

/** A storage daemon: a FUSE or ublk server, or the mdmon of an array's container. */
export interface FakeServer {
  readonly pid: number;
  readonly command: string;
  /** "major:minor" of the file system that its program is on. */
  readonly dev: string;
  /** The kernel name of the container that it monitors. */
  readonly container?: string;
  /** The number of the ublk device that it serves, instead of FUSE. */
  readonly ublk?: number;
  /** It has a file open for writing there. */
  readonly writes?: boolean;
  /** Its real uid; 0 if absent. */
  readonly uid?: number;
  /** The result of reading its argv; "@" and its name if absent. */
  readonly cmdline?: string;
  /**
   * The FUSE connection that it serves and waits for: no signal kills it while the connection
   * exists.
   */
  readonly connection?: string;
  /** Its program, as PID 1 sees it; unknown without. */
  readonly exe?: string;
}

/**
 * A kernel in memory that fails like a real one: EBUSY for everything that is still in use. It
 * provides /proc and /sys as text, so the real parsers and the real observer run against it.
 */
export class FakeMachine implements Reader, Claims, Kernel {
  mounts: FakeMount[];
  devices: FakeDevice[];
  swaps: string[];
  /** Cache sets: UUID → its cache devices. */
  bcacheSets: ReadonlyMap<string, readonly string[]>;
  /** The used space of each swap, and the available memory. */
  usedKib = 0;
  memAvailableKib = 1_000_000;
  pools: FakePool[];
  servers: FakeServer[];
  sessions: readonly Session[];
  /**
   * Files of the driver for Ceph images. It accepts requests only through the second one, if that
   * exists.
   */
  rbdFiles: readonly string[] = ["devices", "remove", "remove_single_major"];
  /** What the kernel exports, in configfs and elsewhere. */
  texts: FileTexts;
  /** The FUSE connections of fusectl. */
  readonly connections = new Set<string>();
  /** Those of them that a user mounted. */
  readonly userConnections = new Set<string>();
  /** Processes that will exit as soon as they can. */
  readonly #killed = new Set<number>();
  /** Identifiers of System V shared memory. */
  sharedMemory: readonly number[] = [];
  /** Loop devices that detach when their last user is gone. */
  readonly #detaching = new Set<string>();
  /** Loop devices without a backing file. */
  readonly #unbound = new Set<string>();
  /** Every call to the `Kernel` port, in order. */
  readonly calls: string[] = [];
  /** Devices with a superblock that no mount shows. */
  readonly hidden = new Set<string>();
  /** The devices that were taken away from below a file system or another user. */
  readonly cutOffs: string[] = [];
  /** Paths of devices whose pages could not be written at the last close. */
  readonly lostPages = new Set<string>();
  /** Called before each act; may throw. */
  beforeCall: (call: string) => void = () => {};
  /** Calls that succeed without any effect. */
  readonly ignored = new Set<string>();

  constructor(parts: {
    mounts: readonly FakeMount[];
    devices?: readonly FakeDevice[];
    swaps?: readonly string[];
    bcacheSets?: ReadonlyMap<string, readonly string[]>;
    pools?: readonly FakePool[];
    servers?: readonly FakeServer[];
    sessions?: readonly Session[];
    texts?: Readonly<Record<string, string>>;
  }) {
    this.mounts = [...parts.mounts];
    this.devices = [...(parts.devices ?? [])];
    this.swaps = [...(parts.swaps ?? [])];
    this.bcacheSets = parts.bcacheSets ?? new Map();
    this.pools = [...(parts.pools ?? [])];
    this.servers = [...(parts.servers ?? [])];
    this.sessions = parts.sessions ?? [];
    this.texts = new Map(Object.entries(parts.texts ?? {}));
  }

  /** The calls that release something or kill its server, without the calls that only query. */
  get steps(): readonly string[] {
    return this.calls.filter((call) => !/^syncfs |^kill (-1 |.* SIGCONT$)/.test(call));
  }

  // ---- Reader -------------------------------------------------------------
  readText(path: string): string {
    if (path === "/proc/self/mountinfo") return this.mounts.map(formatMount).join("");
    if (path === "/proc/swaps") return this.formatSwaps();
    if (path === "/proc/meminfo")
      return `MemTotal: 1 kB\nMemAvailable: ${this.memAvailableKib} kB\n`;
    if (path === "/proc/sysvipc/shm") {
      const lines = this.sharedMemory.map((id) => `         0 ${id} 600 4096 1 1 0 0 0 0 0\n`);
      return `       key      shmid perms\n${lines.join("")}`;
    }
    const text =
      this.readZfs(path) ??
      this.readProcess(path) ??
      this.readRbd(path) ??
      this.readUblk(path) ??
      this.readSys(path) ??
      readSessionText(path, this.sessions) ??
      readTreeText(path, this.texts);
    if (text === undefined) throw sysError("open", "ENOENT");
    return `${text}\n`;
  }

  readDir(path: string): readonly string[] {
    if (path === "/sys/class/block" || path === "/sys/block")
      return this.devices.map((device) => device.name).sort();
    if (path === "/proc") return this.servers.map(({ pid }) => String(pid));
    const server = this.servers.find(({ pid }) => path === `/proc/${pid}/fd`);
    if (server !== undefined) return server.container === undefined ? ["3"] : [];
    if (path === "/proc/spl/kstat/zfs") return this.pools.map((pool) => pool.name).sort();
    if (path === "/sys/fs/fuse/connections") return [...this.connections].sort();
    const slaves = /^\/sys\/class\/block\/([^/]+)\/slaves$/.exec(path);
    const device = this.devices.find(({ name }) => name === slaves?.[1]);
    if (device !== undefined) return [...device.slaves].sort();
    if (path === "/sys/bus/rbd") return [...this.rbdFiles];
    if (path === "/sys/fs/bcache") return [...this.bcacheSets.keys(), "register"].sort();
    const cached = /^\/sys\/class\/block\/([^/]+)\/bcache$/.exec(path);
    const isCached = this.devices.some((one) => one.kind === "bcache" && one.name === cached?.[1]);
    if (isCached) return ["cache", "state", "writeback_percent"];
    const set = this.bcacheSets.get(path.replace("/sys/fs/bcache/", ""));
    if (set !== undefined) return set.map((_, index) => `cache${index}`);
    const found = listSessionDir(path, this.sessions) ?? listTreeDir(path, this.texts);
    if (found === undefined) throw sysError("open", "ENOENT");
    return found;
  }

  readLink(path: string): string {
    const running = this.servers.find(({ pid }) => path === `/proc/${pid}/exe`);
    if (running?.exe !== undefined) return running.exe;
    const server = this.servers.find(({ pid }) => path === `/proc/${pid}/fd/3`);
    if (server !== undefined) {
      return server.ublk === undefined ? "/dev/fuse" : `/dev/ublkc${server.ublk}`;
    }
    const cache = /^\/sys\/fs\/bcache\/([^/]+)\/cache([0-9]+)$/.exec(path);
    if (cache !== null) {
      const name = this.bcacheSets.get(cache[1] ?? "")?.[Number(cache[2])];
      return `../../../devices/block/${name}/bcache`;
    }
    const bcache = /^\/sys\/class\/block\/([^/]+)\/bcache(\/cache)?$/.exec(path);
    const device = this.devices.find((one) => one.kind === "bcache" && one.name === bcache?.[1]);
    if (device !== undefined) {
      return bcache?.[2] === undefined
        ? `../../${device.slaves[0]}/bcache`
        : `../../../fs/bcache/${device.label}`;
    }
    const target = readSessionLink(path, this.sessions) ?? readTreeLink(path, this.texts);
    if (target === undefined) throw sysError("readlink", "ENOENT");
    return target;
  }

  stat(path: string): FileStatus {
    const server = this.servers.find(({ pid }) => path.startsWith(`/proc/${pid}`));
    if (server !== undefined) {
      const rdev = server.ublk === undefined ? "10:229" : `243:${server.ublk}`;
      const opened = path.endsWith("/fd/3") ? { dev: "0:5", rdev } : undefined;
      return {
        dev: server.dev,
        rdev: "0:0",
        mountId: 1,
        uid: 0,
        isBlock: false,
        isProgram: false,
        ...opened,
      };
    }
    const isInOldDev = this.mounts.some(({ target }) => target === "/oldroot/dev");
    const place = isInOldDev ? path.replace(/^\/oldroot/, "") : path;
    const node = this.devices.find((device) => place === `/dev/${device.name}`);
    if (node !== undefined)
      return { dev: "0:5", rdev: node.dev, mountId: 2, uid: 0, isBlock: true, isProgram: false };
    const connection = /^\/sys\/fs\/fuse\/connections\/(.*)/.exec(path)?.[1] ?? "";
    if (this.connections.has(connection)) {
      const uid = this.userConnections.has(connection) ? 1000 : 0;
      return { dev: "0:31", rdev: "0:0", mountId: 3, uid, isBlock: false, isProgram: false };
    }
    const mount = this.findMount(path);
    const isMissing = /^\/(proc|sys)\//.test(path) && mount?.target !== path;
    if (mount === undefined || isMissing) throw sysError("statx", "ENOENT");
    return {
      dev: mount.dev,
      rdev: "0:0",
      mountId: mount.id,
      uid: 0,
      isBlock: false,
      isProgram: true,
    };
  }

  readAttribute(_path: string, _name: string): string {
    throw sysError("getxattr", "ENODATA");
  }

  kernelRelease(): string {
    return "6.1.0-fake";
  }

  readDm(dev: string): DmState {
    const device = this.devices.find((one) => one.dev === dev && one.kind === "dm");
    if (device === undefined) throw sysError("ioctl", "ENXIO");
    return {
      name: device.label ?? device.name,
      uuid: "",
      suspended: device.suspended === true,
      openCount: this.isInUse(device) ? 1 : 0,
      deferredRemove: false,
      targets: [
        {
          start: 0,
          length: 8,
          type: device.target ?? "linear",
          ...(device.queues === true ? { queuesWithoutPath: true } : {}),
        },
      ],
    };
  }

  readLoopBackingDev(name: string): string {
    if (this.#unbound.has(name)) throw sysError("ioctl", "ENXIO");
    return this.findDevice(name).backingDev ?? "0:0";
  }

  readMdBitmapFile(name: string): string {
    return this.devices.find((device) => device.name === name)?.label ?? "";
  }

  readDrbdResource(minor: number): string | undefined {
    return this.devices.find((one) => one.kind === "drbd" && one.dev === `147:${minor}`)?.label;
  }

  readZvolName(name: string): string {
    return this.devices.find((device) => device.name === name)?.label ?? "";
  }

  readPoolLabel(name: string): string | undefined {
    return this.pools.find((pool) => pool.devices.includes(name))?.name;
  }

  isClaimed(name: string): boolean {
    if (this.hidden.has(name) || this.readPoolLabel(name) !== undefined) return true;
    return this.isInUse(this.findDevice(name));
  }

  // ---- Kernel -------------------------------------------------------------
  umount(
    target: string,
    { lazy, force }: { readonly lazy: boolean; readonly force: boolean },
  ): void {
    if (!this.act(`${force ? "umount-force" : "umount"} ${target}`)) return;
    const mount = this.findMount(target);
    if (mount === undefined || mount.target !== target) throw sysError("umount2", "EINVAL");
    const below = this.listBelow(mount);
    const isPinned = this.servers.some(({ dev }) => dev === mount.dev);
    if (!lazy && (below.length > 0 || isPinned || this.holdsBackingFile(mount))) {
      throw sysError("umount2", "EBUSY");
    }
    const gone = new Set([mount, ...below]);
    this.mounts = this.mounts.filter((one) => !gone.has(one));
    for (const { target, fsType } of gone) {
      if (fsType !== "devtmpfs") continue;
      this.swaps = this.swaps.map((swap) =>
        swap.startsWith(`${target}/`) ? swap.slice(target.length) : swap,
      );
    }
    this.finishDetaching();
  }

  /** The effect of a write depends on what the file at `path` represents. */
  write(path: string, text: string): void {
    if (this.texts.has(path)) {
      if (!this.act(`write ${path} ${text.trim()}`)) return;
      this.texts = writeTreeText(path, text, this.texts);
      return;
    }
    for (const [pattern, act] of WRITES) {
      const name = pattern.exec(path)?.[1];
      if (name !== undefined) return act(this, name, text);
    }
    throw sysError("open", "ENOENT");
  }

  unlink(path: string): void {
    if (!this.act(`unlink ${path}`)) return;
    if (!this.texts.has(path)) throw sysError("unlink", "ENOENT");
    this.texts = new Map([...this.texts].filter(([one]) => one !== path));
  }

  rmdir(path: string): void {
    if (!this.act(`rmdir ${path}`)) return;
    if (listTreeDir(path, this.texts) === undefined) throw sysError("rmdir", "ENOENT");
    this.texts = removeTreeDir(path, this.texts);
  }

  control(path: string, calls: readonly DeviceCall[]): void {
    const name = path.slice("/dev/".length);
    for (const { request, argument } of calls) this.call(name, request, argument);
  }

  /** All data here is always flushed. */
  flushAndControl(path: string, calls: readonly DeviceCall[]): undefined {
    this.control(path, calls);
  }

  flush(_path: string): void {}

  /** The kernel reports a loss once. */
  writePages(path: string): void {
    if (this.lostPages.delete(path)) throw sysError("sync_file_range", "EIO");
  }

  private call(name: string, request: number, argument: DeviceCall["argument"]): void {
    switch (request) {
      case LOOP_CLR_FD:
        return this.loopDetach(name);
      case NBD_DISCONNECT:
        return this.nbdDisconnect(name);
      // Has no effect on a disconnected device.
      case NBD_CLEAR_SOCK:
        return;
      case STOP_ARRAY:
        return this.mdStop(name);
      case DM_DEV_REMOVE:
        return this.dmRemove(readDmDev(argument));
      case DM_DEV_SUSPEND:
        return this.dmSuspend(readDmDev(argument), hasFlag(argument, DM_SUSPEND_FLAG));
      case DM_TARGET_MSG:
        return this.dmMessage(readDmDev(argument), ...readDmMessage(argument));
      case ZFS_IOC_POOL_EXPORT:
        return this.zpoolExport(readByteString(toView(argument), 0, 256));
      default:
        throw sysError("ioctl", "ENOTTY");
    }
  }

  /** No file system here is ever frozen. */
  thaw(): void {
    throw sysError("ioctl", "EINVAL");
  }

  remountReadOnly(target: string): void {
    if (!this.act(`remount-ro ${target}`)) return;
    const mount = this.findMount(target);
    if (mount?.target !== target) throw sysError("mount", "EINVAL");
    const isWritten = this.servers.some(({ dev, writes }) => dev === mount.dev && writes === true);
    if (isWritten) throw sysError("mount", "EBUSY");
  }

  shutDown(target: string): void {
    if (!this.act(`shut-down ${target}`)) return;
    const mount = this.findMount(target);
    if (!["ext4", "xfs", "f2fs"].includes(mount?.fsType ?? "")) throw sysError("ioctl", "ENOTTY");
  }

  swapoff(path: string): void {
    if (!this.act(`swapoff ${path}`)) return;
    // Any node of the device will do, even if /proc/swaps shows the one below /oldroot or, after
    // its mount was detached, only the end of the path.
    const isIt = (swap: string): boolean => swap.endsWith(path) || path.endsWith(swap);
    if (!this.swaps.some(isIt)) throw sysError("swapoff", "EINVAL");
    this.swaps = this.swaps.filter((swap) => !isIt(swap));
    this.finishDetaching();
  }

  loopDetach(name: string): void {
    if (!this.act(`loop-detach ${name}`)) return;
    if (this.#unbound.has(name)) throw sysError("ioctl", "ENXIO");
    this.#detaching.add(this.findDevice(name).name);
    this.finishDetaching();
  }

  dmRemove(dev: string): void {
    if (!this.act(`dm-remove ${dev}`)) return;
    const device = this.devices.find((one) => one.dev === dev);
    if (device === undefined) throw sysError("ioctl", "ENXIO");
    this.remove(device, "ioctl");
  }

  dmMessage(dev: string, sector: number, text: string): void {
    if (!this.act(`dm-message ${dev} ${sector} ${text}`)) return;
    if (text === "fail_if_no_path") this.change(dev, { queues: false });
    const device = this.devices.find((one) => one.dev === dev);
    if (text === "key wipe" && !(device?.kind === "dm" && device.suspended)) {
      throw sysError("ioctl", "EINVAL");
    }
  }

  dmSuspend(dev: string, suspended: boolean): void {
    if (this.act(`dm-${suspended ? "suspend" : "resume"} ${dev}`)) this.change(dev, { suspended });
  }

  zramReset(name: string): void {
    if (!this.act(`zram-reset ${name}`)) return;
    this.remove(this.findDevice(name), "write");
  }

  bcacheWriteBack(name: string): void {
    if (!this.act(`bcache-write-back ${name}`)) return;
    this.devices = this.devices.map((one) => (one.name === name ? { ...one, clean: true } : one));
  }

  bcacheStop(name: string): void {
    if (!this.act(`bcache-stop ${name}`)) return;
    this.remove(this.findDevice(name), "write");
  }

  bcacheSetStop(uuid: string): void {
    if (!this.act(`bcache-set-stop ${uuid}`)) return;
    if (!this.bcacheSets.has(uuid)) throw sysError("open", "ENOENT");
    this.bcacheSets = new Map([...this.bcacheSets].filter(([key]) => key !== uuid));
  }

  claim(name: string): void {
    if (this.isClaimed(name)) throw sysError("open", "EBUSY");
  }

  /** As the kernel does, even while a file system on it is in use. */
  nbdDisconnect(name: string): void {
    if (this.act(`nbd-disconnect ${name}`)) this.cutOff(this.findDevice(name));
  }

  rbdUnmap(id: string): void {
    if (!this.act(`rbd-unmap ${id}`)) return;
    const device = this.devices.find((one) => one.name === `rbd${id}`);
    if (device === undefined) throw sysError("write", "ENOENT");
    this.remove(device, "write");
  }

  mdMarkClean(name: string): void {
    if (this.act(`md-mark-clean ${name}`)) this.findDevice(name);
  }

  mdStop(name: string): void {
    if (!this.act(`md-stop ${name}`)) return;
    this.remove(this.findDevice(name), "ioctl");
  }

  zpoolExport(name: string): void {
    if (!this.act(`zpool-export ${name}`)) return;
    const shown = this.devices.filter((device) => isInPool(device.label, name, device.kind));
    const isMounted = this.mounts.some(({ fsType, source }) => isInPool(source, name, fsType));
    if (isMounted || shown.some((device) => this.isInUse(device))) throw sysError("ioctl", "EBUSY");
    this.devices = this.devices.filter((device) => !shown.includes(device));
    this.pools = this.pools.filter((pool) => pool.name !== name);
  }

  drbdDown(resource: string): void {
    if (!this.act(`drbd-down ${resource}`)) return;
    const volumes = this.devices.filter((one) => one.kind === "drbd" && one.label === resource);
    if (volumes.some((volume) => this.isInUse(volume))) throw sysError("write", "EBUSY");
    this.devices = this.devices.filter((one) => !volumes.includes(one));
  }

  nvmeDelete(name: string): void {
    if (this.act(`nvme-delete ${name}`)) this.closePath(name);
  }

  scsiDelete(name: string): void {
    if (this.act(`scsi-delete ${name}`)) this.cutOff(this.findDevice(name));
  }

  writeText(path: string, text: string): void {
    this.act(`write ${path} ${text.trim()}`);
  }

  flushBinfmt(target: string): void {
    this.act(`flush-binfmt ${target}`);
  }

  nvmeLimitRecovery(name: string, seconds: string): void {
    this.act(`nvme-limit-recovery ${name} ${seconds}`);
  }

  iscsiLimitRecovery(session: string, seconds: string): void {
    this.act(`iscsi-limit-recovery ${session} ${seconds}`);
  }

  iscsiLogout(connection: string): void {
    if (this.act(`iscsi-logout ${connection}`)) this.closePath(connection);
  }

  syncFs(target: string): void {
    if (!this.act(`syncfs ${target}`)) return;
    const isThere = this.mounts.some((one) => `${one.target}/`.startsWith(`${target}/`));
    if (!isThere) throw sysError("open", "ENOENT");
  }

  syncAll(): void {
    this.act("sync");
  }

  kill(pid: number, signal: string): void {
    if (!this.act(`kill ${pid} ${signal}`)) return;
    const isMeant = (server: FakeServer): boolean => pid === -1 || server.pid === pid;
    if (!this.servers.some(isMeant)) throw sysError("kill", "ESRCH");
    if (signal === "SIGSTOP" || signal === "SIGCONT") return;
    const isStuck = ({ connection }: FakeServer): boolean =>
      connection !== undefined && this.connections.has(connection);
    for (const { pid: killed } of this.servers.filter(isMeant)) this.#killed.add(killed);
    const ended = this.servers.filter((server) => isMeant(server) && !isStuck(server));
    this.servers = this.servers.filter((server) => !ended.includes(server));
    const served = ended.map(({ ublk }) => `ublkb${ublk}`);
    this.devices = this.devices.filter(({ name }) => !served.includes(name));
  }

  mountFuseControl(): void {
    if (this.act("mount fusectl")) throw sysError("mount", "EBUSY");
  }

  fuseAbort(connection: string): void {
    if (!this.act(`fuse-abort ${connection}`)) return;
    this.connections.delete(connection);
    this.servers = this.servers.filter(
      (one) => one.connection !== connection || !this.#killed.has(one.pid),
    );
  }

  removeSharedMemory(id: number): void {
    if (!this.act(`shm-remove ${id}`)) return;
    if (!this.sharedMemory.includes(id)) throw sysError("shmctl", "EINVAL");
    this.sharedMemory = this.sharedMemory.filter((one) => one !== id);
  }

  clearKeyrings(): void {
    this.act("clear-keyrings");
  }

  sleep(_ms: number): void {}

  // -------------------------------------------------------------------------
  /** Records a call; false if it must have no effect. */
  private act(call: string): boolean {
    this.calls.push(call);
    this.beforeCall(call);
    return !this.ignored.has(call);
  }

  /** A session without a path vanishes, with its disks, even if they are in use. */
  private closePath(path: string): void {
    if (!this.sessions.some(({ paths }) => paths.includes(path))) throw sysError("open", "ENOENT");
    const without = this.sessions.map((session) => ({
      ...session,
      paths: session.paths.filter((one) => one !== path),
    }));
    const gone = without.filter(({ paths }) => paths.length === 0).flatMap((one) => one.devices);
    for (const device of this.devices.filter(({ name }) => gone.includes(name))) {
      this.cutOff(device);
    }
    this.sessions = without.filter(({ paths }) => paths.length > 0);
    this.devices = this.devices.filter(({ name }) => !gone.includes(name));
  }

  private change(dev: string, change: Partial<FakeDevice>): void {
    this.devices = this.devices.map((one) => (one.dev === dev ? { ...one, ...change } : one));
  }

  /** Finds a device by the name of its node or its directory in sysfs. */
  private findDevice(name: string): FakeDevice {
    const device = this.devices.find((one) => one.name === name);
    if (device === undefined) throw sysError("open", "ENOENT");
    return device;
  }

  private cutOff(device: FakeDevice): void {
    if (this.isClaimed(device.name)) this.cutOffs.push(device.name);
    this.devices = this.devices.filter((one) => one !== device);
    this.finishDetaching();
  }

  private remove(device: FakeDevice, syscall: string): void {
    if (this.isInUse(device)) throw sysError(syscall, "EBUSY");
    this.devices = this.devices.filter((one) => one !== device);
    this.finishDetaching();
  }

  /** LOOP_CLR_FD only marks a device that is in use (drivers/block/loop.c, LO_FLAGS_AUTOCLEAR). */
  private finishDetaching(): void {
    for (const device of this.devices) {
      if (!this.#detaching.has(device.name) || this.isInUse(device)) continue;
      this.#detaching.delete(device.name);
      this.#unbound.add(device.name);
      this.devices = this.devices.filter((one) => one !== device);
    }
  }

  private isInUse(device: FakeDevice): boolean {
    return (
      this.mounts.some(({ dev, lower }) => dev === device.dev || lower === device.dev) ||
      this.devices.some((other) => other.slaves.includes(device.name)) ||
      this.devices.some((other) =>
        other.metadataVersion?.startsWith(`external:/${device.name}/`),
      ) ||
      [...this.bcacheSets.values()].some((names) => names.includes(device.name)) ||
      this.swaps.includes(`/dev/${device.name}`) ||
      listServed(this.texts).some((one) => one === device.dev || one === `/dev/${device.name}`) ||
      this.pools.some((pool) => pool.devices.includes(device.name))
    );
  }

  private holdsBackingFile(mount: FakeMount): boolean {
    if (listServed(this.texts).some((path) => path.startsWith(`${mount.target}/`))) return true;
    return this.devices.some(
      (device) =>
        device.backingDev === mount.dev && device.label?.startsWith(mount.target) === true,
    );
  }

  /** The topmost mount that contains a path: the longest target, and of several the last. */
  private findMount(path: string): FakeMount | undefined {
    let found: FakeMount | undefined;
    for (const mount of this.mounts) {
      const prefix = mount.target === "/" ? "/" : `${mount.target}/`;
      if (path !== mount.target && !path.startsWith(prefix)) continue;
      if (found === undefined || mount.target.length >= found.target.length) found = mount;
    }
    return found;
  }

  private listBelow(mount: FakeMount): readonly FakeMount[] {
    const children = this.mounts.filter((one) => one.parentId === mount.id && one !== mount);
    return children.flatMap((child) => [child, ...this.listBelow(child)]);
  }

  private formatSwaps(): string {
    const lines = this.swaps.map((path) => `${path} partition 1000000 ${this.usedKib} -2\n`);
    return `Filename Type Size Used Priority\n${lines.join("")}`;
  }

  private readProcess(path: string): string | undefined {
    const server = this.servers.find(({ pid }) => path.startsWith(`/proc/${pid}/`));
    if (server === undefined) return undefined;
    if (path.endsWith("/status")) return `Uid:\t${server.uid ?? 0}\t0\t0\t0`;
    if (path.endsWith("/stat")) return `${server.pid} (${server.command}) S 1 1 1 0 -1 0 0 0`;
    if (!path.endsWith("/cmdline")) return undefined;
    if (server.cmdline !== undefined) return server.cmdline;
    return server.container === undefined
      ? `@${server.command}\0`
      : `@${server.command}\0${server.container}\0`;
  }

  private readZfs(path: string): string | undefined {
    if (path === "/sys/module/zfs/version") return this.pools.length > 0 ? "2.1.11-1" : undefined;
    const name = /^\/proc\/spl\/kstat\/zfs\/([^/]+)\/state$/.exec(path)?.[1];
    return this.pools.some((pool) => pool.name === name) ? "ONLINE" : undefined;
  }

  private readRbd(path: string): string | undefined {
    const found = /^\/sys\/bus\/rbd\/devices\/([0-9]+)\/(pool|name)$/.exec(path);
    const name = `rbd${found?.[1]}`;
    const device = this.devices.find((one) => one.kind === "rbd" && one.name === name);
    return device && (found?.[2] === "pool" ? "rbd" : (device.label ?? "image"));
  }

  private readUblk(path: string): string | undefined {
    const id = /^\/sys\/class\/ublk-char\/ublkc([0-9]+)\/dev$/.exec(path)?.[1];
    return this.devices.some(({ name }) => name === `ublkb${id}`) ? `243:${id}` : undefined;
  }

  private readSys(path: string): string | undefined {
    const set = /^\/sys\/fs\/bcache\/([^/]+)\/bucket_size$/.exec(path);
    if (set !== null) return this.bcacheSets.has(set[1] ?? "") ? "0" : undefined;
    const byNumber = /^\/sys\/dev\/block\/([0-9:]+)\/(.*)$/.exec(path);
    const byName = /^\/sys\/(?:class\/block|block)\/([^/]+)\/(.*)$/.exec(path);
    const device = this.devices.find(
      ({ name, dev }) => name === byName?.[1] || dev === byNumber?.[1],
    );
    if (device === undefined) return undefined;
    return readAttribute(device, byName?.[2] ?? byNumber?.[2] ?? "");
  }
}

type Write = (machine: FakeMachine, name: string, text: string) => void;

/** The writable files of /sys and /proc. */
const WRITES: readonly (readonly [RegExp, Write])[] = [
  [/^\/sys\/block\/([^/]+)\/reset$/, (machine, name) => machine.zramReset(name)],
  [/^\/sys\/block\/([^/]+)\/bcache\/stop$/, (machine, name) => machine.bcacheStop(name)],
  [/^\/sys\/block\/([^/]+)\/bcache\/writeback_(?:percent|delay)$/, () => {}],
  [
    /^\/sys\/block\/([^/]+)\/bcache\/writeback_running$/,
    (machine, name) => machine.bcacheWriteBack(name),
  ],
  [/^\/sys\/fs\/bcache\/([^/]+)\/stop$/, (machine, uuid) => machine.bcacheSetStop(uuid)],
  [/^\/sys\/block\/([^/]+)\/md\/array_state$/, (machine, name) => machine.mdMarkClean(name)],
  [/^\/sys\/class\/nvme\/([^/]+)\/delete_controller$/, (machine, name) => machine.nvmeDelete(name)],
  [/^\/sys\/block\/([^/]+)\/device\/delete$/, (machine, name) => machine.scsiDelete(name)],
  [
    /^\/sys\/bus\/rbd\/(remove|remove_single_major)$/,
    (machine, file, id) => {
      if (!machine.rbdFiles.includes(file)) throw sysError("open", "ENOENT");
      if (file !== machine.rbdFiles.at(-1)) throw sysError("write", "EINVAL");
      machine.rbdUnmap(id);
    },
  ],
  [/^(.*\/freezer\.state)$/, (machine, path, text) => machine.writeText(path, text)],
  [/^(.*\/uprobe_events)$/, (machine, path, text) => machine.writeText(path, text)],
  [/^(.*\/events\/.*\/enable)$/, (machine, path, text) => machine.writeText(path, text)],
  [/^\/sys\/fs\/fuse\/connections\/([0-9]+)\/abort$/, (machine, name) => machine.fuseAbort(name)],
  [/^(.*)\/status$/, (machine, target) => machine.flushBinfmt(target)],
  [
    /^\/sys\/class\/nvme\/([^/]+)\/fast_io_fail_tmo$/,
    (machine, name, text) => machine.nvmeLimitRecovery(name, text),
  ],
  [
    /^\/sys\/class\/iscsi_session\/([^/]+)\/recovery_tmo$/,
    (machine, name, text) => machine.iscsiLimitRecovery(name, text),
  ],
];

function toView(argument: DeviceCall["argument"]): DataView {
  if (typeof argument === "number") throw sysError("ioctl", "EFAULT");
  return new DataView(argument);
}

function readDmDev(argument: DeviceCall["argument"]): string {
  return decodeDmStatus(toView(argument).buffer as ArrayBuffer).dev;
}

function hasFlag(argument: DeviceCall["argument"], flag: number): boolean {
  return (decodeDmStatus(toView(argument).buffer as ArrayBuffer).flags & flag) !== 0;
}

function readDmMessage(argument: DeviceCall["argument"]): readonly [sector: number, text: string] {
  const view = toView(argument);
  return [
    readU64(view, DM_HEADER_SIZE),
    readByteString(view, DM_HEADER_SIZE + 8, view.byteLength - DM_HEADER_SIZE - 8),
  ];
}

function readAttribute(device: FakeDevice, name: string): string | undefined {
  switch (name) {
    case "dev":
      return device.dev;
    case "size":
      return String(device.sectors ?? 2048);
    case "ro":
      return "0";
    case "dm/uuid":
    case "dm/name":
      return device.kind === "dm" ? device.label : undefined;
    case "loop/backing_file":
      return device.kind === "loop" ? device.label : undefined;
    case "dm/suspended":
      return device.kind === "dm" ? (device.suspended === true ? "1" : "0") : undefined;
    case "bcache/state":
      return device.kind === "bcache" ? (device.clean ? "clean" : "dirty") : undefined;
    case "pid":
      return device.kind === "nbd" ? "812" : undefined;
    case "disksize":
      return device.kind === "zram" ? "4096" : undefined;
    case "md/metadata_version":
      return device.kind === "md" ? (device.metadataVersion ?? "1.2") : undefined;
    case "md/array_state":
      return device.kind === "md" ? "clean" : undefined;
    default:
      return undefined;
  }
}

function isInPool(dataset: string | undefined, pool: string, kind: string): boolean {
  return (kind === "zfs" || kind === "zvol") && dataset?.split("/")[0] === pool;
}

function formatMount(mount: FakeMount): string {
  const { id, parentId, dev, target, fsType, source } = mount;
  return `${id} ${parentId} ${dev} / ${target} rw,relatime - ${fsType} ${source} rw\n`;
}

/** The ports of a child. The clock stands still, except that sleeping ends a wait. */
export function portsOf(machine: FakeMachine): ActPorts {
  return { kernel: machine, reader: machine, clock: { now: () => 0 } };
}
