import { expect, test } from "vitest";
import { endMachine } from "../../src/execute/end-machine.ts";
import type { Power } from "../../src/port/teardown.ts";
import type { Verb } from "../../src/teardown/verb.ts";
import { sysError } from "../fake/sys-error.ts";

/** Every call, where the kernel refuses all of them. */
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

test("only a configuration that asks for it resets the machine in the end", () => {
  expect(listCalls("halt", undefined, true)).toEqual(["halt", "sysrq u", "halt", "sysrq b"]);
});

test("a parameter is tried first, and a kexec that fails reboots", () => {
  const reboot = ["reboot recovery", "reboot"];
  expect(listCalls("reboot", "recovery", false)).toEqual([...reboot, "sysrq u", ...reboot]);
  const kexec = ["kexec", "reboot"];
  expect(listCalls("kexec", "recovery", false)).toEqual([...kexec, "sysrq u", ...kexec]);
});
