import { expect, test } from "vitest";
import { endMachine } from "../../src/execute/end/end-machine.ts";
import type { Power } from "../../src/port/teardown.ts";
import type { Verb } from "../../src/teardown/verb.ts";
import { sysError } from "../fake/sys-error.ts";

/** All calls if the kernel refuses each of them. */
function listCalls(verb: Verb, parameter: string | undefined, sysRq: boolean): readonly string[] {
  const calls: string[] = [];
  const refuse = (call: string): never => {
    calls.push(call);
    throw sysError("reboot", "EINVAL");
  };
  const power: Power = {
    reboot: (command, word) => refuse(word === undefined ? command : `${command} ${word}`),
    triggerSysRq: (key) => refuse(`sysrq ${key}`),
    sleep: () => {},
  };
  endMachine(verb, parameter, sysRq, power);
  return calls;
}

test("a refused verb is tried again with everything read-only", () => {
  expect(listCalls("poweroff", undefined, false)).toEqual(["poweroff", "sysrq u", "poweroff"]);
});

test("the machine is finally reset only if that is configured", () => {
  expect(listCalls("halt", undefined, true)).toEqual(["halt", "sysrq u", "halt", "sysrq b"]);
});

test("a parameter is tried first, and a kexec that fails reboots", () => {
  const reboot = ["reboot recovery", "reboot"];
  expect(listCalls("reboot", "recovery", false)).toEqual([...reboot, "sysrq u", ...reboot]);
  const kexec = ["kexec", "reboot"];
  expect(listCalls("kexec", "recovery", false)).toEqual([...kexec, "sysrq u", ...kexec]);
});
