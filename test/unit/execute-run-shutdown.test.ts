import { describe, expect, test } from "vitest";
import { divideDeadline, LAST_RESORT_GRACE_MS } from "../../src/execute/deadline/limits.ts";
import { READ_ONLY_MS } from "../../src/execute/end/end-machine.ts";
import { toByteString } from "../../src/text/bytes.ts";
import type { FakeMachine } from "../fake/fake-machine.ts";
import { runFakeShutdown } from "../fake/fake-shutdown.ts";
import { Hang } from "../fake/fake-tasks.ts";
import { mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

const everything = [
  // The check of the tree, beside all that follows.
  "check",
  "shell",
  "run 10-hook before-umount",
  "umount /oldroot",
  "dm-remove 253:1",
  "dm-remove 253:0",
  "run 10-hook after-umount",
  "sync",
  "notify EXIT_STATUS=3",
  "notify X_SYSTEMD_SHUTDOWN=halt",
  "run 10-hook before-verb",
  "run script halt",
  "erase",
  "disarm",
  // The fake kernel refuses all verbs.
  "reboot halt",
  "reboot halt",
];

describe("a shutdown", () => {
  test("does everything that was requested, in this order", () => {
    expect(runFakeShutdown().events).toEqual(everything);
  });

  test("skips what was not requested", () => {
    const { events } = runFakeShutdown({
      verb: "poweroff",
      settings: {},
      breakAt: undefined,
      notifySocket: undefined,
    });
    const optional = /^(shell|notify|erase|disarm)/;
    const rest = everything.filter((event) => !optional.test(event));
    expect(events).toEqual(rest.map((event) => event.replace("halt", "poweroff")));
  });

  test("keeps the watchdog of a halted machine if that is configured", () => {
    const { events } = runFakeShutdown({ settings: { wipe: true, haltWatchdog: "keep" } });
    expect(events).toEqual(everything.filter((event) => event !== "disarm"));
  });
});

describe("before the verb", () => {
  function listLast(isBusy: boolean): readonly string[] {
    const calls: string[] = [];
    runFakeShutdown({}, (call) => {
      if (/^(?:syncAll|flush |triggerSysRq|reboot)/.test(call)) calls.push(call);
      if (isBusy && call.startsWith("umount /oldroot ")) throw sysError("umount2", "EBUSY");
    });
    return calls;
  }

  const flush = "flush /dev/nvme0n1";
  // The fake kernel refuses all verbs.
  const end = ["reboot halt", "triggerSysRq u", "reboot halt"];

  test("every disk that was written to is flushed once more", () => {
    expect(listLast(false)).toEqual(["syncAll", flush, ...end]);
  });

  test("the kernel makes all file systems read-only if anything is left", () => {
    expect(listLast(true)).toEqual(["syncAll", "syncAll", flush, "triggerSysRq u", ...end]);
  });
});

describe("a dm-crypt device that is left", () => {
  function listLast(
    hasMd: boolean,
    files: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof runFakeShutdown> {
    const stay = (call: string): void => {
      const isHeld = /^(?:umount \/oldroot|flushAndControl \/dev\/md0) /.test(call);
      if (isHeld) throw sysError("umount2", "EBUSY");
    };
    const change = (machine: FakeMachine): void => {
      machine.devices = machine.devices.map((one) =>
        one.label === "cryptroot" ? { ...one, target: "crypt" } : one,
      );
      if (hasMd) machine.devices.push({ name: "md0", dev: "9:0", slaves: [], kind: "md" });
    };
    return runFakeShutdown({}, stay, [], files, change);
  }

  test("loses its key, after everything else", () => {
    const { events, lines } = listLast(false);
    const last = events.slice(events.indexOf("disarm") + 1, events.indexOf("reboot halt"));
    expect(last).toEqual(["dm-suspend 253:0", "dm-message 253:0 0 key wipe"]);
    expect(lines.at(-1)).toBe("exitrd: 'cryptroot' is left, its key wiped");
  });

  test("loses its key below a pool that is kept by choice, which is not left", () => {
    const change = (machine: FakeMachine): void => {
      const device = { name: "dm-9", dev: "253:9", slaves: ["sdz"], label: "crypttank" };
      machine.devices.push({ name: "sdz", dev: "65:144", slaves: [], kind: "disk" });
      machine.devices.push({ ...device, kind: "dm", target: "crypt" });
      machine.pools = [{ name: "tank", devices: [device.name] }];
    };
    const asked = { settings: { zfs: "leave" } } as const;
    const { events, lines } = runFakeShutdown(asked, () => {}, [], {}, change);
    expect(lines.join("\n")).toContain("keeping 'tank', as ZFS=leave says");
    expect(lines.join("\n")).toContain("nothing left; halt");
    expect(events).toContain("dm-message 253:9 0 key wipe");
  });

  test("is not the only place of keys: keyrings are cleared before memory is erased", () => {
    const keys = (type: string) => ({
      "/proc/keys": `1a I--Q--- 1 perm 3f010000 0 0 ${type} x: 9\n`,
    });
    const list = (type: string): readonly string[] => {
      const calls: string[] = [];
      const asked = { settings: { wipe: true } } as const;
      runFakeShutdown(asked, (call) => calls.push(call), [], keys(type));
      return calls.filter((call) => /^(?:clearKeyrings|release)\b/.test(call));
    };
    expect(list("user     ")).toEqual(["clearKeyrings", "release"]);
    expect(list("keyring  ")).toEqual(["release"]);
  });

  test("keeps its key if the kernel will write to an MD array in reboot(2)", () => {
    expect(listLast(true).events.join()).not.toContain("key wipe");
  });

  test("keeps its key if dm-integrity is in use, which also writes then", () => {
    const refcnt = (users: string) => ({ "/sys/module/dm_integrity/refcnt": `${users}\n` });
    expect(listLast(false, refcnt("1")).events.join()).not.toContain("key wipe");
    expect(listLast(false, refcnt("0")).events.join()).toContain("key wipe");
  });
});

describe("a machine that was up only briefly", () => {
  const uptime = (cpuinfo: string, minimumUptimeMs: number | undefined): number => {
    let waits = 0;
    runFakeShutdown(
      { minimumUptimeMs },
      (call) => {
        if (call.startsWith("wait 1000")) waits += 1;
      },
      [],
      { "/proc/uptime": "5.50 4.10\n", "/proc/cpuinfo": cpuinfo },
    );
    return waits;
  };

  test("waits as long as systemd requests", () => {
    expect(uptime("flags\t\t: fpu vme\n", 15_000) - uptime("", undefined)).toBe(9);
  });

  test("waits after erasing memory, which might have no time left otherwise", () => {
    const calls: string[] = [];
    runFakeShutdown(
      { minimumUptimeMs: 15_000, settings: { wipe: true } },
      (call) => calls.push(call),
      [],
      { "/proc/uptime": "5.50 4.10\n", "/proc/cpuinfo": "flags\t\t: fpu vme\n" },
    );
    const erased = calls.findIndex((call) => call.startsWith("shrinkSlab"));
    expect(erased).toBeGreaterThan(-1);
    const waits = calls.slice(erased).filter((call) => call.startsWith("wait 1000"));
    expect(waits.length).toBeGreaterThanOrEqual(9);
  });

  test.each(["flags\t\t: fpu hypervisor lahf_lm\n", "flags\t\t: fpu hypervisor\n"])(
    "does not wait in a virtual machine: %j",
    (flags) => {
      expect(uptime(flags, 15_000)).toBe(uptime("", undefined));
    },
  );
});

test("an unreadable reboot parameter does not block PID 1", () => {
  const hang = (call: string): void => {
    if (call.startsWith("readRebootParameter")) throw new Hang();
  };
  const { events, lines } = runFakeShutdown({ verb: "reboot", notifySocket: undefined }, hang);
  expect(events.at(-1)).toBe("reboot reboot");
  // If PID 1 itself had thrown it, it would be reported.
  expect(lines.filter((line) => line.includes("reboot parameter"))).toEqual([]);
});

describe("the alarm of the last resort does not fire", () => {
  const place = JSON.stringify({
    ...{ partition: "sda1", dev: "8:1", start: 2048, size: 8192, diskSequence: "7" },
    ...{ offset: 4096, nonce: "0".repeat(32), slot: 0, sequence: 5 },
  });
  const files = {
    "/run/exitrd/record.json": place,
    "/proc/sys/kernel/random/boot_id": "01234567-89ab-cdef-0123-456789abcdef\n",
  };
  const last =
    /^(?:syncAll|flush |notify|readText \/sys\/class\/block\/sda1\/dev|writeVariable|readRebootParameter|run )/;

  test.each([1_000, 10_000, 30_000, 90_000])(
    "although everything from the sync on hangs, with a deadline of %i ms",
    (totalMs) => {
      const hung = new Set<string>();
      const { endMs } = runFakeShutdown(
        { verb: "reboot", limits: divideDeadline(totalMs), settings: {} },
        (call) => {
          const [name] = last.exec(call) ?? [];
          if (name === undefined) return;
          hung.add(name);
          throw new Hang();
        },
        [],
        files,
      );
      expect([...hung]).toEqual(
        expect.arrayContaining([
          ...["syncAll", "flush ", "readRebootParameter", "writeVariable"],
          "readText /sys/class/block/sda1/dev",
        ]),
      );
      // What is left is made read-only before reboot(2).
      expect(endMs + READ_ONLY_MS).toBeLessThan(totalMs + LAST_RESORT_GRACE_MS);
    },
  );
});

test("data that a disk loses at the last flush is part of the record", () => {
  const kept: string[] = [];
  const { lines } = runFakeShutdown(
    {},
    (call) => {
      const [name, , bytes = "{}"] = call.split(" ");
      if (name === "writeVariable")
        kept.push(toByteString(Uint8Array.from(Object.values(JSON.parse(bytes)))));
    },
    [],
    { "/proc/sys/kernel/random/boot_id": "01234567-89ab-cdef-0123-456789abcdef\n" },
    (machine) => machine.lostPages.add("/dev/nvme0n1"),
  );
  expect(lines).toContain(
    "exitrd: cannot flush 'nvme0n1': not all of its data could be written, ignoring",
  );
  expect(kept.join()).toContain('"verdict":"failed"');
  expect(kept.join()).toMatch(/"act":"flush","name":"nvme0n1".*"isLost":true/);
});

describe("mounts beneath the root", () => {
  test("are moved before the machine is observed", () => {
    const { events, lines } = runFakeShutdown({}, () => {}, ["/lower"]);
    expect(events).toEqual(["uncover", ...everything]);
    expect(lines).toContain("exitrd: '/lower' was mounted beneath the root, moved to '/mnt'");
  });

  const withDaemon = (exe: string, isStuck = false) =>
    runFakeShutdown(
      {},
      () => {},
      ["/lower"],
      {},
      (machine) => {
        machine.servers = [{ pid: 812, command: "served", dev: "0:60", exe }];
        if (isStuck)
          for (const call of ["812 SIGTERM", "-1 SIGKILL"]) machine.ignored.add(`kill ${call}`);
      },
    );

  test("are moved while a storage daemon of the initrd runs, which does not use the old root", () => {
    const { events } = withDaemon("/usr/sbin/nbd-client");
    expect(events.indexOf("uncover")).toBeGreaterThan(-1);
    expect(events.indexOf("uncover")).toBeLessThan(events.indexOf("umount /oldroot"));
    expect(events.indexOf("umount /oldroot")).toBeLessThan(events.indexOf("kill 812 SIGTERM"));
  });

  test("are moved only after a storage daemon of the old root has exited", () => {
    const { events, lines } = withDaemon("/oldroot/usr/sbin/nbd-client");
    expect(events.indexOf("uncover")).toBeGreaterThan(events.indexOf("kill 812 SIGTERM"));
    expect(events.filter((event) => event === "uncover")).toHaveLength(1);
    expect(lines.filter((line) => line.includes("beneath"))).toEqual([
      "exitrd: '/lower' was mounted beneath the root, moved to '/mnt'",
    ]);
  });

  test("are not moved if that daemon does not exit", () => {
    const { events, lines } = withDaemon("/oldroot/usr/sbin/nbd-client", true);
    expect(events).not.toContain("uncover");
    expect(lines).toContain(
      "exitrd: cannot look beneath the root: 'served' (812) uses it, ignoring",
    );
  });

  test("are released if they were moved after the daemons exited", () => {
    const { events } = runFakeShutdown(
      {},
      () => {},
      ["/lower"],
      {},
      (machine) => {
        machine.servers = [{ pid: 812, command: "served", dev: "0:60", exe: "/oldroot/bin/x" }];
        const beforeCall = machine.beforeCall;
        machine.beforeCall = (call) => {
          beforeCall(call);
          if (call !== "kill 812 SIGTERM") return;
          machine.mounts.push(mount(90, 1, "8:16", "/mnt/lower", "ext4", "/dev/sdb"));
        };
      },
    );
    expect(events).toContain("umount /mnt/lower");
  });

  test("are not moved if the rehearsal fails", () => {
    const refuse = (call: string): void => {
      if (call.startsWith("rehearse")) throw sysError("pivot_root", "EINVAL");
    };
    expect(runFakeShutdown({}, refuse, ["/lower"]).events).toEqual(everything);
  });
});

function failOn(pattern: RegExp): (call: string) => void {
  return (call) => {
    if (pattern.test(call)) throw new TypeError("a bug");
  };
}

describe("a bug costs the part that it is in, and no other", () => {
  test.each<[string, RegExp, RegExp, ...string[]]>([
    ["the check of the image", /^status /, /^check/],
    [
      "the look for hooks",
      /^readDir .*hooks/,
      /hook/,
      "run the hooks",
      "look for further programs",
    ],
    ["the look for a shell", /^stat \/bin\/sh/, /shell/, "open a debug shell"],
    [
      "the look for scripts",
      /^readDir .*system-shutdown/,
      /script/,

      "run the scripts of systemd",
    ],
    ["a program", /^run /, /^run/],
    ["the notification", /^notify/, /^notify/],
    ["the reboot parameter", /^readRebootParameter/, /^notify/],
    ["the erasing of memory", /^(release|offerToOomKiller)/, /^erase/],
    ["the watchdog's pings", /^onTick/, /^$/, "ping the watchdog"],
    ["the watchdog's end", /^disarmWatchdog/, /^disarm/, "disarm the watchdog"],
    ["the release of the storage", /^readText \/proc\/self\/mountinfo/, /umount |dm-/],
    ["the sync", /^syncAll/, /^sync/],
    ["the end", /^reboot/, /^reboot/, "end the machine"],
  ])("%s", (_, calls, lost, ...reported) => {
    const { events, lines } = runFakeShutdown({}, failOn(calls));
    // Data on a storage daemon's file system is synced before the daemon is killed, too.
    const last = events.lastIndexOf("sync");
    const once = events.filter((event, index) => event !== "sync" || index === last);
    expect(once).toEqual(everything.filter((event) => !lost.test(event)));
    const bugs = lines.filter((line) => line.includes("a bug"));
    expect(bugs).toEqual(
      reported.map((what) => `exitrd: cannot ${what}: TypeError: a bug, ignoring`),
    );
  });

  test("pings that throw are reported once, not every second", () => {
    const { lines } = runFakeShutdown({}, failOn(/^onTick/));
    expect(lines.filter((line) => line.includes("ping the watchdog"))).toHaveLength(1);
  });
});

test("whichever call throws because of a bug, the data is synced and reboot(2) is called", () => {
  const calls: string[] = [];
  runFakeShutdown({}, (call) => calls.push(call));
  // The child that syncs, and the final call, which are the last resort's responsibility.
  const ownFaults = [calls.indexOf("syncAll") - 1, calls.indexOf("syncAll"), calls.length - 4];
  expect(ownFaults.map((index) => calls[index])).toEqual(["start ()", "syncAll", "reboot halt"]);
  for (const index of calls.keys()) {
    if (ownFaults.includes(index)) continue;
    let next = 0;
    const { events } = runFakeShutdown({}, () => {
      next += 1;
      if (next === index + 1) throw new TypeError("a bug");
    });
    expect(events, calls[index]).toEqual(expect.arrayContaining(["sync", "reboot halt"]));
  }
});
