import { expect, test } from "vitest";
import { findHolders } from "../../src/execute/left/holders.ts";
import type { FileStatus } from "../../src/port/teardown.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { failOn, runTakeDown } from "../fake/run-take-down.ts";
import { API, disk, luks } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

/** A machine with one process, 812, whose links `files` describes. */
class WithProcess extends FakeMachine {
  files = new Map<string, Partial<FileStatus>>();
  mountinfo = "";
  parent = 7;
  ownName = "shutdown";

  override readDir(path: string): readonly string[] {
    if (path === "/proc") return ["1", "812", "self"];
    if (path === "/proc/812/fd") return ["3"];
    return super.readDir(path);
  }

  override stat(path: string): FileStatus {
    const file = this.files.get(path);
    if (file === undefined) return super.stat(path);
    return {
      dev: "0:1",
      rdev: "0:0",
      mountId: 1,
      uid: 0,
      isBlock: false,
      isProgram: false,
      ...file,
    };
  }

  /** Each process has a mount namespace of its own. */
  override readLink(path: string): string {
    return path;
  }

  override readText(path: string): string {
    // A zombie, so that nobody waits for it to exit.
    if (path === "/proc/812/stat") {
      return `812 (stuck) Z ${this.parent} 812 812 0 -1 4194560 1 0 0 0 0 0 0\n`;
    }
    if (path === "/proc/1/stat") return `1 (${this.ownName}) S 0 1 1 0 -1 4194560 1 0 0 0 0 0 0\n`;
    if (path === "/proc/812/mountinfo") return this.mountinfo;
    return super.readText(path);
  }
}

function makeMachine(): WithProcess {
  return new WithProcess({ mounts: API, devices: [disk, luks] });
}

function portsOf(machine: WithProcess, own: readonly number[] = []) {
  return { reader: machine, tasks: { listOwn: () => own } };
}

test("a process with an open block device is a holder, one with a character device of the same number is not", () => {
  const machine = makeMachine();
  machine.files.set("/proc/812/fd/3", { rdev: "253:0", isBlock: true });
  expect(findHolders({ dev: "253:0" }, portsOf(machine))).toMatchObject([
    { pid: 812, command: "stuck", by: "fd" },
  ]);
  machine.files.set("/proc/812/fd/3", { rdev: "253:0", isBlock: false });
  expect(findHolders({ dev: "253:0" }, portsOf(machine))).toEqual([]);
});

test("an abandoned child of PID 1 is not a holder", () => {
  const machine = makeMachine();
  machine.files.set("/proc/812/fd/3", { rdev: "253:0", isBlock: true });
  expect(findHolders({ dev: "253:0" }, portsOf(machine, [812]))).toEqual([]);
  // A child is recognized by more than its parent, name and program.
  machine.parent = 1;
  machine.ownName = "stuck";
  for (const pid of [1, 812]) machine.files.set(`/proc/${pid}/exe`, { dev: "0:30" });
  expect(findHolders({ dev: "253:0" }, portsOf(machine))).toHaveLength(1);
});

test("a process in a btrfs, whose files have a number that no mount has, is a holder", () => {
  const machine = makeMachine();
  machine.files.set("/proc/812/cwd", { dev: "0:77", mountId: 40 });
  const busy = { dev: "0:76", mountId: 40 };
  expect(findHolders(busy, portsOf(machine))).toMatchObject([{ pid: 812, by: "cwd" }]);
  expect(findHolders({ ...busy, mountId: 41 }, portsOf(machine))).toEqual([]);
  // Before Linux 5.8 no file reports its mount.
  machine.files.set("/proc/812/cwd", { dev: "0:77", mountId: 0 });
  expect(findHolders({ ...busy, mountId: 0 }, portsOf(machine))).toEqual([]);
});

test("a process with a mount in its own namespace is a holder", () => {
  const machine = makeMachine();
  machine.mountinfo = "90 80 253:0 / /mnt rw - ext4 /dev/dm-0 rw\n";
  expect(findHolders({ dev: "253:0" }, portsOf(machine))).toMatchObject([
    { pid: 812, by: "namespace", path: "/mnt" },
  ]);
});

test("a device that cannot be removed is reported with its holders", () => {
  const machine = makeMachine();
  machine.files.set("/proc/812/fd/3", { rdev: "253:0", isBlock: true });
  failOn(machine, "dm-remove 253:0", () => sysError("ioctl", "EBUSY"));
  const { lines } = runTakeDown(machine);
  expect(lines).toContain("exitrd: cannot remove 'cryptroot': held by stuck[812] (fd)");
});

test("mappings are examined last, because a process can block that", () => {
  const machine = makeMachine();
  const { readText } = machine;
  machine.readText = (path) => {
    if (path === "/proc/812/maps") return "7f-8f r--p 0 fd:00 12 /lib/libc.so\n";
    return readText.call(machine, path);
  };
  expect(findHolders({ dev: "253:0" }, portsOf(machine))).toMatchObject([{ pid: 812, by: "mmap" }]);
  machine.files.set("/proc/812/cwd", { dev: "253:0" });
  machine.readText = (path) => {
    if (path === "/proc/812/maps") throw new Hang();
    return readText.call(machine, path);
  };
  expect(findHolders({ dev: "253:0" }, portsOf(machine))).toMatchObject([{ pid: 812, by: "cwd" }]);
});
