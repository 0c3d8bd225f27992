import { describe, expect, test } from "vitest";
import { findOnVfat } from "../../src/record/find-on-vfat.ts";
import { RECORD_FILE_SIZE } from "../../src/teardown/record/slots.ts";

const NAME = "exitrd.record";
const SHORT = "EXITRD~1REC";
const SECTOR = 512;
const RESERVED = 4;

type Bits = 12 | 16 | 32;

/** A vfat that is built by hand: mkfs.vfat's are read in the native tests. */
class Image {
  readonly data: Uint8Array;
  readonly view: DataView;
  readonly dataAt: number;
  private readonly rootAt: number;
  /** The next free entry of the root directory. */
  private entryAt: number;

  readonly bits: Bits;
  readonly perCluster: number;

  constructor(bits: Bits, perCluster: number) {
    this.bits = bits;
    this.perCluster = perCluster;
    const clusters = bits === 12 ? 1_000 : 5_000;
    const fatSectors = Math.ceil(((clusters + 2) * bits) / 8 / SECTOR);
    const rootEntries = bits === 32 ? 0 : 512;
    this.rootAt = (RESERVED + 2 * fatSectors) * SECTOR;
    this.dataAt = this.rootAt + rootEntries * 32;
    this.data = new Uint8Array(this.dataAt + clusters * perCluster * SECTOR);
    this.view = new DataView(this.data.buffer);
    this.view.setUint16(11, SECTOR, true);
    this.view.setUint8(13, perCluster);
    this.view.setUint16(14, RESERVED, true);
    this.view.setUint8(16, 2);
    this.view.setUint16(17, rootEntries, true);
    this.view.setUint32(32, this.data.length / SECTOR, true);
    if (bits === 32) this.view.setUint32(36, fatSectors, true);
    else this.view.setUint16(22, fatSectors, true);
    this.view.setUint16(510, 0xaa55, true);
    this.entryAt = this.rootAt;
    if (bits !== 32) return;
    this.view.setUint32(44, 2, true);
    this.link(2, 0x0fff_fff8);
    this.entryAt = this.clusterAt(2);
  }

  clusterAt(cluster: number): number {
    return this.dataAt + (cluster - 2) * this.perCluster * SECTOR;
  }

  link(cluster: number, next: number): void {
    const at = RESERVED * SECTOR + Math.floor((cluster * this.bits) / 8);
    if (this.bits === 32) this.view.setUint32(at, next, true);
    else if (this.bits === 16) this.view.setUint16(at, next, true);
    else {
      const word = this.view.getUint16(at, true);
      const isEven = cluster % 2 === 0;
      const kept = isEven ? word & 0xf000 : word & 0x000f;
      this.view.setUint16(at, kept | (isEven ? next & 0xfff : (next & 0xfff) << 4), true);
    }
  }

  /** Links the clusters one after another; what follows the last one is the end. */
  chain(clusters: readonly number[]): void {
    clusters.forEach((cluster, nth) => {
      this.link(cluster, clusters[nth + 1] ?? 2 ** Math.min(this.bits, 28) - 1);
    });
  }

  enter(name: string, first: number, size = RECORD_FILE_SIZE, attributes = 0x20): void {
    const parts = Math.ceil(name.length / 13);
    for (let part = parts; part > 0; part -= 1) {
      this.addLong(name, part, part === parts);
    }
    const at = this.entryAt;
    [...SHORT].forEach((char, i) => {
      this.data[at + i] = char.charCodeAt(0);
    });
    this.data[at + 11] = attributes;
    this.view.setUint16(at + 20, Math.floor(first / 2 ** 16), true);
    this.view.setUint16(at + 26, first % 2 ** 16, true);
    this.view.setUint32(at + 28, size, true);
    this.entryAt += 32;
  }

  private addLong(name: string, part: number, isLast: boolean): void {
    const at = this.entryAt;
    this.data[at] = part | (isLast ? 0x40 : 0);
    this.data[at + 11] = 0x0f;
    let sum = 0;
    for (const char of SHORT) sum = (((sum & 1) << 7) + (sum >> 1) + char.charCodeAt(0)) & 0xff;
    this.data[at + 13] = sum;
    const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
    places.forEach((place, i) => {
      const index = (part - 1) * 13 + i;
      const unit =
        index < name.length ? name.charCodeAt(index) : index === name.length ? 0 : 0xffff;
      this.view.setUint16(at + place, unit, true);
    });
    this.entryAt += 32;
  }

