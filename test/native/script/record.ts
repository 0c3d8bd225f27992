import * as sys from "exitrd:sys";
import { keepRecord } from "../../../src/execute/record/keep-record.ts";
import { writePlace } from "../../../src/execute/record/write-place.ts";
import { startClock } from "../../../src/host/clock.ts";
import { hostDigests } from "../../../src/host/digests.ts";
import { hostFileMaps } from "../../../src/host/file-maps.ts";
import { hostFiles } from "../../../src/host/files.ts";
import { hostVariables } from "../../../src/host/firmware-variables.ts";
import { hostManagementController } from "../../../src/host/management-controller.ts";
import { hostTrees } from "../../../src/host/ram-trees.ts";
import { hostRawDevices } from "../../../src/host/raw-devices.ts";
import { hostReader } from "../../../src/host/reader.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { attempt } from "../../../src/port/sys-error.ts";
import type { Reader } from "../../../src/port/teardown.ts";
import { beginBoot, endBoot } from "../../../src/record/begin-boot.ts";
import { describePlace, readSlots } from "../../../src/record/choose-place.ts";
import { findOnVfat } from "../../../src/record/find-on-vfat.ts";
import { findPlace } from "../../../src/record/find-place.ts";
import { makeRecord } from "../../../src/teardown/record/make-record.ts";
import type { RecordPlace } from "../../../src/teardown/record/place.ts";
import {
  encodeEmptyFile,
  encodeSlot,
  RECORD_FILE_SIZE,
} from "../../../src/teardown/record/slots.ts";
import { toBytes } from "../../../src/text/bytes.ts";
import { DEFAULT_STORES, RECORD_STORES } from "../../../src/text/policies.ts";

// Makes a loop device, or a partition of one, look like a partition of a disk in sysfs; everything
// else is the real kernel.
const [, , command = "", loop = "", path = "", text = ""] = sys.argv;
const dev = hostReader.readText(`/sys/class/block/${loop}/dev`).trim();
const size = hostReader.readText(`/sys/class/block/${loop}/size`).trim();

const isPartition = attempt(() => hostReader.readText(`/sys/class/block/${loop}/partition`));
const shown: Readonly<Record<string, string>> = isPartition
  ? {}
  : {
      ...{ partition: "1", start: "2048", size, ro: "0", dev, "../ro": "0", "../diskseq": "7" },
      "../queue/logical_block_size": "512",
    };

const reader: Reader = {
  ...hostReader,
  readText: (file) => {
    const name = [`/sys/dev/block/${dev}/`, `/sys/class/block/${loop}/`].find((folder) =>
      file.startsWith(folder),
    );
    return (name && shown[file.slice(name.length)]) ?? hostReader.readText(file);
  },
  readLink: (file) =>
    file.startsWith("/sys/dev/")
      ? `../../devices/pci0000:00/block/${loop}`
      : hostReader.readLink(file),
};

function run(): unknown {
  const ports = { files: hostFiles, reader, maps: hostFileMaps, rawDevices: hostRawDevices };
  const bootPorts = { ...ports, writableFiles: hostFiles, trees: hostTrees, digests: hostDigests };
  switch (command) {
    case "make":
      hostFiles.replaceFile(path, encodeEmptyFile("0123456789abcdef0123456789abcdef"), 0o600);
      return undefined;
    case "find": {
      const found = findPlace(path, ports);
      if (!found.ok) return found.problem;
      const slots = readSlots(found.value.contents, hostDigests);
      return describePlace(
        { where: path, fsType: undefined, found: found.value },
        slots,
        undefined,
      );
    }
    // As it is found in the tables of a vfat that is not mounted.
    case "read": {
      return hostRawDevices.withDevice(path, "read-alone", ({ read }) =>
        findOnVfat("exitrd.record", RECORD_FILE_SIZE, read),
      );
    }
    case "write": {
      const place = JSON.parse(path) as RecordPlace;
      const contents = { sequence: place.sequence, bootId: place.nonce, body: toBytes(text) };
      const blocks = encodeSlot(place.nonce, place.slot, contents, hostDigests.sha256);
      return writePlace(place, blocks, reader, hostRawDevices) ?? "written";
    }
    // Runs what the service runs. `path` says whether exitrd is loaded.
    case "begin": {
      const boot = {
        now: 1,
        version: "1",
        readDrives: () => [],
        stores: RECORD_STORES,
        loaded: {},
        readBefore: () => undefined,
      };
      return beginBoot(boot, bootPorts).report?.ending ?? "nothing";
    }
    case "end":
      return endBoot(
        { now: 2, stores: RECORD_STORES, isLoaded: path === "loaded", drives: [] },
        bootPorts,
      );
    // Runs what PID 1 runs; the place is the one that the service left.
    case "keep": {
      const clock = startClock();
      const lines: string[] = [];
      const say = (line: string): void => void lines.push(line);
      const account = { steps: [], layers: 0, planned: 0, mounts: [], left: [], survivors: [] };
      const made = { version: "1", kernel: "6", verb: "reboot", tookMs: 1, madeAt: 2 } as const;
      const before = clock.now();
      keepRecord(
        makeRecord(made, { ...account, isPlanned: true }, true),
        // The kernel log of this machine is not touched.
        DEFAULT_STORES.filter((store) => store !== "pstore"),
        (limitMs) => limitMs,
        {
          ...{ reader: hostReader, rawDevices: hostRawDevices, variables: hostVariables },
          managementController: hostManagementController,
          ...{ tasks: createTasks(), clock, onTick() {}, digests: hostDigests },
          kernel: { write() {} },
        },
        { info: say, warn: say, verdict: say, debug: say, progress() {} },
      );
      return { lines, tookMs: clock.now() - before };
    }
    default:
      throw new Error(`unknown command '${command}'`);
  }
}

sys.write(1, JSON.stringify(run() ?? null));
