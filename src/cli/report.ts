import { attempt, trySys } from "../port/sys-error.ts";
import { reportUnmarked } from "../record/judge-ending.ts";
import { renderHtml } from "../record/render-html.ts";
import { renderMetrics } from "../record/render-metrics.ts";
import { renderHistory, renderReport } from "../record/render-text.ts";
import { isClean, type Report } from "../record/report.ts";
import { readSharedBootId } from "../record/shared-report.ts";
import {
  readBootId,
  readHistory,
  readMark,
  readPending,
  type Unread,
} from "../record/state-files.ts";
import { toBytes } from "../text/bytes.ts";
import { quote } from "../text/show-bytes.ts";
import type { Arguments, Command, Host } from "./command.ts";
import { answer, fail, misuse } from "./envelope/answer.ts";
import { listReport } from "./report-facts.ts";
import { unwrittenLine } from "./unwritten-line.ts";

/** The parts of the host that this command uses. */
type Given = "files" | "now" | "reader" | "replaceOutput" | "say";

/** Each of these would be ignored beside the other. */
const exclusive = [
  ["--html", "--json"],
  ["--list", "--html"],
  ["--list", "--metrics"],
  ["--list", "--boot"],
  ["--metrics", "--html"],
] as const;

export const reportCommand: Command<Given> = {
  name: "report",
  verb: "print the report",
  summary: "Print how the last shutdown went; exit with 3 if it was not clean.",
  options: [
    {
      name: "--boot",
      value: "-N",
      help: "Report an earlier shutdown: -1 is the last one, -2 the one before.",
    },
    {
      name: "--html",
      help: "Print a self-contained HTML page instead of text.",
    },
    {
      name: "--metrics",
      value: "FILE",
      help: "Write the last shutdown to FILE for the textfile collector of node_exporter.",
    },
    { name: "--list", help: "Print the history, one line for each shutdown." },
  ],
  examples: [
    { line: "exitrd report", words: "Did the last shutdown release everything?" },
    { line: "exitrd report --html >report.html", words: "The same as an HTML page." },
    { line: "exitrd report --boot -2 --json", words: "The one before the last, as JSON." },
  ],
  run: (args, host) => {
    const clash = exclusive.find((names) => names.every((name) => isGiven(name, args)));
    if (clash !== undefined) {
      const names = clash.join(" and ");
      return misuse(`cannot print the report: ${names} exclude each other: give one of them`);
    }
    const { reports, unread } = readHistory(host.files);
    for (const { path, reason } of unread) {
      host.say(`exitrd: cannot read ${quote(path)}: ${reason}, ignoring`);
    }
    if (args.flags.has("--list")) {
      const result = { isLast: null, reports: reports.map(listReport) };
      return answer(result, () => joinLines(renderHistory(reports)));
    }
    const wanted = args.values.get("--boot") ?? "-1";
    if (!/^-?[1-9][0-9]{0,3}$/.test(wanted)) {
      return misuse(`cannot print the report: ${quote(wanted)} is not a number from -1 downwards`);
    }
    const report = reports.at(-Math.abs(Number(wanted)));
    const hasSystemd = host.files.status("/run/systemd/system") !== undefined;
    if (report === undefined) {
      return fail("no-report", describeMissing(reports.length, unread, hasSystemd));
    }
    const isUnread = unread.some(({ isNewest }) => isNewest);
    const why = findWhyOld(isUnread ? undefined : reports.at(-1), hasSystemd, host);
    if (why !== undefined) host.say(`exitrd: ${why}`);
    const isOld = why !== undefined || isUnread;
    const number = Math.abs(Number(wanted));
    const metrics = args.values.get("--metrics");
    // A fleet would count an earlier verdict as that of the last shutdown.
    const isUnknown = isOld && number === 1;
    const measured = isUnknown ? reportUnmarked("", undefined, host.now()) : report;
    const isWritten = metrics === undefined || writeMetrics(metrics, measured, host);
    const title = sayTitle(number, isOld);
    const nextBoot = number > 1 ? reports.at(1 - number)?.bootId : isOld ? "" : undefined;
    const reading = { hasSystemd, ...(nextBoot === undefined ? {} : { nextBoot }) };
    const text = (): string => {
      if (metrics !== undefined) return "";
      if (args.flags.has("--html")) return renderHtml(report, title, reading);
      return joinLines(renderReport(report, title, reading));
    };
    const isGood = metrics !== undefined || (isClean(report.ending) === true && !isOld);
    const result = { isLast: number === 1 && !isOld, reports: [listReport(report)] };
    return answer(result, text, isWritten ? (isGood ? 0 : 3) : 1);
  },
};

// Each of them has a line of its own before that.
const MOST_NAMED = 3;

/**
 * Why the newest report is not that of the last shutdown, if it is not: the service has not run in this
 * boot, could not write, or knows nothing because the disk is a copy of another machine's.
 */
function findWhyOld(
  newest: Report | undefined,
  hasSystemd: boolean,
  { files, reader }: Pick<Host, Given>,
): string | undefined {
  const bootId = attempt(() => readBootId(reader));
  if (bootId === undefined) return undefined;
  const isBegun = readMark(files)?.bootId === bootId;
  if (isBegun && (newest === undefined || readSharedBootId(files) === newest.bootId))
    return undefined;
  if (isBegun && readPending(files) === undefined) {
    return "nothing is known about the last shutdown, this is an earlier one, perhaps of another machine";
  }
  const cure = hasSystemd ? "systemctl restart exitrd-report.service" : "exitrd record --begin";
  return `the last shutdown has not been reported in this boot, this is an earlier one: run '${cure}'`;
}

function sayTitle(number: number, isOld: boolean): string {
  if (number > 1) return `Shutdown -${number}`;
  return isOld ? "An earlier shutdown" : "Last shutdown";
}

function isGiven(name: string, { flags, values }: Arguments): boolean {
  return flags.has(name) || values.has(name);
}

/** Reports the failure: the report is still an answer to --json. */
function writeMetrics(
  path: string,
  report: Report,
  { replaceOutput, say }: Pick<Host, "replaceOutput" | "say">,
): boolean {
  const written = trySys(() => replaceOutput(path, toBytes(renderMetrics(report)), "everybody"));
  if (!written.ok) say(unwrittenLine(path, "--metrics", written.problem));
  return written.ok;
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function describeMissing(known: number, unread: readonly Unread[], hasSystemd: boolean): string {
  if (known > 0)
    return `cannot print the report: there ${known === 1 ? "is 1 report" : `are ${known} reports`}: run 'exitrd report --list'`;
  if (unread.length > 0)
    return `cannot print the report: no report can be read: ${cureUnread(unread, hasSystemd)}`;
  const reporter = hasSystemd ? "exitrd-report.service" : "'exitrd record --begin'";
  return `cannot print the report: no shutdown has been reported yet: ${reporter} does, at each boot`;
}

function cureUnread(unread: readonly Unread[], hasSystemd: boolean): string {
  if (unread.some(({ code }) => code === "EACCES" || code === "EPERM")) return "run it as root";
  const damaged = unread.filter(({ code }) => code === undefined).map(({ path }) => quote(path));
  const logs = hasSystemd ? "'journalctl -t exitrd'" : "the lines of exitrd in /var/log";
  const journal = `see ${logs} for the verdicts`;
  if (damaged.length === 0) return `${journal}, and check the file system`;
  const named = damaged.slice(0, MOST_NAMED).join(", ");
  const more = damaged.length > MOST_NAMED ? ` and ${damaged.length - MOST_NAMED} more` : "";
  return `${journal}, and remove ${named}${more}`;
}
