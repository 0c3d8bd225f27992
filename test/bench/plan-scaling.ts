import { argv, monotonic, readFile, write } from "exitrd:sys";
import type { BlockDevice } from "../../src/kinds/kinds.ts";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";

// Runs in QuickJS: measures how long it takes to parse, order and plan N mounts, each on a
// device-mapper device of its own. Prints one line of JSON per size.
for (const word of argv.slice(1)) measure(Number(word));

function measure(count: number): void {
  const text = writeMountinfo(count);
  const devices = makeDevices(count);
  const start = monotonic();
  const mounts = parseMountinfo(text);
  const parsed = monotonic();
  const graph = buildGraph({ format: 1, kernel: "6.1.0", mounts, swaps: [], devices });
  const built = monotonic();
  const plan = makePlan(graph, { perspective: "exitrd" });
  const planned = monotonic();
  const result = {
    count,
    steps: plan.steps.length,
    parseMs: parsed - start,
    graphMs: built - parsed,
    planMs: planned - built,
    totalMs: planned - start,
    residentKib: readResident(),
  };
  write(1, `${JSON.stringify(result)}\n`);
}

function writeMountinfo(count: number): string {
  const lines = ["1 0 0:30 / / rw - tmpfs tmpfs rw", "2 1 259:1 / /oldroot rw - ext4 /dev/sda1 rw"];
  for (let i = 0; i < count; i += 1) {
    lines.push(
      `${i + 3} 2 253:${i} / /oldroot/srv/data-${i} rw,relatime shared:${i} - ext4 /dev/mapper/vg-data${i} rw,stripe=64`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function makeDevices(count: number): readonly BlockDevice[] {
  const disk = { sectors: 1 << 30, readOnly: false, slaves: [] };
  const devices: BlockDevice[] = [
    { ...disk, name: "sda", dev: "259:0" },
    { ...disk, name: "sda1", dev: "259:1", partitionOf: "sda" },
  ];
  for (let i = 0; i < count; i += 1) {
    devices.push({
      name: `dm-${i}`,
      dev: `253:${i}`,
      sectors: 8192,
      readOnly: false,
      slaves: ["sda1"],
      dm: {
        name: `vg-data${i}`,
        uuid: `LVM-${i}`,
        suspended: false,
        openCount: 1,
        deferredRemove: false,
        targets: [{ start: 0, length: 8192, type: "linear" }],
      },
    });
  }
  return devices;
}

function readResident(): number {
  return Number(/^VmRSS:\s+([0-9]+)/m.exec(readFile("/proc/self/status"))?.[1] ?? "0");
}
