import { describe, expect, test } from "vitest";
import { writePlace } from "../../src/execute/record/write-place.ts";
import type { RawAccess, RawDevices } from "../../src/port/record.ts";
import { findBadExtent, joinBlocks } from "../../src/record/extents.ts";
import { checkExtents, checkMount } from "../../src/record/find-place.ts";
import { findPartitionStart, RECORD_PARTITION_TYPE, tableSize } from "../../src/record/gpt.ts";
import { parsePlace, type RecordPlace } from "../../src/teardown/record/place.ts";
import {
  encodeEmptyFile,
  encodeSlot,
  RECORD_FILE_SIZE,
  slotOffset,
} from "../../src/teardown/record/slots.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { sysError } from "../fake/sys-error.ts";
import { makeMount } from "./core-builders.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const OFFSET = 1 << 20;

const place: RecordPlace = {
  ...{ partition: "sda1", dev: "8:1", start: 2048, size: 8192, diskSequence: "7" },
  ...{ offset: OFFSET, nonce, slot: 1, sequence: 5 },
};

const sysfs = "/sys/class/block/sda1";

/** A machine with one partition. `files` override sysfs; "" makes a file absent. */
function makeMachine(files: Readonly<Record<string, string>> = {}): FakeMachine {
  const machine = new FakeMachine({ mounts: [] });
  const shown: Record<string, string> = {
    [`${sysfs}/dev`]: "8:1\n",
    [`${sysfs}/start`]: "2048\n",
    [`${sysfs}/size`]: "8192\n",
    [`${sysfs}/ro`]: "0\n",
    [`${sysfs}/../diskseq`]: "7\n",
    "/proc/self/mountinfo": "",
    ...files,
  };
  machine.readText = (path) => {
    const text = shown[path];
    if (text === undefined || text === "absent") throw sysError("open", "ENOENT");
    return text;
  };
  machine.readDir = (path) => {
    const text = shown[path];
    if (text === undefined) throw sysError("open", "ENOENT");
    return text.split(" ");
  };
  const status = { dev: "0:5", rdev: "8:1", mountId: 0, uid: 0, isBlock: true, isProgram: false };
  machine.stat = () => ({ ...status, rdev: shown.rdev ?? status.rdev });
  return machine;
}

class FakeDisk implements RawDevices {
  readonly data = new Uint8Array(4 << 20).fill(0xa5);
  readonly opened: string[] = [];
  isClaimed = false;
  /** The device reports that it has written, but has not. */
  isLying = false;

  constructor() {
    this.data.set(encodeEmptyFile(nonce), OFFSET);
  }

  withDevice: RawDevices["withDevice"] = (path: string, how: RawAccess, use) => {
    this.opened.push(`${how} ${path}`);
    if (how === "write-alone" && this.isClaimed) throw sysError("open", "EBUSY");
    return use({
      read: (offset, length) => this.data.slice(offset, offset + length),
      write: (offset, data) => {
        if (!this.isLying) this.data.set(data, offset);
      },
    });
  };
}

const blocks = encodeSlot(
  ...([nonce, 1, { sequence: 5, bootId: nonce, body: new Uint8Array(5000).fill(1) }] as const),
  () => "0".repeat(64),
);

function write(machine: FakeMachine, disk: FakeDisk, at: RecordPlace = place) {
  const before = disk.data.slice();
  const problem = writePlace(at, blocks, machine, disk);
  return { problem, isTouched: !disk.data.every((byte, i) => byte === before[i]) };
}

