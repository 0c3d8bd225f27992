import { createCipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBuffer } from "../vm/inspect/block-reader.ts";
import { readExt4State } from "../vm/inspect/ext4.ts";
import { decryptLuks2, parseLuks2 } from "../vm/inspect/luks2.ts";
import { openLogicalVolume } from "../vm/inspect/lvm.ts";
import { parseLvmText } from "../vm/inspect/lvm-text.ts";
import { countInFile } from "../vm/inspect/ram-scan.ts";

const sector = 512;

function formatLuks2(segment: Record<string, unknown>): Buffer {
  const header = Buffer.alloc(16384);
  header.write("LUKS\xba\xbe", 0, "latin1");
  header.writeUInt16BE(2, 6);
  header.writeBigUInt64BE(16384n, 8);
  header.write(JSON.stringify({ segments: { "0": segment } }), 4096);
  return header;
}

const segment = {
  type: "crypt",
  offset: "16384",
  encryption: "aes-xts-plain64",
  sector_size: sector,
  iv_tweak: "0",
};

describe("a LUKS2 device", () => {
  test("is decrypted by its volume key, at any offset", () => {
    const key = randomBytes(64);
    const plain = randomBytes(4 * sector);
    const parts = [formatLuks2(segment)];
    for (let number = 0; number < 4; number++) {
      const iv = Buffer.alloc(16);
      iv.writeUInt32LE(number);
      const part = plain.subarray(number * sector, (number + 1) * sector);
      parts.push(createCipheriv("aes-256-xts", key, iv).update(part));
    }
    const reader = decryptLuks2(readBuffer(Buffer.concat(parts)), key);
    expect(reader.size).toBe(plain.length);
    expect(reader.read(0, plain.length).equals(plain)).toBe(true);
    expect(reader.read(700, 900).equals(plain.subarray(700, 1600))).toBe(true);
  });

  test("reads as zeros where it was never written", () => {
    const device = Buffer.concat([formatLuks2(segment), Buffer.alloc(sector)]);
    const reader = decryptLuks2(readBuffer(device), randomBytes(64));
    expect(reader.read(0, sector).equals(Buffer.alloc(sector))).toBe(true);
  });

  test("is refused if it has no header, or an unsupported one", () => {
    expect(() => parseLuks2(readBuffer(Buffer.alloc(8192)))).toThrow("no LUKS header");
    const reencrypting = formatLuks2({ ...segment, iv_tweak: "8" });
    expect(() => parseLuks2(readBuffer(reencrypting))).toThrow("iv_tweak");
  });
});

const metadata = `vg {
id = "x" # a comment
seqno = 2
flags = ["RESIZEABLE"]
extent_size = 8
physical_volumes {
pv0 {
pe_start = 16
}
}
logical_volumes {
root {
segment_count = 2
segment1 {
start_extent = 0
extent_count = 1
stripes = ["pv0", 3]
}
segment2 {
start_extent = 1
extent_count = 2
stripes = [
"pv0", 0
]
}
}
}
}
contents = "Text Format Volume Group"
version = 1
`;

const extent = 4096;

/** A physical volume whose metadata begins at `start` of its ring of `size` bytes. */
function formatPhysicalVolume(start: number, size: number): Buffer {
  const pv = Buffer.alloc(8192 + 8 * extent);
  pv.write("LABELONE", sector);
  pv.writeUInt32LE(32, sector + 20);
  const lists = sector + 32 + 40;
  pv.writeBigUInt64LE(8192n, lists);
  pv.writeBigUInt64LE(4096n, lists + 32);
  pv.write(" LVM2 x[5A%r0N*>", 4096 + 4, "latin1");
  pv.writeBigUInt64LE(BigInt(size), 4096 + 32);
  pv.writeBigUInt64LE(BigInt(start), 4096 + 40);
  pv.writeBigUInt64LE(BigInt(metadata.length), 4096 + 48);
  const head = metadata.slice(0, size - start);
  pv.write(head, 4096 + start);
  pv.write(metadata.slice(head.length), 4096 + 512);
  for (let number = 0; number < 8; number++) {
    pv.fill(number + 1, 8192 + number * extent, 8192 + (number + 1) * extent);
  }
  return pv;
}

describe("an LVM physical volume", () => {
  test("returns a linear volume's bytes across its segments", () => {
    const volume = openLogicalVolume(readBuffer(formatPhysicalVolume(512, 4096)), "root");
    expect(volume.size).toBe(3 * extent);
    expect([...volume.read(extent - 1, 2)]).toEqual([4, 1]);
    expect([...volume.read(2 * extent, 1)]).toEqual([2]);
  });

  test("is read when its metadata wraps around the end of the ring", () => {
    const volume = openLogicalVolume(readBuffer(formatPhysicalVolume(1400, 1500)), "root");
    expect(volume.size).toBe(3 * extent);
  });

  test("is refused without a label", () => {
    expect(() => openLogicalVolume(readBuffer(Buffer.alloc(8192)), "root")).toThrow("no LVM label");
  });
});

test("LVM's text format has numbers, strings, lists and sections", () => {
  expect(parseLvmText('a { b = 1 # c = 2\nd = ["x", 3] }\ne = "y z"')).toEqual({
    a: { b: 1, d: ["x", 3] },
    e: "y z",
  });
});

describe("an ext4 superblock", () => {
  function formatSuperblock(incompat: number, state: number): Buffer {
    const device = Buffer.alloc(4096);
    device.writeUInt16LE(7, 1024 + 0x34);
    device.writeUInt16LE(0xef53, 1024 + 0x38);
    device.writeUInt16LE(state, 1024 + 0x3a);
    device.writeUInt32LE(incompat, 1024 + 0x60);
    device.write("exitrd-root", 1024 + 0x78);
    return device;
  }

  test("distinguishes a clean file system from one that needs recovery", () => {
    expect(readExt4State(readBuffer(formatSuperblock(0x2c2, 1)))).toEqual({
      label: "exitrd-root",
      needsRecovery: false,
      withoutErrors: true,
      mountCount: 7,
      errorCount: 0,
      hasOrphans: false,
    });
    expect(readExt4State(readBuffer(formatSuperblock(0x2c6, 3)))).toMatchObject({
      needsRecovery: true,
      withoutErrors: false,
    });
  });

  test("is refused if it is something else", () => {
    expect(() => readExt4State(readBuffer(Buffer.alloc(4096)))).toThrow("no ext4 superblock");
  });
});

describe("a RAM image", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "exitrd-vm-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("is counted once for each occurrence, at the border of chunks too", async () => {
    const needle = Buffer.from("0123456789");
    const data = Buffer.alloc(1000);
    for (const at of [0, 95, 200, 395, 990]) needle.copy(data, at);
    const file = join(folder, "ram");
    writeFileSync(file, data);
    const counts = await countInFile(
      file,
      { needle, absent: Buffer.from("a longer needle, not there") },
      100,
    );
    expect(counts).toEqual({ needle: 5, absent: 0 });
  });
});
