import {
  type Field,
  get,
  readBoolean,
  readDev,
  readFlag,
  readList,
  readNumber,
  readOptional,
  readString,
} from "./read-field.ts";
import type {
  BcacheState,
  BlockDevice,
  DmState,
  DmTarget,
  DrbdState,
  FuseServer,
  LoopState,
  MdMonitor,
  MdState,
  Memory,
  Mount,
  MultiDevice,
  NbdState,
  Pool,
  Session,
  Snapshot,
  Swap,
  ZfsState,
  ZramState,
} from "./snapshot.ts";

/** Checks a whole snapshot, field by field. Throws an Error that names the first wrong one. */
export function parseFields(value: unknown): Snapshot {
  const all = { value, path: "" };
  const format = readNumber(get(all, "format"));
  if (format !== 1) throw new Error(`format: ${format} is not known here, only 1`);
  const mounts = readList(get(all, "mounts"), readMount);
  const swaps = readList(get(all, "swaps"), readSwap);
  const devices = readList(get(all, "devices"), readDevice);
  refuseDoubles(
    "mounts",
    "id",
    mounts.map((mount) => String(mount.id)),
  );
  refuseDoubles(
    "swaps",
    "path",
    swaps.map((swap) => swap.path),
  );
  refuseDoubles(
    "devices",
    "dev",
    devices.map((device) => device.dev),
  );
  refuseDoubles(
    "devices",
    "name",
    devices.map((device) => device.name),
  );
  const memory = readOptional(all, "memory", readMemory);
  const zfs = readOptional(all, "zfs", readZfs);
  const pools = (zfs.zfs?.pools ?? []).map((pool) => pool.name);
  refuseDoubles("zfs.pools", "name", pools);
  const { fuseServers } = readOptional(all, "fuseServers", (list) =>
    readList(list, readFuseServer),
  );
  refuseDoubles(
    "fuseServers",
    "pid",
    (fuseServers ?? []).map(({ pid }) => String(pid)),
  );
  return {
    format,
    kernel: readString(get(all, "kernel")),
    mounts,
    swaps,
    ...memory,
    devices,
    ...readOptional(all, "btrfs", readMultiDevices),
    ...readOptional(all, "bcachefs", readMultiDevices),
    ...readOptional(all, "bcacheSets", readMultiDevices),
    ...readOptional(all, "journals", (list) => readList(list, readString)),
    ...readOptional(all, "sessions", (list) => readList(list, readSession)),
    ...(fuseServers === undefined ? {} : { fuseServers }),
    ...zfs,
  };
}

function refuseDoubles(list: string, key: string, values: readonly string[]): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value)) throw new Error(`${list}[${index}].${key}: the same as before`);
    seen.add(value);
  });
}

function readMount(field: Field): Mount {
  return {
    id: readNumber(get(field, "id")),
    parentId: readNumber(get(field, "parentId")),
    dev: readDev(get(field, "dev")),
    root: readString(get(field, "root")),
    target: readString(get(field, "target")),
    options: readList(get(field, "options"), readString),
    propagation: readList(get(field, "propagation"), readString),
    fsType: readString(get(field, "fsType")),
    source: readString(get(field, "source")),
    superOptions: readList(get(field, "superOptions"), readString),
  };
}

function readSwap(field: Field): Swap {
  const type = readString(get(field, "type"));
  if (type !== "partition" && type !== "file") {
    throw new Error(`${field.path}.type: neither "partition" nor "file"`);
  }
  return {
    path: readString(get(field, "path")),
    type,
    sizeKib: readNumber(get(field, "sizeKib")),
    usedKib: readNumber(get(field, "usedKib")),
    ...readOptional(field, "dev", readDev),
    ...readFlag(field, "mute"),
  };
}

