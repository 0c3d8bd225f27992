import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { RECORD_PARTITION_TYPE, tableSize } from "../../src/record/gpt.ts";
import { encodeEmptyFile, RECORD_FILE_SIZE } from "../../src/teardown/record/slots.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { sysError } from "../fake/sys-error.ts";

const LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4";
const MARK = "/var/lib/exitrd/boot.json";
const START = 2048;

/** The first bytes of a disk whose GPT has one partition, of our type. */
function makeTable(): Uint8Array {
  const head = new Uint8Array(tableSize(512));
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode("EFI PART"), 512);
  view.setUint32(512 + 72, 2, true);
  view.setUint32(512 + 84, 128, true);
  head.set(Buffer.from("9a1d7e2c0f5b6e4f9a376d1be0c4a852", "hex"), 1024);
  view.setUint32(1024 + 32, START, true);
  return head;
}

/** Two disks, of which sdb has a partition for the record; udev has these types of sda1 and sdb1. */
function makeHost(types: readonly (string | undefined)[]) {
  const host = new FakeHost();
  host.putFile("/etc/exitrd.conf", "[Exitrd]\nRecord=partition\n");
  host.putDirectory("/run/exitrd");
  const texts = new Map<string, string>([
    ["/proc/self/mountinfo", ""],
    ["/proc/sys/kernel/random/boot_id", "c".repeat(32)],
  ]);
  for (const [nth, disk] of ["sda", "sdb"].entries()) {
    const dev = `8:${nth * 16 + 1}`;
    const sys = `/sys/dev/block/${dev}`;
    texts.set(`/sys/block/${disk}/${disk}1/dev`, `${dev}\n`);
    for (const [name, text] of Object.entries({
      ...{ partition: "1", ro: "0", "../ro": "0", start: String(START), size: "2048" },
      ...{ "../queue/logical_block_size": "512", "../diskseq": "7" },
    })) {
      texts.set(`${sys}/${name}`, text);
    }
    const type = types[nth];
    if (type === undefined) continue;
    texts.set(
      `/run/udev/data/b${dev}`,
      `I:1\nE:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_TYPE=${type}\n`,
    );
  }
  host.reader = {
    ...host.reader,
    readText: (path) => {
      const text = texts.get(path);
      if (text === undefined) throw sysError("open", "ENOENT", path);
      return text;
    },
    readDir: (path) => {
      if (path === "/sys/block") return ["sda", "sdb"];
      if (path === "/sys/block/sda" || path === "/sys/block/sdb") return [`${path.slice(-3)}1`];
      throw sysError("open", "ENOENT", path);
    },
    readLink: (path) => `../../devices/pci0000:00/block/x/sd${path.endsWith(":1") ? "a" : "b"}1`,
  };
  const contents = encodeEmptyFile("1".repeat(32));
  const opened: string[] = [];
  host.rawDevices = {
    withDevice: (path, how, use) => {
      opened.push(`${how} ${path}`);
      const data = path === "/dev/sdb1" ? contents : path === "/dev/sdb" ? makeTable() : undefined;
      const read = (offset: number, length: number) =>
        (data ?? new Uint8Array(RECORD_FILE_SIZE)).slice(offset, offset + length);
      return use({ read, write: () => {} });
    },
  };
  return { host, opened, contents };
}

describe("the partition for records", () => {
  test("is found without reading a disk of which udev knows that it has none", () => {
    const { host, opened } = makeHost([LINUX, RECORD_PARTITION_TYPE]);
    expect(run(["record"], host)).toBe(0);
    expect(host.printed).toBe("/dev/sdb1, 0 bytes into sdb1\n");
    expect(opened).toEqual(["read /dev/sdb", "read /dev/sdb1"]);
  });

  test("is looked for on each disk of which udev knows nothing", () => {
    const { host, opened } = makeHost([undefined, undefined]);
    expect(run(["record"], host)).toBe(0);
    expect(opened).toEqual(["read /dev/sda", "read /dev/sdb", "read /dev/sdb1"]);
  });

  test("is not believed to be there if only udev has it, and its absence is reported", () => {
    const { host } = makeHost([RECORD_PARTITION_TYPE, LINUX]);
    expect(run(["record"], host)).toBe(1);
    expect(host.said[0]).toBe(
      "exitrd: cannot keep a record in 'partition': there is none, or it is not mounted, ignoring",
    );
  });

  test("has to be prepared if it has only zeros, and is not used if it has other data", () => {
    for (const [byte, why] of [
      [0, "it has not been prepared yet: run 'exitrd record --begin'"],
      [1, "the device has other data there"],
    ] as const) {
      const { host, contents } = makeHost([LINUX, RECORD_PARTITION_TYPE]);
      contents.fill(byte);
      expect(run(["record"], host)).toBe(1);
      expect(host.said[0]).toBe(`exitrd: cannot keep a record in '/dev/sdb1': ${why}, ignoring`);
    }
  });
});

test("the mark has the end of the boot before the place is looked for, which may block", () => {
  const { host } = makeHost([LINUX, RECORD_PARTITION_TYPE]);
  expect(run(["record", "--begin"], host)).toBe(0);
  const { withDevice } = host.rawDevices;
  const seen: unknown[] = [];
  host.rawDevices = {
    withDevice: (path, how, use) => {
      seen.push(JSON.parse(host.text(MARK) ?? ""));
      return withDevice(path, how, use);
    },
  };
  expect(JSON.parse(host.text(MARK) ?? "")).toMatchObject({ nonce: "1".repeat(32), sequence: 1 });
  expect(run(["record", "--end"], host)).toBe(0);
  expect(seen[0]).toMatchObject({ stoppedAt: host.now(), isLoaded: false });
  // It would prove that a shutdown was interrupted.
  expect(seen[0]).not.toHaveProperty("nonce");
  expect(JSON.parse(host.text(MARK) ?? "")).toMatchObject({
    ...{ stoppedAt: host.now(), nonce: "1".repeat(32), sequence: 1 },
  });
});