describe("the place of a record", () => {
  test("is written in its slot, and nowhere else", () => {
    const disk = new FakeDisk();
    const before = disk.data.slice();
    expect(write(makeMachine(), disk)).toEqual({ problem: undefined, isTouched: true });
    const at = OFFSET + slotOffset(1);
    expect(disk.data.slice(at, at + blocks.length)).toEqual(blocks);
    disk.data.set(before.slice(at, at + blocks.length), at);
    expect(disk.data.every((byte, i) => byte === before[i])).toBe(true);
    expect(disk.opened).toEqual(["write-alone /dev/sda1"]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["another device number", { [`${sysfs}/dev`]: "8:17\n" }],
    ["moved", { [`${sysfs}/start`]: "4096\n" }],
    ["resized", { [`${sysfs}/size`]: "8000\n" }],
    ["on another disk", { [`${sysfs}/../diskseq`]: "8\n" }],
    ["read-only", { [`${sysfs}/ro`]: "1\n" }],
    ["gone", { [`${sysfs}/dev`]: "absent" }],
    ["a node of another device", { rdev: "8:17" }],
  ])("on a partition that is %s is not touched", (_, files) => {
    const disk = new FakeDisk();
    expect(write(makeMachine(files), disk)).toEqual({ problem: "changed", isTouched: false });
    expect(disk.opened).toEqual([]);
  });

  test("on a partition that another device uses is not touched", () => {
    const machine = makeMachine({ [`${sysfs}/holders`]: "md0" });
    expect(write(machine, new FakeDisk())).toEqual({ problem: "in-use", isTouched: false });
  });

  const line = (options: string): string =>
    `20 1 8:1 / /oldroot/boot rw - ext4 /dev/sda1 ${options}\n`;

  test("below an active file system is written only if that is read-only", () => {
    const disk = new FakeDisk();
    disk.isClaimed = true;
    const unseen = { problem: "in-use", isTouched: false };
    expect(write(makeMachine(), disk)).toEqual(unseen);
    expect(write(makeMachine({ "/proc/self/mountinfo": line("rw") }), disk)).toEqual(unseen);
    const both = `${line("ro")}${line("rw")}`;
    expect(write(makeMachine({ "/proc/self/mountinfo": both }), disk)).toEqual(unseen);
    const machine = makeMachine({ "/proc/self/mountinfo": line("ro") });
    expect(write(machine, disk)).toEqual({ problem: undefined, isTouched: true });
  });

  test.each<[string, (disk: FakeDisk) => void]>([
    ["formatted", (disk) => disk.data.fill(0)],
    [
      "overwritten in one byte",
      (disk) =>
        disk.data.fill(9, OFFSET + slotOffset(1) + 4096 + 25, OFFSET + slotOffset(1) + 4096 + 26),
    ],
    [
      "another such file",
      (disk) => disk.data.set(encodeEmptyFile(nonce.replace("0", "9")), OFFSET),
    ],
    [
      "the same file elsewhere",
      (disk) => disk.data.copyWithin(OFFSET + 4096, OFFSET, OFFSET + RECORD_FILE_SIZE),
    ],
  ])("that is %s is not touched", (_, spoil) => {
    const disk = new FakeDisk();
    spoil(disk);
    expect(write(makeMachine(), disk)).toEqual({ problem: "not-ours", isTouched: false });
  });

  test("that differs when it is read back is reported", () => {
    const disk = new FakeDisk();
    disk.isLying = true;
    expect(write(makeMachine(), disk).problem).toBe("misread");
  });

  test("is parsed to what was written, and anything else is rejected", () => {
    expect(parsePlace(JSON.stringify(place))).toEqual(place);
    const wrong: readonly unknown[] = [
      ...["", "{", "null", "[]"],
      ...Object.keys(place).map((key) => JSON.stringify({ ...place, [key]: undefined })),
      ...[
        { partition: "../sda" },
        { partition: "sda/1" },
        { offset: -1 },
        { offset: 1.5 },
        { slot: 2 },
        { nonce: "x" },
        { start: "2048" },
      ].map((change) => JSON.stringify({ ...place, ...change })),
    ];
    expect(wrong.map((text) => parsePlace(String(text)))).toEqual(wrong.map(() => undefined));
  });
});

const partition = { size: 8192, sectorSize: 512 };
const plain = { logical: 0, physical: OFFSET, length: RECORD_FILE_SIZE, flags: 1 };

describe("the extents of a file", () => {
  test.each<[string, readonly (typeof plain)[]]>([
    ["one", [plain]],
    ["one that is longer", [{ ...plain, length: 1 << 20 }]],
    [
      "two that follow one another",
      [
        { ...plain, length: 4096 },
        { ...plain, logical: 4096, physical: OFFSET + 4096 },
      ],
    ],
  ])("are accepted: %s", (_, extents) => {
    expect(checkExtents(extents, partition)).toEqual({ ok: true, value: OFFSET });
  });

  test.each<[string, readonly (typeof plain)[]]>([
    ["none", []],
    ["a hole at the beginning", [{ ...plain, logical: 4096 }]],
    ["too short", [{ ...plain, length: 4096 }]],
    [
      "two with a gap",
      [
        { ...plain, length: 4096 },
        { ...plain, logical: 4096, physical: OFFSET + 8192 },
      ],
    ],
    ["at the beginning of the partition", [{ ...plain, physical: 0 }]],
    ["beyond its end", [{ ...plain, physical: 8192 * 512 - 4096 }]],
    ["between two sectors", [{ ...plain, physical: OFFSET + 100 }]],
  ])("are refused: %s", (_, extents) => {
    expect(checkExtents(extents, partition)).toEqual({ ok: false, problem: { kind: "scattered" } });
  });

  test.each([
    [0x2, "unknown"],
    [0x4, "delalloc"],
    [0x8, "encoded"],
    [0x80, "encrypted"],
    [0x100, "not aligned"],
    [0x200, "inline"],
    [0x400, "packed with others"],
    [0x800, "unwritten"],
    [0x2000, "shared"],
    [0x4000, "unknown"],
  ])("with the flag %i are refused", (flags, word) => {
    expect(findBadExtent(flags)).toBe(word);
    const found = checkExtents([{ ...plain, flags: flags | 1 }], partition);
    expect(found).toEqual({ ok: false, problem: { kind: "extent", word } });
  });

  test("of vfat are joined from its blocks, except a hole", () => {
    expect(joinBlocks([8, 9, 10], 512)).toEqual([
      { logical: 0, physical: 4096, length: 1536, flags: 0 },
    ]);
    expect(joinBlocks([8, 0, 10], 512)).toHaveLength(2);
  });
});

describe("a mount", () => {
  const made = (fsType: string, superOptions: readonly string[] = ["rw"]) => ({
    ...makeMount(20, 1, "8:1", "/boot", fsType),
    superOptions,
  });
  const sys = "/sys/dev/block/8:1";
  const disk = (link: string, more: Readonly<Record<string, string>> = {}): FakeMachine => {
    const machine = makeMachine({
      [`${sys}/partition`]: "1",
      [`${sys}/ro`]: "0",
      [`${sys}/../ro`]: "0",
      [`${sys}/start`]: "2048",
      [`${sys}/size`]: "8192",
      [`${sys}/../queue/logical_block_size`]: "512",
      [`${sys}/../diskseq`]: "7",
      ...more,
    });
    machine.readLink = () => link;
    return machine;
  };
  const pci = "../../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1";
  const virtual = "../../devices/virtual";

  test.each(["vfat", "ext4", "xfs"])(
    "of %s on a partition of a local disk is accepted",
    (fsType) => {
      expect(checkMount(made(fsType), disk(pci))).toMatchObject({
        ok: true,
        value: { name: "sda1" },
      });
    },
  );

  test.each<[string, ReturnType<typeof made>, FakeMachine]>([
    ["file-system", made("btrfs"), disk(pci)],
    ["file-system", made("zfs"), disk(pci)],
    ["data-journal", made("ext4", ["rw", "data=journal"]), disk(pci)],
    [
      "no-partition",
      made("ext4"),
      disk("../../devices/virtual/block/dm-0", { [`${sys}/partition`]: "" }),
    ],
    ["no-partition", made("ext4"), disk(pci, { [`${sys}/partition`]: "" })],
    ["no-disk", made("ext4"), disk(`${virtual}/block/loop0/loop0p1`)],
    ["no-disk", made("ext4"), disk(`${virtual}/block/nbd0/nbd0p1`)],
    [
      "no-disk",
      made("ext4"),
      disk("../../devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sdb/sdb1"),
    ],
    ["no-disk", made("ext4"), disk(`${virtual}/nvme-fabrics/ctl/nvme0/nvme0n1/nvme0n1p1`)],
    ["held", made("vfat"), disk(pci, { [`${sys}/holders`]: "md127" })],
    ["read-only", made("vfat"), disk(pci, { [`${sys}/../ro`]: "1" })],
  ])("is refused: %s", (kind, given, machine) => {
    expect(checkMount(given, machine)).toMatchObject({ ok: false, problem: { kind } });
  });

  test("on NVMe with several paths is accepted if all of them are PCI Express", () => {
    const folder = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
    const link = `${virtual}/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1`;
    const paths = (second: string) =>
      disk(link, {
        [folder]: "nvme0 nvme0n1 nvme1",
        [`${folder}/nvme0/transport`]: "pcie\n",
        [`${folder}/nvme1/transport`]: `${second}\n`,
      });
    expect(checkMount(made("ext4"), paths("pcie")).ok).toBe(true);
    expect(checkMount(made("ext4"), paths("tcp")).ok).toBe(false);
  });
});

test("the partition with our type is found in a GPT, with sectors of both sizes", () => {
  for (const sectorSize of [512, 4096]) {
    const head = new Uint8Array(tableSize(sectorSize));
    const view = new DataView(head.buffer);
    head.set(
      [..."EFI PART"].map((char) => char.charCodeAt(0)),
      sectorSize,
    );
    view.setUint32(sectorSize + 72, 2, true);
    view.setUint32(sectorSize + 84, 128, true);
    const at = 2 * sectorSize + 3 * 128;
    const type = "9a1d7e2c0f5b6e4f9a376d1be0c4a852".match(/../g) ?? [];
    head.set(
      type.map((digits) => Number.parseInt(digits, 16)),
      at,
    );
    view.setUint32(at + 32, 4096, true);
    expect(findPartitionStart(head, sectorSize, RECORD_PARTITION_TYPE)).toBe(4096);
    head[at] = 0;
    expect(findPartitionStart(head, sectorSize, RECORD_PARTITION_TYPE)).toBeUndefined();
  }
});
