import { lookAtTarget } from "../load/look-at-target.ts";
import { readConfig } from "../load/read-config.ts";
import { readCommandLine } from "../load/read-verification.ts";
import { listOrNone } from "../port/best-effort.ts";
import { attempt, trySys } from "../port/sys-error.ts";
import { type BootPorts, beginBoot, endBoot } from "../record/begin-boot.ts";
import { choosePlace, type Tried } from "../record/choose-place.ts";
import { findPstore } from "../record/find-pstore.ts";
import { encodeJournal, encodeSyslog, listJournalFields } from "../record/journal.ts";
import { placeProblemLine } from "../record/place-problem.ts";
import { type KnownBoot, readBootBefore } from "../record/read-boot-before.ts";
import { readNvmeDrives, readSataDisks } from "../record/read-drives.ts";
import { readLoaded } from "../record/read-loaded.ts";
import { PSTORE_DIR } from "../record/read-logged.ts";
import { renderMetrics } from "../record/render-metrics.ts";
import { renderReport } from "../record/render-text.ts";
import { type DriveCount, isUnclean, type Report } from "../record/report.ts";
import { IPMI_DEVICE } from "../teardown/record/sel-entry.ts";
import { FIRMWARE_DIR, VARIABLE_PATH } from "../teardown/record/variable.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { toBytes } from "../text/bytes.ts";
import { DEFAULT_STORES, type RecordStore } from "../text/policies.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { type Command, defaultTarget, type Host } from "./command.ts";
import { type Answer, answer, fail, misuse } from "./envelope/answer.ts";

/** The parts of the host that this command uses. */
type Given =
  | "files"
  | "writableFiles"
  | "trees"
  | "codec"
  | "arithmetic"
  | "machine"
  | "commands"
  | "reader"
  | "maps"
  | "rawDevices"
  | "drives"
  | "askAll"
  | "sendToJournal"
  | "sendToSyslog"
  | "now"
  | "version"
  | "say";

/** Fields that only some of the options fill in. */
const nothing = { where: null, partition: null, offsetBytes: null, eventLog: null, ending: null };

const TARGET = "exitrd-unclean-shutdown.target";

export const recordCommand: Command<Given> = {
  name: "record",
  verb: "find the record",
  summary: "Print where the record of the next shutdown will be kept, and why not elsewhere.",
  options: [
    {
      name: "--begin",
      help: "Report how the last boot ended, and prepare the place for the record. For exitrd-report.service.",
    },
    {
      name: "--end",
      help: "Look for the place again, as the shutdown begins. For exitrd-report.service.",
    },
  ],
  examples: [{ line: "exitrd record", words: "Is there a place for the next record?" }],
  run: (args, host) => {
    if (args.flags.has("--begin") && args.flags.has("--end")) {
      return misuse("cannot keep a record: --begin and --end exclude each other: give one of them");
    }
    const stores = readStores(host);
    if (args.flags.has("--begin")) return begin(stores, host);
    if (args.flags.has("--end")) return end(stores, host);
    return show(stores, host);
  },
};

function readStores({ files }: Pick<Host, "files">): readonly RecordStore[] {
  const settings: Settings = {
    ...readConfig(files).settings,
    ...parseParameters(readCommandLine(files)).settings,
  };
  return settings.record ?? DEFAULT_STORES;
}

function makePorts(host: Pick<Host, Given>): BootPorts {
  const { files, writableFiles, reader, maps, rawDevices, trees, codec } = host;
  return { files, writableFiles, reader, maps, rawDevices, trees, digests: codec };
}

function show(stores: readonly RecordStore[], host: Pick<Host, Given>): Answer {
  const { chosen, tried } = choosePlace(stores, false, makePorts(host));
  sayTried(tried, host);
  const eventLog = findEventLog(stores, host);
  const log = eventLog === null ? "" : `${eventLog}, an entry in the system event log\n`;
  if (chosen === undefined) {
    const pstore = findPstore(stores, host.reader);
    if (pstore?.ok) {
      return answer(
        { ...nothing, where: PSTORE_DIR, eventLog },
        () => `${PSTORE_DIR}, in a dump of the kernel log by ${pstore.value}\n${log}`,
      );
    }
    if (pstore !== undefined) sayTried([pstore.problem], host);
    if (stores.includes("efivar") && listOrNone(FIRMWARE_DIR, host.reader).length > 0) {
      return answer(
        { ...nothing, where: VARIABLE_PATH, eventLog },
        () => `${VARIABLE_PATH}, if the shutdown is not clean\n${log}`,
      );
    }
    if (eventLog !== null && stores.every((store) => store === "ipmi")) {
      return answer({ ...nothing, eventLog }, () => log);
    }
    const why = stores.length === 0 ? "Record=off" : "no place can take it";
    return fail("no-place", `cannot keep a record: ${why}: see Record= in exitrd.conf(5)`);
  }
  const { where, found } = chosen;
  const { partition, offset } = found;
  return answer(
    { ...nothing, where, partition: partition.name, offsetBytes: offset, eventLog },
    () => `${showBytes(where)}, ${offset} bytes into ${partition.name}\n${log}`,
  );
}

/** The device of the BMC; null if no entry is asked for, or possible, which is reported. */
function findEventLog(
  stores: readonly RecordStore[],
  host: Pick<Host, "files" | "say">,
): string | null {
  if (!stores.includes("ipmi")) return null;
  if (host.files.status(IPMI_DEVICE) !== undefined) return IPMI_DEVICE;
  host.say(placeProblemLine(IPMI_DEVICE, { kind: "no-driver" }));
  return null;
}

