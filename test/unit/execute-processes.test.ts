import { expect, test } from "vitest";
import {
  endStorageDaemons,
  finishKilling,
  killingLeftovers,
  type Leftovers,
} from "../../src/execute/processes/kill-leftovers.ts";
import { nameProcess } from "../../src/execute/processes/list-processes.ts";
import { thawProcesses } from "../../src/execute/processes/thaw.ts";
import { runAll } from "../../src/observe/run-task.ts";
import { FakeMachine, type FakeServer } from "../fake/fake-machine.ts";
import { FakeTasks, Hang, Slow } from "../fake/fake-tasks.ts";
import { runTakeDown } from "../fake/run-take-down.ts";
import { lvmOnLuks, mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

function makeMachine(...servers: readonly Partial<FakeServer>[]): FakeMachine {
  const usual = { command: "server", dev: "0:1" };
  return new FakeMachine({
    mounts: [],
    servers: servers.map((server, index) => ({ pid: 800 + index, ...usual, ...server })),
  });
}

/** Kills the processes of a machine, whose PID 1 has the children `own`. */
function killIn(machine: FakeMachine, own: readonly number[] = []): Leftovers {
  const tasks = new FakeTasks();
  tasks.own = own;
  const { clock } = tasks;
  const ports = { reader: machine, kernel: machine, tasks, clock, onTick() {} };
  const [first] = runAll([killingLeftovers(ports)], 30_000, ports);
  if (first === undefined) throw new Error("one action, no outcome");
  return finishKilling(first, 60_000, ports);
}

/** The signals that were sent to single processes. */
function listSignals(machine: FakeMachine): readonly string[] {
  return machine.calls.filter((call) => call.startsWith("kill ") && !call.startsWith("kill -1"));
}

const user = { uid: 4243 };

test("on a machine where reading /proc is slow, a daemon that hangs is killed in time", () => {
  const machine = new FakeMachine({
    mounts: [],
    servers: [{ pid: 812, command: "hung", dev: "0:1" }],
  });
  machine.ignored.add("kill 812 SIGTERM");
  let now = 0;
  let killedAt = Number.POSITIVE_INFINITY;
  machine.readDir = (path) => {
    if (path === "/proc") now += 100;
    return FakeMachine.prototype.readDir.call(machine, path);
  };
  machine.beforeCall = (call) => {
    if (call === "kill -1 SIGKILL") killedAt = now;
  };
  const clock = { now: () => now };
  const tasks = new FakeTasks();
  endStorageDaemons(60_000, { reader: machine, kernel: machine, tasks, clock, onTick() {} });
  expect(killedAt).toBeLessThan(3_000);
});

test("other children of PID 1 are not killed", () => {
  const machine = new FakeMachine({ mounts: [] });
  const processes: Readonly<Record<string, string>> = {
    1: "1 (shutdown) S 0 1 1 0 -1 0 0 0",
    70: "70 (shutdown) R 1 1 1 0 -1 0 0 0",
    // They have its parent and its name.
    71: "71 (shutdown) S 1 1 1 0 -1 0 0 0",
    73: "73 (cron) S 1 1 1 0 -1 0 0 0",
    74: "74 (kworker) S 2 0 0 0 -1 2097152 0 0",
  };
  const killed = new Set<string>();
  machine.readDir = () => ["self", ...Object.keys(processes)].filter((pid) => !killed.has(pid));
  machine.readText = (path) => {
    const stat = /^\/proc\/([0-9]+)\/stat$/.exec(path)?.[1] ?? "";
    return processes[stat] ?? "";
  };
  machine.beforeCall = (call) => {
    const [, pid = "", signal] = call.split(" ");
    if (signal === "SIGKILL") killed.add(pid);
  };
  killIn(machine, [70]);
  expect(listSignals(machine)).toEqual(["kill 71 SIGKILL", "kill 73 SIGKILL", "kill 70 SIGCONT"]);
});

test("processes that a fork bomb adds while it is listed are killed, too", () => {
  const machine = new FakeMachine({ mounts: [] });
  const living = new Set([100]);
  let isStopped = false;
  machine.readDir = () => [...living].map(String);
  machine.readText = (path) => {
    const pid = Number(path.split("/")[2]);
    return living.has(pid) ? `${pid} (bomb) R 1 1 1 0 -1 0 0 0` : "";
  };
  machine.beforeCall = (call) => {
    const [, pid, signal] = call.split(" ");
    if (call === "kill -1 SIGSTOP") isStopped = true;
    if (signal === "SIGKILL") living.delete(Number(pid));
    // Processes that still run fork until there are four again.
    while (!isStopped && living.size < 4) living.add(200 + machine.calls.length + living.size);
  };
  killIn(machine);
  expect([...living]).toEqual([]);
});

test("a process that exits before its entry is read is stopped first, then killed", () => {
  const machine = new FakeMachine({ mounts: [] });
  let pid = 100;
  let isStopped = false;
  let isKilled = false;
  machine.readDir = () => (isKilled ? [] : [String(pid)]);
  machine.readText = (path) => {
    // Its child has replaced it.
    if (!isStopped) pid += 1;
    return path === `/proc/${pid}/stat` ? `${pid} (hopper) R 1 1 1 0 -1 0 0 0` : "";
  };
  machine.beforeCall = (call) => {
    if (call === "kill -1 SIGSTOP") isStopped = true;
    if (call === `kill ${pid} SIGKILL`) isKilled = true;
  };
  killIn(machine);
  expect(isKilled).toBe(true);
});

test("a storage daemon is never stopped: NBD_DO_IT would close its socket", () => {
  const machine = makeMachine({}, { command: "sleep", ...user });
  expect(killIn(machine)).toEqual({ alive: [], mayServeStorage: true });
  expect(machine.calls.filter((call) => call.endsWith("SIGSTOP"))).toEqual([]);
  expect(listSignals(machine).filter((call) => !call.endsWith("SIGCONT"))).toEqual([
    "kill 801 SIGKILL",
  ]);
});

test("storage daemons get SIGTERM, then everything is killed", () => {
  const machine = makeMachine({ pid: 812 });
  const tasks = new FakeTasks();
  const { clock } = tasks;
  endStorageDaemons(60_000, { reader: machine, kernel: machine, tasks, clock, onTick() {} });
  // In one kill(2): a process that forks and exits all the time is in no list.
  expect(machine.calls).toEqual(["kill 812 SIGTERM", "kill -1 SIGKILL"]);
});

test("a process that changes its name after SIGTERM is still recognized", () => {
  const machine = makeMachine({ pid: 812 });
  machine.ignored.add("kill 812 SIGTERM");
  machine.beforeCall = (call) => {
    if (call.endsWith("SIGTERM")) machine.servers = [{ pid: 812, command: "gone", dev: "0:1" }];
  };
  const tasks = new FakeTasks();
  const { clock } = tasks;
  endStorageDaemons(60_000, { reader: machine, kernel: machine, tasks, clock, onTick() {} });
  expect(machine.servers).toEqual([]);
});

test.each([
  ["an argv with the mark", { cmdline: "@mine\0" }],
  ["the name mdmon", { command: "mdmon", cmdline: "@mdmon\0md127\0" }],
])("a user's process is not spared for %s", (_, process) => {
  const machine = makeMachine({ ...process, ...user });
  killIn(machine);
  expect(machine.servers).toEqual([]);
});

test("a process of root is not spared for the name of mdmon alone", () => {
  const machine = makeMachine({ command: "mdmon", cmdline: "sleep\0" });
  killIn(machine);
  expect(machine.servers).toEqual([]);
});

test.each([
  ["a user's", "user", 4243, {}, 0],
  ["root's", "user", 0, {}, 1],
  ["root's, before Linux 5.7,", "trusted", 0, {}, 1],
  // A service with User= and SurviveFinalKillSignal=.
  ["root's, with a process of a user,", "user", 0, user, 1],
  ["a user's, with a process of a user,", "user", 4243, user, 0],
])("the mark of %s control group spares: %s %d", (_, space, uid, owner, spared) => {
  const machine = makeMachine({ cmdline: "sleep\0", ...owner });
  const { readText, stat } = machine;
  machine.readText = (path) =>
    path === "/proc/800/cgroup" ? "0::/user.slice/x\n" : readText.call(machine, path);
  machine.readAttribute = (_, name) => {
    if (name !== `${space}.survive_final_kill_signal`) throw sysError("getxattr", "ENODATA");
    return "1";
  };
  machine.stat = (path) =>
    path === "/sys/fs/cgroup/user.slice/x"
      ? { dev: "0:20", rdev: "0:0", mountId: 3, uid, isBlock: false, isProgram: false }
      : stat.call(machine, path);
  killIn(machine);
  expect(machine.servers).toHaveLength(spared);
});

test("nothing that may block is read of a user's process", () => {
  const machine = makeMachine(user, { command: "sleep", ...user });
  const { readText } = machine;
  machine.readText = (path) => {
    if (path === "/proc/800/cmdline") throw new Hang();
    return readText.call(machine, path);
  };
  expect(killIn(machine)).toEqual({ alive: [], mayServeStorage: false });
  expect(machine.servers).toEqual([]);
});

test("a process of root that cannot be examined is killed, and the others are still examined", () => {
  const machine = makeMachine({ command: "stuck" }, {}, { command: "sleep", ...user });
  const { readText } = machine;
  machine.readText = (path) => {
    if (path === "/proc/800/cmdline") throw new Hang();
    return readText.call(machine, path);
  };
  expect(killIn(machine)).toEqual({ alive: [], mayServeStorage: true });
  expect(machine.servers.map(({ pid }) => pid)).toEqual([801]);
  // The user's process was killed before any other was examined.
  expect(listSignals(machine)[0]).toBe("kill 802 SIGKILL");
});

/** Root's processes that fault on a hung disk: each holds the lock of its own memory map. */
function addStuck(machine: FakeMachine, count: number, state: string): readonly string[] {
  const pids = Array.from({ length: count }, (_, index) => 900 + index);
  machine.servers.push(...pids.map((pid) => ({ pid, command: "backup", dev: "0:99" })));
  const readText = machine.readText.bind(machine);
  machine.readText = (path) => {
    if (/^\/proc\/9[0-9]{2}\/cmdline$/.test(path)) throw new Hang();
    const text = readText(path);
    return /^\/proc\/9[0-9]{2}\/stat$/.test(path) ? text.replace(") S", `) ${state}`) : text;
  };
  return pids.map((pid) => `kill ${pid} SIGKILL`);
}

test.each([
  [1, 1_500],
  [5, 1_500],
  [40, 4_000],
])("%d processes of root that cannot be examined are killed within %d ms", (count, limitMs) => {
  const machine = lvmOnLuks();
  const kills = addStuck(machine, count, "D");
  // A storage daemon after them in /proc.
  machine.servers.push({ pid: 1950, command: "daemon", dev: "0:1" });
  const { outcomes, left } = runTakeDown(machine);
  const before = machine.calls.slice(0, machine.calls.indexOf("syncfs /oldroot"));
  expect(before).toEqual(expect.arrayContaining([...kills]));
  expect(before).not.toContain("kill 1950 SIGKILL");
  expect(left).toEqual([]);
  expect(outcomes[0]?.startMs).toBeLessThan(limitMs);
});

test("a process that waits for no device has more time to show its argv, which may be swapped out", () => {
  const machine = makeMachine({});
  addStuck(machine, 2, "S");
  const { readText } = machine;
  let tries = 0;
  machine.readText = (path) => {
    if (path !== "/proc/900/cmdline") return readText.call(machine, path);
    tries += 1;
    // The child that asks first is abandoned; another one sees the page two seconds later.
    if (tries === 1) throw new Hang();
    if (tries === 2) throw new Slow(2_000);
    return "@backup\0";
  };
  killIn(machine);
  expect(machine.servers.map(({ pid }) => pid)).toEqual([800, 900]);
});

/** Kills on a machine where sleeping takes time, and returns how much. */
function killSlowly(machine: FakeMachine, onSleep: (sleptMs: number) => void = () => {}) {
  let now = 0;
  machine.sleep = (ms) => {
    now += ms;
    onSleep(now);
  };
  const tasks = new FakeTasks();
  const ports = { reader: machine, kernel: machine, tasks, clock: { now: () => now }, onTick() {} };
  const sent: string[] = [];
  const output = killingLeftovers(ports).action((part) => sent.push(part));
  return { tookMs: now, output, sent };
}

test.each([
  ["its only thread", "800 (dd) D 1 1 1 0 -1 0 0 0", []],
  [
    "another thread than the first",
    "800 (dd) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 2",
    ["800", "801"],
  ],
])(
  "a killed process that waits for a device in %s delays the rest by 0.8 s",
  (_, stat, threads) => {
    const machine = makeMachine(user);
    machine.ignored.add("kill 800 SIGKILL");
    const { readText, readDir } = machine;
    machine.readDir = (path) => (path === "/proc/800/task" ? threads : readDir.call(machine, path));
    machine.readText = (path) => {
      if (path === "/proc/800/stat") return stat;
      if (path === "/proc/800/task/801/stat") return "801 (dd) D 1 1 1 0 -1 0 0 0";
      return readText.call(machine, path);
    };
    const { tookMs, output, sent } = killSlowly(machine);
    expect(tookMs).toBeLessThanOrEqual(820);
    expect(output).toContain('"pid":800');
    // So the child is not taken for one that is stuck.
    expect(sent.filter((part) => part === "{}\n").length).toBeGreaterThan(5);
  },
);

test("a killed process that waits for a device only now and then is waited for", () => {
  const machine = makeMachine(user);
  machine.ignored.add("kill 800 SIGKILL");
  let now = 0;
  const { readText } = machine;
  machine.readText = (path) =>
    path === "/proc/800/stat"
      ? `800 (dd) ${now % 400 < 300 ? "D" : "R"} 1 1 1 0 -1 0 0 0`
      : readText.call(machine, path);
  const { tookMs } = killSlowly(machine, (ms) => {
    now = ms;
    if (ms >= 2_000) machine.servers = [];
  });
  expect(tookMs).toBe(2_000);
});

test("if no child finishes, the known processes are reported, and the storage daemons are continued", () => {
  const machine = makeMachine({}, { command: "a\u001b[31mRED\nx", ...user });
  machine.sleep = () => {
    throw new Hang();
  };
  machine.ignored.add("kill 801 SIGKILL");
  const { alive, mayServeStorage } = killIn(machine);
  expect(alive.map(nameProcess)).toEqual(["'a\\x1b[31mRED\\nx' (801)"]);
  expect(mayServeStorage).toBe(true);
  expect(machine.calls.at(-1)).toBe("kill -1 SIGCONT");
});

/** A deadlocked FUSE of a user, and a daemon that serves another one. */
function makeStuckMachine(fdinfo: string | undefined): FakeMachine {
  const machine = makeMachine({}, { ...user, command: "stuck", connection: "41" });
  machine.mounts = [
    mount(10, 0, "0:40", "/oldroot", "fuse.root", "root"),
    mount(11, 10, "0:43", "/oldroot/shared", "virtiofs", "shared"),
  ];
  for (const connection of ["40", "41", "42", "43"]) machine.connections.add(connection);
  machine.userConnections.add("41");
  const { readText } = machine;
  machine.readText = (path) => {
    if (path === "/proc/800/fdinfo/3") return fdinfo ?? "pos:\t0\n";
    const text = readText.call(machine, path);
    return path === "/proc/self/mountinfo"
      ? text.replace("root rw\n", "root rw,user_id=0\n")
      : text;
  };
  return machine;
}

test.each([
  ["is known", "pos:\t0\nfuse_connection:\t40\n"],
  ["may be any of root's", undefined],
])("a deadlocked FUSE is aborted, one of a storage daemon, which %s, is not", (_, fdinfo) => {
  const machine = makeStuckMachine(fdinfo);
  const { alive } = killIn(machine);
  expect([...machine.connections]).toEqual(["40", "43"]);
  expect(alive).toEqual([]);
  expect(machine.calls).toContain("mount fusectl");
});

test("a user's deadlocked FUSE is aborted before any table of mounts is read", () => {
  const machine = makeStuckMachine(undefined);
  const { readText } = machine;
  machine.readText = (path) => {
    if (path === "/proc/801/mountinfo") throw new Hang();
    if (path.endsWith("/mountinfo") && machine.connections.has("42")) machine.calls.push("table");
    return readText.call(machine, path);
  };
  killIn(machine);
  const looks = machine.calls.slice(machine.calls.indexOf("mount fusectl"));
  expect(looks.indexOf("fuse-abort 41")).toBeLessThan(looks.indexOf("table"));
  expect([...machine.connections]).toEqual(["40", "43"]);
});

test("if all processes have exited, no FUSE connection is aborted", () => {
  const machine = makeStuckMachine(undefined);
  machine.connections.delete("41");
  killIn(machine);
  expect([...machine.connections]).toEqual(["40", "42", "43"]);
});

test("shared memory is removed once its users are killed", () => {
  const machine = makeMachine(user);
  machine.sharedMemory = [3, 98304];
  killIn(machine);
  expect(machine.sharedMemory).toEqual([]);
  expect(machine.calls.indexOf("shm-remove 3")).toBeGreaterThan(
    machine.calls.indexOf("kill 800 SIGKILL"),
  );
});

test("control groups of a version 1 freezer are thawed from the top down, so that their processes can be killed", () => {
  const machine = new FakeMachine({ mounts: [] });
  const states: Record<string, string> = { a: "FROZEN", "a/b": "FROZEN", c: "THAWED" };
  machine.readText = (path) => {
    if (path === "/proc/self/mountinfo") {
      return "30 1 0:27 / /ice rw - cgroup freezer rw,freezer\n31 1 0:28 / /cpu rw - cgroup cpu rw,cpu\n";
    }
    if (path === "/proc/self/cgroup") return "3:freezer:/\n0::/\n";
    const state = states[/^\/ice\/(.*)\/freezer\.state$/.exec(path)?.[1] ?? ""];
    if (state === undefined) throw sysError("open", "ENOENT");
    return `${state}\n`;
  };
  machine.readDir = (path) =>
    ({ "/ice": ["a", "c", "tasks"], "/ice/a": ["b", "freezer.state"] })[path] ?? [];
  thawProcesses({ reader: machine, kernel: machine });
  expect(machine.calls).toEqual([
    "write /ice/a/freezer.state THAWED",
    "write /ice/a/b/freezer.state THAWED",
  ]);
});

test("plymouthd is killed with the others, although it calls itself a storage daemon", () => {
  const machine = makeMachine({ command: "plymouthd" }, { command: "plymouthd-fd-es" }, {});
  killIn(machine);
  expect(machine.servers.map(({ pid }) => pid)).toEqual([802]);
});
