import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";
import { OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { openRun } from "./fake-run.ts";
import { compileFilter, readSetting, restrictAs } from "./restricted.ts";

const folder = "integration/systemd";
const initrd = "integration/initrd/exitrd-initrd.service";
const [load, early, report, check] = ["load", "early", "report", "check"].map(
  (name) => `${folder}/exitrd-${name}.service`,
) as [string, string, string, string];
const services = [
  initrd,
  ...readdirSync(join(projectRoot, folder))
    .filter((name) => name.endsWith(".service"))
    .map((name) => `${folder}/${name}`),
];

const dir = mkdtempSync(join(cacheDir("test-native"), "units-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const openssl = new OpenSsl();
afterAll(() => openssl.close());
const filter = join(dir, "allow-calls");
let programs: Programs;

beforeAll(async () => {
  programs = await buildPrograms();
  compileFilter(filter);
});

/** A root with all units, the targets that they need, and something to execute. */
function makeRoot(name = "root"): string {
  const root = join(dir, name);
  const units = join(root, "usr/lib/systemd/system");
  mkdirSync(units, { recursive: true });
  for (const path of ["usr/bin/exitrd", "bin/mount"]) {
    cpSync("/bin/true", join(root, path), { recursive: true });
  }
  const host = "/lib/systemd/system";
  for (const name of readdirSync(host).filter((file) => file.endsWith(".target"))) {
    cpSync(join(host, name), join(units, name), { dereference: true });
  }
  for (const unit of services) copyFileSync(join(projectRoot, unit), join(units, basename(unit)));
  return root;
}

test("a state directory on the network, which is mounted after sysinit.target, closes no cycle", () => {
  const root = makeRoot("network");
  const units = join(root, "usr/lib/systemd/system");
  const wants = (target: string, unit: string): void => {
    mkdirSync(join(units, `${target}.wants`), { recursive: true });
    symlinkSync(`../${unit}`, join(units, `${target}.wants`, unit));
  };
  const online = "Wants=network-online.target\nAfter=network-online.target remote-fs-pre.target\n";
  const mount = "[Mount]\nWhat=server:/x\nWhere=/var/lib/exitrd\nType=nfs\n";
  writeFileSync(
    join(units, "var-lib-exitrd.mount"),
    `[Unit]\n${online}Before=remote-fs.target\n${mount}`,
  );
  // As NetworkManager-wait-online.service: with default dependencies.
  writeFileSync(
    join(units, "online.service"),
    "[Unit]\nBefore=network-online.target\n[Service]\nType=oneshot\nExecStart=/bin/mount\n",
  );
  wants("sysinit.target", "exitrd-load.service");
  wants("remote-fs.target", "var-lib-exitrd.mount");
  wants("network-online.target", "online.service");
  wants("multi-user.target", "remote-fs.target");
  // With --root, systemd looks for no cycles.
  const path = `SYSTEMD_UNIT_PATH=${units}`;
  const options = ["systemd-analyze", "verify", "--man=no", "multi-user.target"];
  const { stdout, stderr } = runProgram("env", [path, ...options]);
  expect(`${stdout}${stderr}`).not.toMatch(/cycle/);
});

describe.each(services)("%s", (unit) => {
  test("has an exposure level of at most 4.0", () => {
    const options = ["security", "--no-pager", "--offline=yes", "--threshold=40"];
    const ended = runProgram("systemd-analyze", [...options, join(projectRoot, unit)]);
    expect(ended, ended.stdout).toMatchObject({ status: 0 });
  });

  test("has nothing that systemd complains about", () => {
    const options = ["verify", "--man=no", `--root=${makeRoot()}`];
    const ended = runProgram("systemd-analyze", [...options, basename(unit)]);
    expect(ended).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("names no device that a machine may lack, of which systemd would warn each time", () => {
    const paths = readSetting(unit, "DeviceAllow").filter((value) => value.startsWith("/dev/"));
    // By number.
    expect(paths.filter((path) => !/^\/dev\/(?:char|block)\/\d+:\d+ /.test(path))).toEqual([]);
  });

  // These mount for the machine, or read what is mounted there.
  test("has no setting that creates a mount namespace", () => {
    const keys =
      /^(Private(Tmp|Devices|Mounts|Network|IPC|Users|PIDs)|Protect(System|Home|Proc|Kernel\w+|ControlGroups)|ProcSubset|(Read|No|Exec|Inaccessible|Bind|Temporary)\w*(Paths|FileSystem)|Root\w+|Mount\w+|DynamicUser)=/m;
    expect(execFileSync("cat", [join(projectRoot, unit)]).toString()).not.toMatch(keys);
  });
});

function overlay(path: string): string {
  const name = path.replaceAll("/", "-").slice(1);
  return `mkdir -p /run/${name}/u /run/${name}/w && mount -t overlay -o lowerdir=${path},upperdir=/run/${name}/u,workdir=/run/${name}/w ${name} ${path}`;
}

/** A machine that trusts the image and the extension that it has. */
async function openMachine() {
  const { cert, key } = openssl.identity("Vendor", { key: "rsa:2048", extensions: [] });
  const image = join(dir, "exitrd.img");
  const build = ["build", "--shutdown", programs.shutdown, "--output", image];
  expect(runProgram(programs.exitrd, build)).toMatchObject({ status: 0 });
  const tree = join(dir, "demo");
  const release = join(tree, "usr/lib/extension-release.d");
  mkdirSync(release, { recursive: true });
  writeFileSync(
    join(release, "extension-release.demo"),
    "ID=exitrd\nSYSEXT_LEVEL=1\nSYSEXT_SCOPE=initrd\n",
  );
  execFileSync("mksquashfs", [tree, `${tree}.raw`, "-quiet", "-no-progress", "-noappend"]);
  for (const file of [image, `${tree}.raw`]) {
    const ended = runProgram(programs.exitrd, ["sign", "--key", key, "--cert", cert, file]);
    expect(ended).toMatchObject({ status: 0 });
  }
  const extensions = "/etc/exitrd/extensions";
  const folders = `mkdir -p ${extensions} /etc/exitrd/trusted.d /usr/lib/exitrd`;
  const parts = [...["/etc", "/usr/lib", "/var"].map(overlay), folders];
  const machine = await openRun("mode=0755", parts.join(" && "));
  onTestFinished(() => machine.close());
  const copy = (from: string, to: string) =>
    copyFileSync(from, machine.path(`${to}/${basename(from)}`));
  copyFileSync(cert, machine.path("/etc/exitrd/trusted.d/vendor.pem"));
  for (const end of ["", ".p7s"]) copy(`${image}${end}`, "/usr/lib/exitrd");
  for (const end of ["", ".p7s"]) copy(`${tree}.raw${end}`, extensions);
  const runAs = (unit: string, program: string, ...args: readonly string[]) => {
    const [first = "", ...rest] = restrictAs(unit, filter);
    return machine.run(first, ...rest, program, ...args);
  };
  return { ...machine, runAs };
}

describe("with no other capabilities and system calls than the unit allows", () => {
  test("another system call kills, and another capability is missing", async () => {
    const { runAs } = await openMachine();
    expect(runAs(load, "chown", "0:0", "/run").status).toBeNull();
    expect(runAs(load, "true").status).toBe(0);
    const { stdout } = runAs(check, "grep", "CapEff", "/proc/self/status");
    // CAP_SYS_ADMIN, _PTRACE, _RAWIO, CAP_NET_ADMIN, CAP_DAC_READ_SEARCH and _OVERRIDE
    expect(stdout).toBe("CapEff:\t00000000002a1006\n");
  });

  test.each([load, initrd])("%s loads a signed image with an extension", async (unit) => {
    const { runAs } = await openMachine();
    const ended = runAs(unit, programs.exitrd, "load");
    expect(ended.stderr).toMatch(/loaded sysext demo of .*\n.*loaded '.*' into '\/run\/initramfs'/);
    expect(ended.status).toBe(0);
  });

  test("exitrd-early.service mounts the program", async () => {
    const { runAs, run } = await openMachine();
    runAs(load, programs.exitrd, "load");
    const [command = ""] = readSetting(early, "ExecStart");
    const [program = "", ...args] = command.split(" ");
    expect(runAs(early, program, ...args)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(run("cmp", args.at(-2) ?? "", args.at(-1) ?? "").status).toBe(0);
  });

  test("exitrd-report.service reports the last boot, and looks for a place", async () => {
    const { runAs, run, path } = await openMachine();
    const begin = () => runAs(report, programs.exitrd, "record", "--begin", "--json");
    expect(begin().status).toBe(0);
    run("sed", "-i", 's/"bootId": *"......../"bootId":"00000000/', "/var/lib/exitrd/boot.json");
    expect(JSON.parse(begin().stdout).result.ending).not.toBeNull();
    expect(readdirSync(path("/var/lib/exitrd/reports"))).toHaveLength(1);
    expect(runAs(report, programs.exitrd, "record", "--end").status).toBe(0);
    for (const program of [
      ["journalctl", "--quiet", "--boot=-1", "--lines=1"],
      ["systemctl", "start", "a"],
    ]) {
      const [name = "", ...args] = program;
      expect(runAs(report, name, ...args)).toEqual(run(name, ...args));
    }
  });

  test.each(["check", "plan"])(
    "exitrd-check.service: '%s' finds the same as without",
    async (name) => {
      const { runAs, run } = await openMachine();
      runAs(load, programs.exitrd, "load");
      const read = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout).result;
      const found = read(runAs(check, programs.exitrd, name, "--json"));
      expect(found).toEqual(read(run(programs.exitrd, name, "--json")));
    },
  );
});
