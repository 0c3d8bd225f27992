import fc from "fast-check";
import { expect, test } from "vitest";
import type { DmState } from "../../src/kinds/dm/state.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import type { Claims, FileStatus, Reader } from "../../src/port/teardown.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { renderPlanText } from "../../src/teardown/report/render.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { observeFake } from "../fake/observe-fake.ts";
import { sysError } from "../fake/sys-error.ts";
import { makeDm } from "../unit/core-builders.ts";
import { byteName } from "./core-generators.ts";
import { mutated } from "./mutations.ts";

const mountinfo = [
  "1 0 0:30 / / rw - rootfs rootfs rw",
  "2 1 8:0 / /oldroot rw - ext4 /dev/sda rw",
  "3 2 0:40 / /oldroot/o rw - overlay o rw,lowerdir=/oldroot:/a,upperdir=/oldroot/u",
  "4 2 0:41 / /oldroot/b rw - btrfs /dev/dm-0 rw",
  "5 4 0:42 / /oldroot/b/f rw - fuse.x x rw",
  "6 2 7:0 / /oldroot/l rw - xfs /dev/loop0 rw,logdev=/dev/dm-1",
  "",
].join("\n");

const swaps =
  "Filename Type Size Used Priority\n/dev/dm-1 partition 8 4 -2\n/oldroot/s file 9 1 -3\n";

/** Possible contents of files in /proc and /sys. */
const text = mutated([
  mountinfo,
  swaps,
  "8:0\n",
  "253:1\n",
  "1\n",
  "external:/md127/0\n",
  "/oldroot/image (deleted)\n",
  "MemAvailable: 7 kB\n",
  "7 (mdmon) S 1 7 7 0 -1 4194560 0\n",
  "@mdmon\0md127\0",
  "tcp\n",
  "iscsi_tcp\n",
  "ONLINE\n",
  "2.1.11-1\n",
]);

const names = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(
      ...["sda", "sda1", "dm-0", "dm-1", "loop0", "loop0p1", "md127", "zram0", "bcache0", "nbd0"],
      ...[
        "drbd0",
        "rbd0",
        "zd0",
        "zd0p1",
        "7",
        "1",
        "nvme-subsys0",
        "nvme0",
        "connection1:0",
        "dm-0-8",
      ],
      ...["0a1b-2c", "cache0", "tank", "features"],
    ),
    byteName,
  ),
  { maxLength: 12 },
);

const link = fc.oneof(
  fc.constantFrom(
    "../../devices/pci/block/sda/sda1",
    "../../devices/platform/host2/session1/connection1:0",
    "../../devices/virtual/block/dm-0",
    "/dev/fuse",
    "/sys/devices/virtual/bdi/sdb/bcache",
  ),
  byteName,
);

const dev = fc.constantFrom("8:0", "253:0", "253:1", "7:0", "0:40", "0:41", "147:0", "10:229");
const status: fc.Arbitrary<FileStatus> = fc.record({
  dev,
  rdev: dev,
  mountId: fc.nat({ max: 6 }),
  uid: fc.nat({ max: 1 }),
  isBlock: fc.boolean(),
  isProgram: fc.boolean(),
});
const dm: fc.Arbitrary<DmState> = fc
  .tuple(byteName, fc.constantFrom("linear", "crypt", "multipath", "writecache", "snapshot-origin"))
  .map(([name, type]) => makeDm(name, type));

/** Returns random answers, or throws `SysError`s at random. */
function makeReader(answer: <T>(values: fc.Arbitrary<T>) => T): Reader & Claims {
  const code = fc.constantFrom("ENOENT", "EIO", "ENODEV", "EACCES");
  const known = new Map<string, unknown>();
  // The same question gets the same answer within a run.
  const ask = <T>(question: string, values: fc.Arbitrary<T>, failures = 1): T => {
    if (!known.has(question)) {
      const fails = answer(fc.nat({ max: 5 })) < failures;
      known.set(question, fails ? sysError("open", answer(code)) : answer(values));
    }
    const found = known.get(question);
    if (found instanceof Error) throw found;
    return found as T;
  };
  return {
    readText: (path) => {
      if (path === "/proc/self/mountinfo") return ask(path, mutated([mountinfo]), 0);
      if (path === "/proc/swaps") return ask(path, mutated([swaps]));
      // Mostly valid, so that there are devices at all.
      if (path.endsWith("/dev")) return ask(path, fc.oneof(dev, dev, text));
      return ask(path, path.endsWith("/size") ? fc.constantFrom("0", "8") : text, 2);
    },
    // Without that list, or without the mounts, nothing can be observed.
    readDir: (path) => ask(`${path}/`, names, path === "/sys/class/block" ? 0 : 1),
    readLink: (path) => ask(`${path}@`, link),
    stat: (path) => ask(`${path}?`, status),
    readAttribute: (path, name) => ask(`${path}#${name}`, text),
    kernelRelease: () => "6.1.0",
    readDm: (number) => ask(`dm ${number}`, dm),
    readLoopBackingDev: (name) => ask(`loop ${name}`, dev),
    readMdBitmapFile: (name) => ask(`bitmap ${name}`, byteName),
    readDrbdResource: (minor) => ask(`drbd ${minor}`, fc.option(byteName, { nil: undefined })),
    readZvolName: (name) => ask(`zvol ${name}`, byteName),
    readPoolLabel: (name) => ask(`label ${name}`, fc.option(byteName, { nil: undefined })),
    isClaimed: (name) => ask(`claimed ${name}`, fc.boolean()),
  };
}

/** Undefined for what no kernel reports: two mounts with one number, a device without a number. */
function readAgain(snapshot: Snapshot): Snapshot | undefined {
  try {
    return parseSnapshot(stringifySnapshot(snapshot));
  } catch (thrown) {
    if (thrown instanceof TypeError || !(thrown instanceof Error)) throw thrown;
    return undefined;
  }
}

test("whatever /proc and /sys contain, a snapshot and a plan are made, and the snapshot is parsed to the same", () => {
  fc.assert(
    fc.property(fc.gen(), fc.constantFrom("exitrd", "running"), (gen, perspective) => {
      const reader = makeReader((values) => gen(() => values));
      const snapshot = observeFake(reader, perspective === "exitrd" ? reader : undefined);
      const graph = buildGraph(snapshot);
      const plan = makePlan(graph, { perspective });
      const released = plan.steps.flatMap(({ node, also }) => [node, ...also]);
      const all = [...released, ...plan.stays.map(({ node }) => node)];
      expect(all.sort()).toEqual([...graph.nodes.keys()]);
      expect(renderPlanText(plan, graph).length).toBeGreaterThan(0);
      expect(readAgain(snapshot) ?? snapshot).toEqual(snapshot);
    }),
    // Hundreds of answers a run would take hours to shrink.
    { numRuns: 1000, endOnFailure: true },
  );
});
