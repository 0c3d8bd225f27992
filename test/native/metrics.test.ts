import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../../src/check/finding.ts";
import { renderMetrics as renderFindings } from "../../src/check/render-metrics.ts";
import { judgeEnding } from "../../src/record/judge-ending.ts";
import { renderMetrics } from "../../src/record/render-metrics.ts";
import type { Mark, Report } from "../../src/record/report.ts";
import { makeRecord } from "../../src/teardown/record/make-record.ts";
import { openPrivateApt } from "../../tools/apt.ts";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { provideFolder } from "../vm/build/atomic.ts";
import { runCommand } from "./native-program.ts";

const rules = join(projectRoot, "integration/prometheus/exitrd.rules.yml");
const dashboard = join(projectRoot, "integration/grafana/exitrd.json");

/** Debian's packages, unpacked but not installed. */
async function provideTools(): Promise<string> {
  const folder = cacheDir("prometheus-bookworm");
  const tools = join(folder, "tools");
  await provideFolder(tools, async (partial) => {
    const apt = await openPrivateApt("deb", "bookworm", "amd64");
    await apt.run(["download", "prometheus", "prometheus-node-exporter"], partial);
    for (const name of readdirSync(partial)) {
      await run("dpkg", ["-x", join(partial, name), partial]);
    }
  });
  return join(tools, "usr/bin");
}

const mark: Mark = {
  ...{ format: 1, bootId: "0".repeat(32), startedAt: 1, stoppedAt: 2, version: "1" },
  ...{ place: "/boot/exitrd.record", crashes: [], isLoaded: true, image: "0.2.0" },
  drives: [{ serial: "S1", model: 'a "model" \\ x', name: "nvme0", unsafe: 106 }],
};

function makeReport(unsafe: number, isSynced = true): Report {
  const record = makeRecord(
    { version: "0.2.0", kernel: "6.1.0", verb: "reboot", tookMs: 150, madeAt: 3 },
    {
      ...{ layers: 2, planned: 2, mounts: [], left: [], survivors: [], isPlanned: true },
      steps: [
        { act: "umount", name: "/oldroot", what: "ext4", startMs: 20, tookMs: 80 },
        { act: "dm remove", name: "vg-root", what: "linear", startMs: 100, tookMs: 30 },
      ],
    },
    isSynced,
  );
  const drives = mark.drives.map((drive) => ({ ...drive, unsafe }));
  const evidence = {
    record,
    isUnwritten: true,
    isTorn: false,
    isWatchdogReset: false,
    crashes: [],
    drives,
  };
  return judgeEnding(mark, evidence, 1_764_000_000_000);
}

const FINDINGS: readonly Finding[] = [
  { kind: "noexec", target: "/run/initramfs" },
  { kind: "config-changed" },
];

let bin = "";
let folder = "";
const children: ChildProcess[] = [];