function begin(stores: readonly RecordStore[], host: Pick<Host, Given>): Answer {
  const now = Math.round(host.now());
  const loaded = readLoaded(readConfig(host.files).settings, now, host);
  const boot = {
    ...{ now, version: host.version, stores, loaded },
    readDrives: () => askDrives(host),
    readBefore: () => askJournal(host),
  };
  const { report, pending, isCopied, chosen, tried, unwritten } = beginBoot(boot, makePorts(host));
  if (chosen === undefined) sayUnplaced(stores, tried, host);
  for (const path of report?.unreadable ?? []) {
    host.say(`exitrd: cannot read ${quote(path)}: the kernel could not decode it, ignoring`);
  }
  if (report !== undefined) publish(report, host);
  if (pending !== undefined) exportMetrics(pending, host);
  // They are of another machine.
  if (isCopied) attempt(() => host.writableFiles.removeFile(METRICS_PATH));
  for (const { path, problem } of unwritten) {
    host.say(`exitrd: cannot write ${quote(path)}: ${problem.words}, ignoring`);
  }
  // The unit must not fail: systemd would not run --end when the shutdown begins.
  return answer({ ...nothing, ending: report?.ending ?? null, where: chosen?.where ?? null });
}

// Each disk has two seconds; the unit has 30 s in all.
const DRIVES_LIMIT_MS = 10_000;

// As the shutdown begins, which does not wait for a record.
const NVME_LIMIT_MS = 2_000;

interface DriveCounts {
  readonly nvme?: readonly DriveCount[];
  readonly sata?: readonly DriveCount[];
}

/** Runs in children: one of many sleeping disks must not prevent the mark from being written. */
function askDrives({ askAll, reader, drives }: Pick<Host, Given>): readonly DriveCount[] {
  const { nvme = [], sata = [] } = askAll<DriveCounts>(
    { nvme: () => readNvmeDrives(reader, drives), sata: () => readSataDisks(reader, drives) },
    DRIVES_LIMIT_MS,
  );
  return [...nvme, ...sata];
}

function askNvmeDrives({ askAll, reader, drives }: Pick<Host, Given>): readonly DriveCount[] {
  const read = (): readonly DriveCount[] => readNvmeDrives(reader, drives);
  return askAll<Pick<DriveCounts, "nvme">>({ nvme: read }, NVME_LIMIT_MS).nvme ?? [];
}

// Reading the journal from a slow disk takes seconds. The unit has 30 s and must still write the mark.
const JOURNAL_LIMIT_MS = 10_000;

/** Runs in a child: a failing disk must not prevent the mark from being written. */
function askJournal({ askAll, commands }: Pick<Host, Given>): KnownBoot | undefined {
  const read = (): readonly KnownBoot[] => {
    const boot = readBootBefore(commands);
    return boot === undefined ? [] : [boot];
  };
  return askAll<{ readonly boots?: readonly KnownBoot[] }>({ boots: read }, JOURNAL_LIMIT_MS)
    .boots?.[0];
}

// The textfile directory of Debian's node_exporter.
const METRICS_DIR = "/var/lib/prometheus/node-exporter";
const METRICS_PATH = `${METRICS_DIR}/exitrd.prom`;

/** Each destination is optional: without a journal, the report is still kept. */
function publish(report: Report, host: Pick<Host, Given>): void {
  const fields = listJournalFields(report);
  const sent = attempt(() => {
    host.sendToJournal(encodeJournal(fields));
    return true;
  });
  if (sent === undefined) {
    const [line = ""] = renderReport(report);
    host.say(`exitrd: ${line}`);
    attempt(() => host.sendToSyslog(encodeSyslog(line, isUnclean(report.ending))));
  }
  exportMetrics(report, host);
  if (isUnclean(report.ending)) {
    attempt(() => host.commands.run("systemctl", ["--no-block", "start", TARGET]));
  }
}

/** Where node_exporter is installed. */
function exportMetrics(report: Report, { files, writableFiles, say }: Pick<Host, Given>): void {
  const directory = files.realPath(METRICS_DIR) ?? METRICS_DIR;
  if (files.status(directory)?.kind !== "directory") return;
  const text = toBytes(renderMetrics(report));
  const written = trySys(() => writableFiles.replaceFile(METRICS_PATH, text, "everybody"));
  if (written.ok) return;
  say(`exitrd: cannot write '${METRICS_PATH}': ${written.problem.words}, ignoring`);
  // The old one has the verdict of an earlier shutdown.
  attempt(() => writableFiles.removeFile(METRICS_PATH));
}

function end(stores: readonly RecordStore[], host: Pick<Host, Given>): Answer {
  const occupant = lookAtTarget(defaultTarget, host.files, host.codec);
  // On a file system mounted noexec, systemd-shutdown does not execute it.
  const canRun = host.files.isExecutable(`${defaultTarget}/shutdown`);
  const isLoaded = occupant.kind === "ours" && occupant.intact && canRun;
  const drives = askNvmeDrives(host);
  const tried = endBoot({ isLoaded, drives, now: Math.round(host.now()), stores }, makePorts(host));
  if (tried.length > 0) sayUnplaced(stores, tried, host);
  return answer(nothing);
}

/** Where no place takes the record: a refused one does not matter if the kernel's log takes it. */
function sayUnplaced(
  stores: readonly RecordStore[],
  tried: readonly Tried[],
  host: Pick<Host, Given>,
): void {
  const pstore = findPstore(stores, host.reader);
  if (pstore?.ok !== true) sayTried(pstore ? [...tried, pstore.problem] : tried, host);
}

function sayTried(tried: readonly Tried[], host: Pick<Host, Given>): void {
  for (const { where, problem } of tried) {
    host.say(placeProblemLine(where, problem));
  }
}
