import type { Suite } from "../build/suites.ts";
import type { Case } from "../case.ts";
import { controlCases } from "./controls.ts";
import { initCases } from "./inits.ts";
import { verbCases } from "./verbs.ts";

const main = "lvm-on-luks poweroff";

/** The same case on an arm64 machine, which is emulated on all others. */
function moveToArm64(name: string, newName: string, suite: Suite = "bookworm-arm64"): Case {
  const base = [...verbCases, ...controlCases, ...initCases].find((one) => one.name === name);
  if (base === undefined) throw new Error(`no case '${name}'`);
  return {
    ...base,
    ...{ name: newName, suite, limitSeconds: 900 },
    script: `uname -m\n${base.script}`,
    expect: { ...base.expect, output: [/^aarch64$/, ...(base.expect.output ?? [])] },
  };
}

/**
 * The main case and its control, without exitrd: the root is clean and the key is in RAM. BusyBox init
 * is replaced by ptrace(2), whose registers differ from amd64's.
 */
export const arm64Cases: readonly Case[] = [
  moveToArm64(main, `${main} on arm64`),
  moveToArm64(`control: ${main} without exitrd`, `control: ${main} on arm64 without exitrd`),
  moveToArm64(`${main} by busybox`, `${main} by busybox on arm64`, "busybox-arm64"),
];