function readDevice(field: Field): BlockDevice {
  return {
    name: readString(get(field, "name")),
    dev: readDev(get(field, "dev")),
    sectors: readNumber(get(field, "sectors")),
    readOnly: readBoolean(get(field, "readOnly")),
    slaves: readList(get(field, "slaves"), readString),
    ...readOptional(field, "partitionOf", readString),
    ...readOptional(field, "loop", readLoop),
    ...readOptional(field, "dm", readDm),
    ...readOptional(field, "md", readMd),
    ...readOptional(field, "zram", readZram),
    ...readOptional(field, "bcache", readBcache),
    ...readOptional(field, "nbd", readNbd),
    ...readOptional(field, "drbd", readDrbd),
    ...readOptional(field, "zvol", readString),
    ...readFlag(field, "mute"),
  };
}

function readMemory(field: Field): Memory {
  return { availableKib: readNumber(get(field, "availableKib")) };
}

function readMultiDevices(list: Field): readonly MultiDevice[] {
  return readList(list, (field) => ({
    uuid: readString(get(field, "uuid")),
    devices: readList(get(field, "devices"), readString),
  }));
}

function readBcache(field: Field): BcacheState {
  return {
    state: readString(get(field, "state")),
    backing: readString(get(field, "backing")),
    ...readOptional(field, "set", readString),
  };
}

function readNbd(field: Field): NbdState {
  return { pid: readNumber(get(field, "pid")) };
}

function readDrbd(field: Field): DrbdState {
  return { resource: readString(get(field, "resource")) };
}

function readZram(field: Field): ZramState {
  return { backingDevice: readString(get(field, "backingDevice")) };
}

function readLoop(field: Field): LoopState {
  return {
    backingFile: readString(get(field, "backingFile")),
    ...readOptional(field, "backingDev", readDev),
    autoclear: readBoolean(get(field, "autoclear")),
    ...readFlag(field, "claimed"),
  };
}

function readDm(field: Field): DmState {
  return {
    name: readString(get(field, "name")),
    uuid: readString(get(field, "uuid")),
    suspended: readBoolean(get(field, "suspended")),
    openCount: readNumber(get(field, "openCount")),
    deferredRemove: readBoolean(get(field, "deferredRemove")),
    targets: readList(get(field, "targets"), readTarget),
  };
}

function readTarget(field: Field): DmTarget {
  return {
    start: readNumber(get(field, "start")),
    length: readNumber(get(field, "length")),
    type: readString(get(field, "type")),
    ...readOptional(field, "queuesWithoutPath", readBoolean),
  };
}

function readMd(field: Field): MdState {
  return {
    level: readString(get(field, "level")),
    arrayState: readString(get(field, "arrayState")),
    metadataVersion: readString(get(field, "metadataVersion")),
    bitmapLocation: readString(get(field, "bitmapLocation")),
    ...readOptional(field, "bitmapFile", readString),
    ...readOptional(field, "monitor", readMonitor),
  };
}

function readMonitor(field: Field): MdMonitor {
  return {
    pid: readNumber(get(field, "pid")),
    fileSystems: readList(get(field, "fileSystems"), readDev),
  };
}

function readFuseServer(field: Field): FuseServer {
  return {
    pid: readNumber(get(field, "pid")),
    command: readString(get(field, "command")),
    fileSystems: readList(get(field, "fileSystems"), readDev),
    devices: readList(get(field, "devices"), readDev),
  };
}

function readZfs(field: Field): ZfsState {
  return {
    version: readString(get(field, "version")),
    pools: readList(get(field, "pools"), readPool),
  };
}

function readPool(field: Field): Pool {
  return {
    name: readString(get(field, "name")),
    state: readString(get(field, "state")),
    devices: readList(get(field, "devices"), readString),
  };
}

function readSession(field: Field): Session {
  const protocol = readString(get(field, "protocol"));
  if (protocol !== "nvme" && protocol !== "iscsi") {
    throw new Error(`${field.path}.protocol: neither "nvme" nor "iscsi"`);
  }
  return {
    protocol,
    name: readString(get(field, "name")),
    paths: readList(get(field, "paths"), readString),
    devices: readList(get(field, "devices"), readString),
  };
}