beforeAll(async () => {
  bin = await provideTools();
  folder = mkdtempSync(join(cacheDir("test-native"), "metrics-"));
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function start(name: string, args: readonly string[]): void {
  children.push(spawn(join(bin, name), args, { stdio: "ignore" }));
}

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Repeats a query until `accept` returns true, for at most a minute. */
async function ask(url: string, accept: (text: string) => boolean): Promise<string> {
  let last = "";
  for (let tries = 0; tries < 300; tries++) {
    try {
      last = await (await fetch(url)).text();
      if (accept(last)) return last;
    } catch (error) {
      last = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url}: ${last}`);
}

describe("the metrics", () => {
  test.each([
    ["clean", makeReport(106)],
    ["failed", makeReport(107, false)],
    ["without a record", { ...makeReport(106), record: undefined } as unknown as Report],
  ])("of a report that is %s are accepted by promtool", (_, report) => {
    const file = join(folder, "exitrd.prom");
    writeFileSync(file, renderMetrics(report) + renderFindings(FINDINGS, 1_764_000_000_000));
    const checked = runCommand("sh", "-c", `"${bin}/promtool" check metrics <"${file}" 2>&1`);
    expect(checked.stdout).toBe("");
    expect(checked.status).toBe(0);
  });

  test("with a wrong type would be rejected by promtool", () => {
    const file = join(folder, "wrong.prom");
    writeFileSync(file, renderMetrics(makeReport(106)).replaceAll("_total", "_unsafe"));
    const checked = runCommand("sh", "-c", `"${bin}/promtool" check metrics <"${file}" 2>&1`);
    expect(checked.status).not.toBe(0);
  });
});

test("the alerts fire for their conditions, and for no others", () => {
  const file = join(folder, "rules-test.yml");
  const series = (text: string) =>
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const at = line.lastIndexOf(" ");
        const [name = "", labels = ""] = line.slice(0, at).split(/(?<=^[a-z_]+)(?=\{)/);
        const all = labels === "" ? '{instance="m"}' : labels.replace("{", '{instance="m",');
        return { series: `${name}${all}`, values: `${line.slice(at + 1)}x150` };
      });
  const expectAlerts = (report: Report, firing: readonly string[], more = "") => ({
    interval: "1m",
    input_series: series(renderMetrics(report) + more),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: "2h",
        exp_samples: firing.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
      },
    ],
  });
  const tests = [
    expectAlerts(makeReport(106), []),
    expectAlerts(makeReport(107), ["ExitrdDriveLostPower"]),
    expectAlerts(makeReport(106, false), ["ExitrdShutdownFailed", "ExitrdShutdownUnclean"]),
    expectAlerts({ ...makeReport(106), ending: "no-exitrd" }, ["ExitrdNotUsed"]),
    expectAlerts({ ...makeReport(106), ending: "unknown" }, ["ExitrdNotUsed"]),
    // Each shutdown of a machine with Record=off ends like this.
    expectAlerts({ ...makeReport(106), ending: "unrecorded" }, []),
    expectAlerts({ ...makeReport(106), ending: "power-lost" }, ["ExitrdShutdownUnclean"]),
    expectAlerts(makeReport(106), [], "node_boot_time_seconds 1763999970\n"),
    // The clock was set ten minutes forward after the boot.
    expectAlerts(makeReport(106), [], "node_boot_time_seconds 1764000600\n"),
    expectAlerts(makeReport(106), ["ExitrdReportOld"], "node_boot_time_seconds 1764086400\n"),
    // The time of promtool's tests begins at 0.
    expectAlerts(makeReport(106), [], renderFindings(FINDINGS.slice(1), 0)),
    expectAlerts(makeReport(106), ["ExitrdCheckError"], renderFindings(FINDINGS, 0)),
    expectAlerts(makeReport(106), ["ExitrdCheckOld"], renderFindings([], -4 * 86_400_000)),
  ];
  writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: "1m", tests }));
  expect(runCommand(join(bin, "promtool"), "check", "rules", rules).status).toBe(0);
  const tested = runCommand(join(bin, "promtool"), "test", "rules", file);
  expect(`${tested.stdout}${tested.stderr}`).not.toContain("FAILED");
  expect(tested.status).toBe(0);
});

test("node_exporter and Prometheus read them, and the dashboard's queries find them", async () => {
  const texts = join(folder, "texts");
  mkdirSync(texts);
  writeFileSync(join(texts, "exitrd.prom"), renderMetrics(makeReport(107)));
  const checked = renderFindings(FINDINGS, 1_764_000_000_000);
  writeFileSync(join(texts, "exitrd-check.prom"), checked);
  const exporter = await findPort();
  start("prometheus-node-exporter", [
    ...[`--web.listen-address=127.0.0.1:${exporter}`, "--collector.disable-defaults"],
    ...["--collector.textfile", `--collector.textfile.directory=${texts}`],
  ]);
  const page = await ask(`http://127.0.0.1:${exporter}/metrics`, (text) =>
    text.includes("exitrd_shutdown_info"),
  );
  expect(page).toContain("node_textfile_scrape_error 0");
  const config = join(folder, "prometheus.yml");
  const targets = [{ targets: [`127.0.0.1:${exporter}`] }];
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [rules],
      scrape_configs: [{ job_name: "node", static_configs: targets }],
    }),
  );
  const port = await findPort();
  start("prometheus", [
    ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "tsdb")}`],
    ...[`--web.listen-address=127.0.0.1:${port}`],
  ]);
  const api = `http://127.0.0.1:${port}/api/v1`;
  const query = (expression: string) => `${api}/query?query=${encodeURIComponent(expression)}`;
  const hasResult = (text: string): boolean => {
    const { status, data } = JSON.parse(text);
    return status === "success" && data.result.length > 0;
  };
  await ask(query("exitrd_shutdown_info"), hasResult);
  await ask(`${api}/alerts`, (text) => text.includes("ExitrdDriveLostPower"));
  const { panels } = JSON.parse(readFileSync(dashboard, "utf8"));
  for (const { title, targets } of panels) {
    for (const { expr } of targets) {
      const text = await (await fetch(query(expr))).text();
      expect([title, hasResult(text)]).toEqual([title, true]);
    }
  }
});
