import { expect, test } from "vitest";
import { FakeMachine, portsOf } from "../fake/fake-machine.ts";
import { perform } from "../fake/perform.ts";
import { failOn } from "../fake/run-take-down.ts";
import { mount } from "../fake/stacks.ts";
import { sysError } from "../fake/sys-error.ts";

const step = {
  kind: "mdmon-end",
  name: "md127",
  pid: 99,
  runsFrom: ["/oldroot"],
  volumes: ["md126"],
} as const;

const dirtyState = "active";

/** A machine whose volume becomes clean after some time, and whose mdmon may ignore SIGTERM. */
class MdmonMachine extends FakeMachine {
  private looks: number;
  private readonly obeys: boolean;

  constructor(looks: number, obeys: boolean) {
    super({
      mounts: [mount(10, 0, "9:126", "/oldroot", "ext4", "/dev/md126")],
      devices: [{ name: "md126", dev: "9:126", slaves: [], kind: "md" }],
      servers: [{ pid: 99, command: "mdmon", dev: "9:126", container: "md127" }],
    });
    this.looks = looks;
    this.obeys = obeys;
    if (!obeys) this.ignored.add("kill 99 SIGTERM");
  }

  override readText(path: string): string {
    if (path.endsWith("/array_state")) return this.looks-- > 0 ? dirtyState : "clean\n";
    const killed = this.calls.includes(`kill 99 ${this.obeys ? "SIGTERM" : "SIGKILL"}`);
    return killed ? "" : `99 (mdmon) S 1 99 99 0 -1 4194560 1 0 0 0 0 0\n`;
  }
}

test("the root is read-only and the volume clean before mdmon ends", () => {
  const machine = new MdmonMachine(20, true);
  perform(step, portsOf(machine));
  expect(machine.calls.slice(0, 3)).toEqual([
    "syncfs /oldroot",
    "remount-ro /oldroot",
    "md-mark-clean md126",
  ]);
  expect(machine.calls.at(-1)).toBe("kill 99 SIGTERM");
});

test("data that the root could not write is reported, and mdmon ends nevertheless", () => {
  const machine = new MdmonMachine(0, true);
  failOn(machine, "syncfs /oldroot", () => sysError("syncfs", "EIO"));
  expect(perform(step, portsOf(machine))).toBe("data-lost");
  expect(machine.calls).toContain("remount-ro /oldroot");
  expect(machine.calls.at(-1)).toBe("kill 99 SIGTERM");
});

test("data that the root could not write is the failure if it cannot become read-only", () => {
  const machine = new MdmonMachine(0, true);
  machine.beforeCall = (call) => {
    if (call === "syncfs /oldroot") throw sysError("syncfs", "EIO");
    if (call === "remount-ro /oldroot") throw sysError("mount", "EBUSY");
  };
  expect(() => perform(step, portsOf(machine))).toThrow("Input/output error");
});

test("an mdmon that ignores SIGTERM is killed when the volume is clean", () => {
  const machine = new MdmonMachine(0, false);
  perform(step, portsOf(machine));
  expect(machine.calls.slice(2)).toEqual(["kill 99 SIGTERM", "kill 99 SIGKILL"]);
});

test("an mdmon whose volume is still written to is left alone", () => {
  const machine = new MdmonMachine(Number.POSITIVE_INFINITY, true);
  perform(step, portsOf(machine));
  expect(machine.calls).not.toContain("kill 99 SIGTERM");
});
