import { describe, expect, test } from "vitest";
import { filesRules } from "../contract/files.ts";
import { type MachineWorld, machineRules } from "../contract/machine.ts";
import type { Rule } from "../contract/rule.ts";
import { tasksRules } from "../contract/tasks.ts";
import { treesRules } from "../contract/trees.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { FakeMachine } from "../fake/fake-machine.ts";
import { Crash, FakeTasks, Hang } from "../fake/fake-tasks.ts";
import { API, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

// test/native/contract.test.ts runs the same rules against the kernel.
function holdTo<World>(rules: readonly Rule<World>[], makeWorld: () => World): void {
  test.each([...rules])("$name", ({ run, expected }) => {
    expect(run(makeWorld())).toEqual(expected);
  });
}

function makeHostWorld() {
  const host = new FakeHost();
  const folder = "/run/folder";
  host.putDirectory(folder);
  host.putDevice("/dev/null");
  return {
    files: host.files,
    trees: host.trees,
    folder,
    addDirectory: (path: string, mode?: number) => host.putDirectory(path, mode),
    addFile: (path: string, text: string, mode?: number) => host.putFile(path, text, mode),
    addLink: (path: string, target: string) => host.putLink(path, target),
  };
}

function makeMachineWorld(): MachineWorld {
  const machine = new FakeMachine({ mounts: API });
  const folder = "/run/folder";
  let next = 100;
  const add = (target: string, dev: string, fsType: string, lower?: string): void => {
    next += 1;
    const parentId = machine.stat(target).mountId;
    const added = mount(next, parentId, dev, target, fsType, fsType);
    machine.mounts.push(lower === undefined ? added : { ...added, lower });
  };
  return {
    reader: machine,
    kernel: machine,
    folder,
    addTmpfs: (target) => add(target, `0:${next}`, "tmpfs"),
    addLoop: () => {
      const backingDev = machine.stat(folder).dev;
      const loop = { name: "loop0", dev: "7:0", slaves: [], kind: "loop" } as const;
      machine.devices.push({ ...loop, label: `${folder}/image`, backingDev });
      return loop.name;
    },
    addExt4: (_, target) => add(target, "7:0", "ext4"),
    addOverlay: (lower, target) => add(target, `0:${next}`, "overlay", machine.stat(lower).dev),
    openFile: (target) => {
      const { dev } = machine.stat(target);
      machine.servers.push({ pid: 500, command: "writer", dev, writes: true });
      return () => {
        machine.servers = [];
      };
    },
  };
}

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}

describe("files in memory", () => holdTo(filesRules, makeHostWorld));

describe("trees in memory", () => holdTo(treesRules, makeHostWorld));

describe("a machine in memory", () => holdTo(machineRules, makeMachineWorld));

describe("children in memory", () => {
  holdTo(tasksRules, () => ({
    tasks: new FakeTasks(),
    failCall: fail(sysError("open", "ENOENT")),
    crash: fail(new Crash()),
    hang: fail(new Hang()),
  }));
});
