import type { Case } from "../case.ts";
import { controlCases } from "./controls.ts";
import { verbCases } from "./verbs.ts";

const main = "lvm-on-luks poweroff";

/** The same case on an arm64 machine, which is emulated on all others. */
function moveToArm64(name: string, newName: string): Case {
  const base = [...verbCases, ...controlCases].find((one) => one.name === name);
  if (base === undefined) throw new Error(`no case '${name}'`);
  return {
    ...base,
    ...{ name: newName, suite: "bookworm-arm64", limitSeconds: 900 },
    script: `uname -m\n${base.script}`,
    expect: { ...base.expect, output: [/^aarch64$/, ...(base.expect.output ?? [])] },
  };
}

/** The main case and its control. Without exitrd, the root is clean and the key is in RAM. */
export const arm64Cases: readonly Case[] = [
  moveToArm64(main, `${main} on arm64`),
  moveToArm64(`control: ${main} without exitrd`, `control: ${main} on arm64 without exitrd`),
];
