import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("programs of the image under %s", async (variant) => {
  const program = await buildScript("programs", variant);
  const result = readResult(runInNamespace(program)) as Record<string, unknown>;

  test("get arguments, a small environment, / as directory, and no descriptors but the console", () => {
    expect(result.plain).toEqual({
      end: { kind: "exited", status: 3 },
      inTime: true,
      said: expect.stringMatching(
        // Descriptor 3 is the directory that ls reads.
        /^before-umount halt\n\/\nPATH=\S+\nPWD=\/\n(?:SHLVL=.*\n)?TERM=linux\n(?:_=.*\n)?\/dev\/null\n0 1 2 3 oops\n$/,
      ),
    });
    expect(result.session).toMatchObject({ end: { kind: "exited", status: 0 } });
  });

  test("have neither the priority nor the open files of PID 1, and no blocked signals", () => {
    expect(result.limits).toMatchObject({
      said: `0\n777\nSigBlk:\t${"0".repeat(16)}\nSigIgn:\t${"0".repeat(16)}\n`,
    });
  });

  test("are killed at their limit, with everything they started", () => {
    expect(result.hung).toMatchObject({ end: { kind: "hung", limitMs: 600 }, inTime: true });
    expect(result.hungChild).toBe(false);
  });

  test("leave nothing running when they exit", () => {
    expect(result.leaves).toMatchObject({ end: { kind: "exited", status: 0 } });
    expect(result.leftChild).toBe(false);
  });

  test("that are killed, or cannot be executed, are distinguished", () => {
    expect(result).toMatchObject({
      killed: { end: { kind: "killed", signal: 11 } },
      notExecutable: { kind: "exited", status: 127 },
      missing: { kind: "exited", status: 127 },
    });
  });

  test("a shell runs on the console and reports a missing one; a hook does not need one", () => {
    const { end, said } = result.shell as { end: unknown; said: string };
    expect(end).toEqual({ kind: "exited", status: 4 });
    expect(said).toContain("/dev/pts/0");
    expect(said).not.toContain("job control");
    expect(result.silent).toEqual(["open ENOENT", { kind: "exited", status: 0 }]);
  });
});
