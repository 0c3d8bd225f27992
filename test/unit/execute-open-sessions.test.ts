import { expect, test } from "vitest";
import { FakeMachine } from "../fake/fake-machine.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { API, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

const HEAD = "NV SERVER   PORT USE HOSTNAME\n";
const NAS = "v4 0a000201  801   2 nas.example\n";
const SERVERS = "/proc/fs/nfsfs/servers";
const CONNECTIONS = "/sys/kernel/sunrpc/rpc-clients";

/** A machine with root on NFS, and a counter of queries to its kernel. */
function nfsRoot(servers: (asked: number) => string, connections: (asked: number) => string[]) {
  const root = mount(10, 1, "0:40", "/oldroot", "nfs4", "nas.example:/srv");
  const machine = new FakeMachine({ mounts: [root, ...API] });
  const readText = machine.readText.bind(machine);
  const readDir = machine.readDir.bind(machine);
  const asked = { servers: 0, connections: 0 };
  machine.readText = (path) => {
    if (path !== SERVERS) return readText(path);
    asked.servers += 1;
    return HEAD + servers(asked.servers);
  };
  machine.readDir = (path) => {
    if (path !== CONNECTIONS) return readDir(path);
    asked.connections += 1;
    return connections(asked.connections);
  };
  return { machine, asked };
}

test("the verb waits until the session is closed, and its connection is gone", () => {
  const { machine, asked } = nfsRoot(
    (times) => (times < 5 ? NAS : ""),
    (times) => (times < 4 ? ["0"] : []),
  );
  expect(runTakeDown(machine).left).toEqual([]);
  expect(asked.servers).toBeGreaterThan(5);
  expect(asked.connections).toBe(4);
});

test("a server that does not acknowledge is reported after 2 s", () => {
  const { machine } = nfsRoot(
    () => NAS,
    () => [],
  );
  const { left, lines, tasks } = runTakeDown(machine);
  expect(left).toEqual(["NFS server nas.example"]);
  expect(lines).toContain(
    "exitrd: cannot close the session with NFS server 'nas.example', ignoring",
  );
  expect(tasks.clock.now()).toBeLessThan(2_500);
});

test("shortly before the deadline there is no wait", () => {
  const { machine } = nfsRoot(
    () => NAS,
    () => [],
  );
  const { left, tasks } = runTakeDown(machine, 1_000);
  expect(left).toEqual(["NFS server nas.example"]);
  expect(tasks.clock.now()).toBeLessThan(1_000);
});

test("connections of a server on this machine cost 2 s and nothing else", () => {
  const { machine } = nfsRoot(
    () => "",
    () => ["0", "1"],
  );
  const { left, tasks } = runTakeDown(machine);
  expect(left).toEqual([]);
  expect(tasks.clock.now()).toBeLessThan(2_500);
});

test("with a mount that is left, and without NFS mounts, the kernel is not queried", () => {
  const { machine, asked } = nfsRoot(
    () => NAS,
    () => ["0"],
  );
  machine.beforeCall = (call) => {
    if (call.startsWith("umount")) throw sysError("umount2", "EBUSY");
  };
  expect(runTakeDown(machine).left).toEqual(["/oldroot"]);
  machine.mounts = machine.mounts.filter(({ fsType }) => fsType !== "nfs4");
  machine.beforeCall = () => {};
  expect(runTakeDown(machine).left).toEqual([]);
  expect(asked).toEqual({ servers: 0, connections: 0 });
});

test("a kernel without these lists causes no wait", () => {
  const root = mount(10, 1, "0:40", "/oldroot", "nfs", "nas:/srv");
  const { left, tasks } = runTakeDown(new FakeMachine({ mounts: [root, ...API] }));
  expect(left).toEqual([]);
  expect(tasks.clock.now()).toBeLessThan(500);
});
