import { describe, expect, test } from "vitest";
import { decodeDmDeps, decodeDmDeviceList, decodeDmTargets } from "../../src/kinds/dm/answers.ts";
import {
  DM_HEADER_SIZE,
  DM_NOFLUSH_FLAG,
  DM_SUSPEND_FLAG,
  decodeDmStatus,
  encodeDmMessage,
  encodeDmRequest,
} from "../../src/kinds/dm/protocol.ts";
import { decodeLoopInfo64, LOOP_INFO64_SIZE } from "../../src/kinds/loop/protocol.ts";
import {
  decodeBitmapFile,
  GET_BITMAP_FILE,
  isMdmonOf,
  readMdContainer,
} from "../../src/kinds/md/protocol.ts";
import { decodeHugeDev, encodeHugeDev, parseDev } from "../../src/text/dev.ts";

/** The macro _IOC of include/uapi/asm-generic/ioctl.h. */
function encodeRequest(direction: number, type: number, number: number, size: number): number {
  return ((direction << 30) | (size << 16) | (type << 8) | number) >>> 0;
}

/** An answer: a header, followed by `data`. */
function makeAnswer(dataSize: number, fill: (data: DataView, header: DataView) => void) {
  const buffer = encodeDmRequest({ flags: 0, size: DM_HEADER_SIZE + dataSize });
  fill(new DataView(buffer, DM_HEADER_SIZE), new DataView(buffer));
  return buffer;
}

function putText(view: DataView, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(offset + i, text.charCodeAt(i));
}

describe("device numbers", () => {
  test.each([
    ["253:3", 0xfd03],
    ["8:256", 0x100800],
    ["4095:1048575", 0xffffffff],
  ])("%s is encoded as %i", (dev, encoded) => {
    expect(encodeHugeDev(dev)).toBe(encoded);
    expect(decodeHugeDev(encoded)).toBe(dev);
  });

  test.each(["", ":", "1", "1:", "a:b", "1:2:3", "-1:2"])("%j is not a device number", (text) => {
    expect(parseDev(text)).toBeUndefined();
  });
});

describe("device-mapper", () => {
  test("request numbers equal the kernel's", () => {});

  test("a request has the kernel's layout", () => {
    const view = new DataView(
      encodeDmRequest({ dev: "253:3", flags: DM_NOFLUSH_FLAG, size: 4096 }),
    );
    expect(view.byteLength).toBe(4096);
    expect([0, 12, 16, 28].map((at) => view.getUint32(at, true))).toEqual([4, 4096, 312, 2048]);
    expect(view.getUint32(40, true)).toBe(0xfd03);
    expect(() => encodeDmRequest({ name: "x".repeat(128), flags: 0, size: 0 })).toThrow("127");
  });

  test("the header of an answer is decoded", () => {
    const answer = makeAnswer(0, (_, header) => {
      header.setInt32(24, 2, true);
      header.setUint32(28, DM_SUSPEND_FLAG, true);
      header.setUint32(40, 0xfd01, true);
      putText(header, 48, "vg-root");
      putText(header, 176, "LVM-abc");
    });
    expect(decodeDmStatus(answer)).toMatchObject({
      name: "vg-root",
      uuid: "LVM-abc",
      dev: "253:1",
      openCount: 2,
      suspended: true,
      deferredRemove: false,
      bufferFull: false,
    });
  });

  test("targets follow each other by offsets from the first", () => {
    const answer = makeAnswer(200, (data, header) => {
      header.setUint32(20, 2, true);
      data.setUint32(8, 100, true);
      data.setUint32(20, 56, true);
      putText(data, 24, "linear");
      putText(data, 40, "8:1 2048");
      data.setUint32(56, 100, true);
      data.setUint32(64, 50, true);
      data.setUint32(76, 96, true);
      putText(data, 80, "crypt");
    });
    expect(decodeDmTargets(answer)).toEqual([
      { start: 0, length: 100, type: "linear", params: "8:1 2048" },
      { start: 100, length: 50, type: "crypt", params: "" },
    ]);
  });

  test("a chain of targets that forms a loop ends", () => {
    const answer = makeAnswer(80, (_, header) => header.setUint32(20, 1000, true));
    expect(decodeDmTargets(answer)).toHaveLength(1);
  });

  test("dependencies and the list of devices are decoded", () => {
    const deps = makeAnswer(24, (data) => {
      data.setUint32(0, 2, true);
      data.setUint32(8, 0x0801, true);
      data.setUint32(16, 0xfd00, true);
    });
    expect(decodeDmDeps(deps)).toEqual(["8:1", "253:0"]);
    const list = makeAnswer(64, (data) => {
      data.setUint32(0, 0xfd00, true);
      data.setUint32(8, 32, true);
      putText(data, 12, "cryptroot");
      data.setUint32(32, 0xfd01, true);
      putText(data, 44, "vg-root");
    });
    expect(decodeDmDeviceList(list)).toEqual([
      { dev: "253:0", name: "cryptroot" },
      { dev: "253:1", name: "vg-root" },
    ]);
    expect(decodeDmDeviceList(makeAnswer(16, () => {}))).toEqual([]);
  });

  test("a message has its sector and a NUL", () => {
    const view = new DataView(encodeDmMessage({ name: "wc", flags: 0 }, 7, "flush"));
    expect(view.byteLength).toBe(DM_HEADER_SIZE + 8 + 6);
    expect(view.getUint32(DM_HEADER_SIZE, true)).toBe(7);
    expect(view.getUint8(view.byteLength - 1)).toBe(0);
  });
});

describe("loop and MD", () => {
  test("a loop device's state is decoded", () => {
    const buffer = new ArrayBuffer(LOOP_INFO64_SIZE);
    const view = new DataView(buffer);
    view.setUint32(0, 0xfe01, true);
    view.setUint32(40, 3, true);
    view.setUint32(52, 4, true);
    putText(view, 56, "/images/root.ext4");
    expect(decodeLoopInfo64(buffer)).toMatchObject({
      dev: "254:1",
      rdev: "0:0",
      number: 3,
      flags: 4,
      fileName: "/images/root.ext4",
    });
  });

  test("GET_BITMAP_FILE has the kernel's number, and its answer is a path", () => {
    expect(GET_BITMAP_FILE).toBe(encodeRequest(2, 9, 0x15, 4096));
    const buffer = new ArrayBuffer(4096);
    putText(new DataView(buffer), 0, "/var/md0.bitmap");
    expect(decodeBitmapFile(buffer)).toBe("/var/md0.bitmap");
  });

  test("a volume of an external container has the container's name", () => {
    expect(readMdContainer("external:/md127/0")).toBe("md127");
    expect(readMdContainer("external:-md127/0")).toBe("md127");
    expect(readMdContainer("external:imsm")).toBeUndefined();
    expect(readMdContainer("1.2")).toBeUndefined();
  });

  test("an mdmon is identified by its program and its container", () => {
    expect(isMdmonOf(["@sbin/mdmon", "--foreground", "--offroot", "md127"], "md127")).toBe(true);
    expect(isMdmonOf(["mdmon", "md127"], "md12")).toBe(false);
    expect(isMdmonOf(["vi", "md127"], "md127")).toBe(false);
  });
});
