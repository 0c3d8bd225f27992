import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseShutdownRecord } from "../../src/teardown/record/parse-record.ts";
import {
  decodeSlot,
  encodeEmptyFile,
  RECORD_FILE_SIZE,
  readNonce,
  slotOffset,
} from "../../src/teardown/record/slots.ts";
import { cacheDir } from "../../tools/cache.ts";
import { buildScript, readResult, runCommand, variants } from "./native-program.ts";

const SECTOR = 512;

/** The number of power cuts for each file system. */
const ROUNDS = Number(process.env.EXITRD_POWER_CUTS ?? "100");

const NONCE = "0123456789abcdef0123456789abcdef";

/** This machine's kernel may lack vfat, so its place is read from the file system's own tables. */
const FILE_SYSTEMS = {
  "vfat, clusters of one sector": {
    make: ["mkfs.vfat", "-F", "16", "-s", "1"],
    check: ["fsck.vfat", "-n"],
    find: findOnVfat,
    sizeMib: 8,
  },
  "vfat, clusters of 4 KiB": {
    make: ["mkfs.vfat", "-F", "12", "-s", "8"],
    check: ["fsck.vfat", "-n"],
    find: findOnVfat,
    sizeMib: 8,
  },
  ext4: { make: ["mkfs.ext4", "-q"], check: ["e2fsck", "-f", "-n"], find: findOnExt4, sizeMib: 8 },
} as const;

type Run = (...args: readonly string[]) => unknown;

function findOnExt4(loop: string, program: string): unknown {
  const script = `file="$target/exitrd.record"
[ -e "$file" ] || "$1" - make ${loop} "$file" >&2
"$1" - find ${loop} "$file"`;
  return JSON.parse(inMount(loop, "rw", script, program));
}

/** Creates the file with mtools, and adds up the areas before its first cluster. */
function findOnVfat(loop: string): unknown {
  const device = `/dev/${loop}`;
  const boot = readFileSync(device).subarray(0, SECTOR);
  const sectors =
    boot.readUInt16LE(14) + boot.readUInt8(16) * (boot.readUInt16LE(22) || boot.readUInt32LE(36));
  const start = sectors * SECTOR + boot.readUInt16LE(17) * 32;
  const size = Number(readFileSync(`/sys/class/block/${loop}/size`, "utf8"));
  const dev = readFileSync(`/sys/class/block/${loop}/dev`, "utf8").trim();
  const local = join(folder, "exitrd.record");
  writeFileSync(local, encodeEmptyFile(NONCE));
  if (runCommand("mdir", "-i", device, "::exitrd.record").status !== 0) {
    must("mcopy", "-i", device, local, "::exitrd.record");
  }
  must("mcopy", "-n", "-i", device, "::exitrd.record", `${local}.read`);
  const contents = readFileSync(`${local}.read`);
  rmSync(`${local}.read`);
  const first = Number(/<(\d+)/.exec(must("mshowfat", "-i", device, "::exitrd.record"))?.[1]);
  const slots = [0, 1].map((slot) => decodeSlot(contents, slot, sha256));
  const sequences = slots.map((slot) => (slot.kind === "whole" ? slot.sequence : 0));
  return {
    ...{ partition: loop, dev, start: 2048, size, diskSequence: "7", nonce: NONCE },
    offset: start + (first - 2) * boot.readUInt8(13) * SECTOR,
    slot: (sequences[0] ?? 0) > (sequences[1] ?? 0) ? 1 : 0,
    sequence: Math.max(...sequences) + 1,
  };
}

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