  /** Goes on with the root directory of FAT32 in another cluster. */
  continueRoot(cluster: number): void {
    this.chain([2, cluster]);
    this.entryAt = this.clusterAt(cluster);
  }

  /** Deletes the last entry, and leaves its long name. */
  deleteLast(): void {
    this.data[this.entryAt - 32] = 0xe5;
  }

  find(): number | undefined {
    return findOnVfat(NAME, RECORD_FILE_SIZE, (offset, length) => {
      expect(offset % 4096).toBe(0);
      expect(length % 4096).toBe(0);
      return this.data.subarray(offset, offset + length);
    });
  }
}

function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, nth) => first + nth);
}

const kinds: readonly (readonly [Bits, number])[] = [
  [12, 1],
  [12, 8],
  [16, 1],
  [16, 4],
  [32, 1],
  [32, 8],
];

describe.each(kinds)("on FAT%i with clusters of %i sectors, a file", (bits, perCluster) => {
  const count = RECORD_FILE_SIZE / SECTOR / perCluster;
  const make = (first = 101): Image => {
    const image = new Image(bits, perCluster);
    image.enter("a name of more than thirteen letters", 7, 9);
    image.enter("EXITRD.RECORD", 7, RECORD_FILE_SIZE);
    image.chain(range(first, count));
    return image;
  };

  test("is found", () => {
    const image = make();
    image.enter(NAME, 101);
    expect(image.find()).toBe(image.clusterAt(101));
  });

  test("is not found if it was renamed, deleted, resized, or is a directory", () => {
    expect(make().find()).toBeUndefined();
    const renamed = make();
    renamed.enter("exitrd.records", 101);
    expect(renamed.find()).toBeUndefined();
    const deleted = make();
    deleted.enter(NAME, 101);
    deleted.deleteLast();
    expect(deleted.find()).toBeUndefined();
    const resized = make();
    resized.enter(NAME, 101, RECORD_FILE_SIZE - 1);
    expect(resized.find()).toBeUndefined();
    const directory = make();
    directory.enter(NAME, 101, RECORD_FILE_SIZE, 0x10);
    expect(directory.find()).toBeUndefined();
  });

  test("is not found unless all of its clusters are in a row, and no more", () => {
    const clusters = range(101, count);
    const chains: readonly (readonly number[])[] = [
      clusters.slice(0, -1),
      [...clusters, 101 + count],
      clusters.map((cluster, nth) => (nth === count - 1 ? cluster + 1 : cluster)),
    ];
    for (const chain of chains) {
      const image = new Image(bits, perCluster);
      image.chain(chain);
      image.enter(NAME, 101);
      expect(image.find()).toBeUndefined();
    }
    const freed = make();
    freed.enter(NAME, 101);
    freed.link(102, 0);
    expect(freed.find()).toBeUndefined();
  });
});

test("a root directory of several clusters is followed, and one that leads into itself ends", () => {
  const image = new Image(32, 1);
  // Sixteen entries fill its first cluster; the second one is elsewhere.
  for (let nth = 0; nth < 8; nth += 1) image.enter("other", 7, 9);
  image.continueRoot(50);
  image.enter(NAME, 101);
  image.chain(range(101, 128));
  expect(image.find()).toBe(image.clusterAt(101));
  image.link(2, 2);
  expect(image.find()).toBeUndefined();
});

test("what is not a vfat is not read as one", () => {
  const read = (data: Uint8Array) =>
    findOnVfat(NAME, RECORD_FILE_SIZE, (at, length) => data.subarray(at, at + length));
  expect(read(new Uint8Array(0))).toBeUndefined();
  expect(read(new Uint8Array(1 << 20))).toBeUndefined();
  const image = new Image(16, 4);
  image.enter(NAME, 101);
  image.chain(range(101, 32));
  for (const [at, value] of [
    [11, 0],
    [11, 513 & 0xff],
    [13, 3],
    [14, 0],
    [16, 0],
    [510, 0],
  ] as const) {
    const data = image.data.slice();
    data[at] = value;
    if (at === 11) data[12] = 0;
    expect(read(data), String(at)).toBeUndefined();
  }
  // Each cut of it ends somewhere, and is never an exception.
  for (const length of [512, 1024, 4096, 8192, 65_536]) {
    expect(() => read(image.data.slice(0, length))).not.toThrow();
  }
});
