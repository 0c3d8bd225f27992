import { describe, expect, test } from "vitest";
import { runFakeShutdown } from "../fake/fake-shutdown.ts";
import { sysError } from "../fake/sys-error.ts";

const everything = [
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
  // The kernel that this runs on always refuses.
  "reboot halt",
  "reboot halt",
];

describe("a shutdown", () => {
  test("does everything that was asked for, in this order", () => {
    expect(runFakeShutdown().events).toEqual(everything);
  });

  test("leaves out what was not asked for", () => {
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

  test("keeps the watchdog of a machine that is halted, where that is asked for", () => {
    const { events } = runFakeShutdown({ settings: { wipe: true, haltWatchdog: "keep" } });
    expect(events).toEqual(everything.filter((event) => event !== "disarm"));
  });
});

describe("before the verb", () => {
  function listLast(isBusy: boolean): readonly string[] {
    const calls: string[] = [];
    runFakeShutdown({}, (call) => {
      if (/^(?:syncAll|flushAndControl|triggerSysRq|reboot)/.test(call)) calls.push(call);
      if (isBusy && call.startsWith("umount /oldroot ")) throw sysError("umount2", "EBUSY");
    });
    return calls;
  }

  const flush = "flushAndControl /dev/nvme0n1 []";
  // The kernel that this runs on always refuses.
  const end = ["reboot halt", "triggerSysRq u", "reboot halt"];

  test("every disk that was written to is flushed once more", () => {
    expect(listLast(false)).toEqual(["syncAll", flush, ...end]);
  });

  test("the kernel makes all read-only, where anything is left", () => {
    expect(listLast(true)).toEqual(["syncAll", "syncAll", flush, "triggerSysRq u", ...end]);
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
    ["the reboot parameter", /^readRebootParameter/, /^notify/, "read the reboot parameter"],
    ["the erasing of memory", /^(release|offerToOomKiller)/, /^erase/],
    ["the watchdog's pings", /^onTick/, /^$/, "ping the watchdog"],
    ["the watchdog's end", /^disarmWatchdog/, /^disarm/, "disarm the watchdog"],
    ["the release of the storage", /^readText \/proc\/self\/mountinfo/, /umount |dm-/],
    ["the sync", /^syncAll/, /^sync/],
    ["the end", /^reboot/, /^reboot/, "end the machine"],
  ])("%s", (_, calls, lost, ...reported) => {
    const { events, lines } = runFakeShutdown({}, failOn(calls));
    // What may be on a storage daemon is synced before that is ended, too.
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

test("whichever call throws a bug, the data is synced, and the machine gets its verb", () => {
  const calls: string[] = [];
  runFakeShutdown({}, (call) => calls.push(call));
  // The child that syncs, and the end itself, which is the last resort's then.
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
