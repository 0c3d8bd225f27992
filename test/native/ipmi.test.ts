import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

// With a BMC, it runs in a virtual machine: test/vm/record/stories.ts.
describe.each(variants)("requests to a BMC under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("ipmi", variant)));

  test("reach the kernel, which refuses them on another device, unless they are too long", () => {
    expect(result).toEqual({
      ...{ send: "ioctl ENOTTY", longest: "ioctl ENOTTY" },
      ...{ tooLong: "ioctl EMSGSIZE", receive: "ioctl ENOTTY" },
    });
  });
});