function must(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = runCommand(command, ...args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout.trim();
}

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(cacheDir("test-native"), "record-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs with an image on a loop device, which is detached afterwards. */
function withLoop<T>(image: string, use: (loop: string) => T): T {
  const device = must("losetup", "--find", "--show", image);
  try {
    return use(device.replace("/dev/", ""));
  } finally {
    must("losetup", "--detach", device);
  }
}

/**
 * Runs a shell script with `$target`, where the device is mounted, in a mount namespace of its own:
 * a namespace that another process creates in the meantime must not keep the file system active.
 */
function inMount(
  loop: string,
  options: string,
  script: string,
  ...args: readonly string[]
): string {
  const target = mkdtempSync(join(folder, "mount-"));
  const body = `target=$1; mount -o "$2" "/dev/$3" "$target" || exit 1
shift 3; (set -e; ${script}) </dev/null; code=$?; umount "$target" && exit $code`;
  return must("unshare", "-m", "sh", "-c", body, "sh", target, options, loop, ...args);
}

function makeImage(name: keyof typeof FILE_SYSTEMS): string {
  const { make, sizeMib } = FILE_SYSTEMS[name];
  const image = join(folder, "image");
  rmSync(image, { force: true });
  must("truncate", "-s", `${sizeMib}M`, image);
  must(make[0], ...make.slice(1), image);
  return image;
}

describe.each(variants)("the place of a record under %s", async (variant) => {
  const program = await buildScript("record", variant);
  const run: Run = (...args) => readResult(runCommand(program, "-", ...args));

  test("on ext4 is written on the device, and read through the file system", () => {
    const image = makeImage("ext4");
    withLoop(image, (loop) => {
      const found = JSON.stringify(findOnExt4(loop, program));
      expect(JSON.parse(found)).toMatchObject({ partition: loop, slot: 0, sequence: 1 });
      const write = '"$1" - write "$2" "$3" "$4"';
      const mounted = inMount(loop, "rw", write, program, loop, found, "while mounted");
      expect(mounted).toBe('"in-use"');
      const read = '"$1" - read "$2" "/dev/$2"';
      expect(() => inMount(loop, "rw", read, program, loop)).toThrow(/Device or resource busy/);
      expect(run("write", loop, found, "the record")).toBe("written");
      const copy = join(folder, "read");
      inMount(loop, "ro", 'cat "$target/exitrd.record" >"$1"', copy);
      const slot = decodeSlot(readFileSync(copy), 0, sha256);
      expect(slot).toMatchObject({ kind: "whole", sequence: 1, body: toBuffer("the record") });
      const next = JSON.stringify(findOnExt4(loop, program));
      expect(JSON.parse(next)).toMatchObject({ slot: 1, sequence: 2 });
      // The device may be written below a read-only mount, for a root that stays.
      const below = inMount(loop, "ro", write, program, loop, next, "while read-only");
      expect(below).toBe('"written"');
    });
    must("e2fsck", "-f", "-n", image);
  });

  test("on a partition takes PID 1's record quickly", () => {
    withPartition((partition) => {
      const place = JSON.stringify(findOnExt4(partition, program));
      expect(JSON.parse(place)).toMatchObject({ partition, start: 2048, size: 20480 });
      const keep = `mkdir -p /run/exitrd; mount -t tmpfs none /run/exitrd
printf %s "$1" >/run/exitrd/record.json; "$2" - keep "$3"`;
      const kept = (
        given: string,
      ): { readonly lines: readonly string[]; readonly tookMs: number } =>
        JSON.parse(must("unshare", "-m", "sh", "-c", keep, "sh", given, program, partition));
      const { lines, tookMs } = kept(place);
      expect(lines).toEqual([`exitrd: shutdown clean, recorded on '${partition}'`]);
      // On an idle machine this takes about 10 ms.
      expect(tookMs).toBeLessThan(1_000);
      const moved = kept(place.replace('"start":2048', '"start":4096')).lines;
      expect(moved).toEqual([
        `exitrd: cannot keep the record on '${partition}': the partition has changed since the place was found, ignoring`,
      ]);
      const read = join(folder, "read");
      inMount(partition, "ro", 'cat "$target/exitrd.record" >"$1"', read);
      const slot = decodeSlot(readFileSync(read), 0, sha256);
      if (slot.kind !== "whole") throw new Error(slot.kind);
      const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
      expect(slot.bootId).toBe(bootId.trim().replaceAll("-", ""));
      const record = parseShutdownRecord(Buffer.from(slot.body).toString("latin1"));
      expect(record).toMatchObject({ verdict: "clean", verb: "reboot" });
    });
  });

  test("that was deleted and reused, or formatted, is not written to", () => {
    const image = makeImage("ext4");
    withLoop(image, (loop) => {
      const place = findOnExt4(loop, program) as { readonly size: number };
      // Freed blocks can be reused once that is in the journal.
      const reuse = `rm "$target/exitrd.record"; sync -f "$target"
cat /dev/zero >"$target/all" 2>/dev/null || sync -f "$target"`;
      inMount(loop, "rw", reuse);
      expect(run("write", loop, JSON.stringify(place), "x")).toBe("not-ours");
      must("mkfs.ext4", "-q", "-F", `/dev/${loop}`);
      const smaller = JSON.stringify({ ...place, size: place.size - 8 });
      expect(run("write", loop, smaller, "x")).toBe("changed");
    });
    must("e2fsck", "-f", "-n", image);
  });
});

type FileSystem = Pick<(typeof FILE_SYSTEMS)[keyof typeof FILE_SYSTEMS], "make" | "check">;

/** Runs with a partition of a loop device, formatted. */
function withPartition(
  use: (partition: string) => void,
  { make, check }: FileSystem = FILE_SYSTEMS.ext4,
): void {
  const disk = join(folder, "disk");
  rmSync(disk, { force: true });
  must("truncate", "-s", "12M", disk);
  withLoop(disk, (loop) => {
    must("addpart", `/dev/${loop}`, "1", "2048", "20480");
    try {
      must(make[0], ...make.slice(1), `/dev/${loop}p1`);
      use(`${loop}p1`);
      must(check[0], ...check.slice(1), `/dev/${loop}p1`);
    } finally {
      must("delpart", `/dev/${loop}`, "1");
    }
  });
}

const VFATS = [
  ...[FILE_SYSTEMS["vfat, clusters of one sector"], FILE_SYSTEMS["vfat, clusters of 4 KiB"]],
  {
    ...FILE_SYSTEMS["vfat, clusters of one sector"],
    make: ["mkfs.vfat", "-F", "32", "-s", "1"],
    sizeMib: 40,
  },
] as const;

describe("an automounted vfat that is no longer mounted when the shutdown begins", async () => {
  const program = await buildScript("record", "musl");

  test.each(VFATS)(
    "made by $make: the file is found where mtools finds it",
    ({ make, sizeMib }) => {
      const image = join(folder, "image");
      rmSync(image, { force: true });
      must("truncate", "-s", `${sizeMib}M`, image);
      must(make[0], ...make.slice(1), image);
      withLoop(image, (loop) => {
        const { offset } = findOnVfat(loop) as { readonly offset: number };
        const read = readResult(runCommand(program, "-", "read", loop, `/dev/${loop}`));
        expect(read).toBe(offset);
      });
    },
  );

  // The state that begin leaves, what then happens to the file system, and what end keeps.
  const end = `set -e
program=$1 partition=$2 place=$3 change=$4
for dir in /var/lib/exitrd /run/exitrd; do mkdir -p $dir; mount -t tmpfs none $dir; done
id=$(tr -d - </proc/sys/kernel/random/boot_id)
printf '{"format":1,"bootId":"%s","startedAt":1,"version":"1","place":"/efi/exitrd.record","drives":[],"crashes":[]}' $id >/var/lib/exitrd/boot.json
printf %s "$place" >/run/exitrd/record.json
device=/dev/$partition
eval "$change" >&2
"$program" - end $partition loaded >&2
sed 's/.*"place":"//; s/".*//' /var/lib/exitrd/boot.json
[ ! -e /run/exitrd/record.json ] || "$program" - keep $partition`;

  const endAfter = (partition: string, place: object, change: string): readonly string[] => {
    const given = [program, partition, JSON.stringify(place), change];
    return must("unshare", "-m", "sh", "-c", end, "sh", ...given).split("\n");
  };

  test("keeps the place from boot, and PID 1 writes to it", () => {
    withPartition((partition) => {
      const place = makePlace(partition);
      const [where, kept] = endAfter(partition, place, ":");
      expect(where).toBe("/efi/exitrd.record");
      expect(kept).toContain(`shutdown clean, recorded on '${partition}'`);
      expect(findOnVfat(partition)).toMatchObject({ slot: 1, sequence: 2, offset: place.offset });
    }, VFATS[0]);
  });

  test.each([
    ["renamed", "mren -i $device ::exitrd.record ::other.record"],
    ["deleted", "mdel -i $device ::exitrd.record"],
    [
      "replaced by a copy",
      `mcopy -n -i $device ::exitrd.record /run/exitrd/copy
mcopy -i $device /run/exitrd/copy ::copy; mdel -i $device ::exitrd.record
mren -i $device ::copy ::exitrd.record`,
    ],
    ["removed by mkfs", "mkfs.vfat -F 16 -s 1 $device"],
  ])("has no place if the file was %s", (_, change) => {
    withPartition((partition) => {
      const place = makePlace(partition);
      const before = readFileSync(`/dev/${partition}`);
      expect(endAfter(partition, place, change)).toEqual([""]);
      const after = readFileSync(`/dev/${partition}`).subarray(
        place.offset,
        place.offset + RECORD_FILE_SIZE,
      );
      expect(after.equals(before.subarray(place.offset, place.offset + RECORD_FILE_SIZE))).toBe(
        true,
      );
    }, VFATS[0]);
  });

  test.each(["start", "size", "diskSequence", "offset", "nonce"])(
    "has no place if its %s differs",
    (key) => {
      withPartition((partition) => {
        const place = makePlace(partition);
        const other = { start: 4096, size: 8, diskSequence: "0", offset: 0, nonce: "f".repeat(32) };
        const changed = { ...place, [key]: other[key as keyof typeof other] };
        expect(endAfter(partition, changed, ":")).toEqual([""]);
      }, VFATS[0]);
    },
  );

  function makePlace(partition: string) {
    const found = findOnVfat(partition) as { readonly offset: number };
    const sequence = readFileSync(`/sys/class/block/${partition}/../diskseq`, "utf8").trim();
    return { ...found, diskSequence: sequence };
  }
});

test("each boot reports how the previous one ended", async () => {
  const program = await buildScript("record", "musl");
  // Each word is a boot that ends in this way; the service reports at the beginning of the next.
  const script = `set -e
program=$1 partition=$2; shift 2
for dir in /var/lib/exitrd /run/exitrd; do mkdir -p $dir; mount -t tmpfs none $dir; done
id=$(mktemp)
mount --bind "$id" /proc/sys/kernel/random/boot_id
number=10
for end in "$@" last; do
  number=$((number + 1))
  echo "000000$number-0000-4000-8000-000000000000" >"$id"
  mount "/dev/$partition" /boot
  rm -f /run/exitrd/*
  "$program" - begin "$partition"; echo
  case $end in
  clean) "$program" - end "$partition" loaded >&2; umount /boot
    "$program" - keep "$partition" >&2 ;;
  forced) umount /boot; "$program" - keep "$partition" >&2 ;;
  interrupted) "$program" - end "$partition" loaded >&2; umount /boot ;;
  unloaded) "$program" - end "$partition" >&2; umount /boot ;;
  copied) "$program" - end "$partition" loaded >&2
    cp /boot/exitrd.record /boot/copy; mv /boot/copy /boot/exitrd.record; umount /boot
    "$program" - keep "$partition" >&2 ;;
  # Another system uses the same file once or twice, and its own state.
  once|twice) "$program" - end "$partition" loaded >&2; umount /boot
    "$program" - keep "$partition" >&2
    mount -t tmpfs none /var/lib/exitrd
    # It has another ID, or none that lasts.
    if [ -e /etc/machine-id ]; then mount --bind "$id" /etc/machine-id; fi
    for other in a b; do
      echo "0000$number-0000-4000-8000-00000000000$other" >"$id"
      mount "/dev/$partition" /boot
      rm -f /run/exitrd/*
      "$program" - begin "$partition" >&2
      "$program" - end "$partition" loaded >&2
      umount /boot
      "$program" - keep "$partition" >&2
      [ $end = twice ] || break
    done
    if [ -e /etc/machine-id ]; then umount /etc/machine-id; fi
    umount /var/lib/exitrd ;;
  # The next boot does not mount it.
  hidden) "$program" - end "$partition" loaded >&2; umount /boot
    "$program" - keep "$partition" >&2
    number=$((number + 1))
    echo "000000$number-0000-4000-8000-000000000000" >"$id"
    rm -f /run/exitrd/*
    "$program" - begin "$partition"; echo ;;
  *) umount /boot ;;
  esac
done
rm "$id"`;
  withPartition((partition) => {
    const ends = [
      ...["clean", "clean", "cut", "interrupted", "unloaded", "forced", "copied", "clean"],
      ...["once", "twice", "hidden"],
    ];
    const said = must("unshare", "-m", "sh", "-c", script, "sh", program, partition, ...ends);
    expect(said.split("\n")).toEqual([
      '"nothing"',
      '"clean"',
      '"clean"',
      '"power-lost"',
      '"interrupted"',
      '"no-exitrd"',
      '"clean"',
      // The record went to the blocks of the old file, which are free now.
      '"interrupted"',
      '"clean"',
      '"clean"',
      '"unrecorded"',
      '"unrecorded"',
      // The boot that did not mount it was not shut down.
      '"power-lost"',
    ]);
  });
});

describe("a power cut while the record is written", async () => {
  const program = await buildScript("record", "musl");
  const run: Run = (...args) => readResult(runCommand(program, "-", ...args));

  test.each(Object.keys(FILE_SYSTEMS) as (keyof typeof FILE_SYSTEMS)[])(
    "on %s leaves the old record, the new one or a torn one, and the file system intact",
    { timeout: 600_000 },
    (name) => {
      const { check } = FILE_SYSTEMS[name];
      const image = makeImage(name);
      const find = (loop: string): string => JSON.stringify(FILE_SYSTEMS[name].find(loop, program));
      const [before, place] = withLoop(image, (loop) => {
        for (const text of ["first", "x".repeat(9000)]) run("write", loop, find(loop), text);
        const place = find(loop);
        copyFileSync(image, `${image}.before`);
        expect(run("write", loop, place, "y".repeat(17_000))).toBe("written");
        return [readFileSync(`${image}.before`), JSON.parse(place)] as const;
      });
      const after = readFileSync(image);
      const changed = listChanged(before, after);
      const from = place.offset + slotOffset(place.slot);
      // Only the slot was written, and enough of it to be torn.
      expect(changed.length).toBeGreaterThan(20);
      expect(changed.every((at) => at >= from && at < from + slotOffset(1))).toBe(true);
      const random = makeRandom(name.length);
      const kinds = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        // A disk writes sectors in any order: only which of them were written matters.
        const written = round % 2 === 0 ? random() : 1;
        const until = round % 2 === 0 ? changed.length : Math.floor(random() * changed.length);
        const torn = changed.filter((_, index) => index < until && random() <= written);
        const disk = Buffer.from(before);
        for (const at of torn) after.copy(disk, at, at, at + SECTOR);
        const file = disk.subarray(place.offset, place.offset + RECORD_FILE_SIZE);
        expect(readNonce(file)).toBe(place.nonce);
        const slot = decodeSlot(file, place.slot, sha256);
        const other = decodeSlot(file, 1 - place.slot, sha256);
        // The previous record is in the other slot, whatever happens to this one.
        expect(other).toMatchObject({
          kind: "whole",
          sequence: 2,
          body: toBuffer("x".repeat(9000)),
        });
        if (slot.kind === "whole") {
          const isNew = slot.sequence === 3;
          expect(torn.length === changed.length || !isNew).toBe(true);
          expect(slot.body).toEqual(toBuffer(isNew ? "y".repeat(17_000) : "first"));
        }
        kinds.set(slot.kind, (kinds.get(slot.kind) ?? 0) + 1);
        writeFileSync(image, disk);
        const checked = runCommand(check[0], ...check.slice(1), image);
        if (checked.status !== 0) throw new Error(`round ${round}: ${checked.stdout}`);
      }
      expect(kinds.get("torn")).toBeGreaterThan(ROUNDS / 2);
    },
  );

  test("would be noticed: one sector next to the place damages the file system", () => {
    const image = makeImage("ext4");
    const disk = readFileSync(image);
    disk.fill(0xff, 4096, 4096 + SECTOR);
    writeFileSync(image, disk);
    expect(runCommand("e2fsck", "-f", "-n", image).status).not.toBe(0);
  });
});

/** The sectors that differ, by their offset. */
function listChanged(before: Buffer, after: Buffer): readonly number[] {
  const changed: number[] = [];
  for (let at = 0; at < before.length; at += SECTOR) {
    if (before.compare(after, at, at + SECTOR, at, at + SECTOR) !== 0) changed.push(at);
  }
  return changed;
}

/** A linear congruential generator: every run has the same rounds. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function toBuffer(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
