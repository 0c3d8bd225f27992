import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { buildScript, runCommand, variants } from "./native-program.ts";

const states = ["EXIT_STATUS=7", "X_SYSTEMD_SHUTDOWN=poweroff"];
const receiver = join(cacheDir("test-native"), "receive-datagrams");
await run("musl-gcc", [
  ...["-Os", "-static", "-o", receiver],
  join(import.meta.dirname, "receive-datagrams.c"),
]);

describe.each(variants)("notifying under %s", async (variant) => {
  const program = await buildScript("notify", variant);
  const folder = mkdtempSync(join(cacheDir("test-native"), "notify-"));

  test.each([
    ["a path", join(folder, "socket")],
    ["an abstract name", `@exitrd-test-${process.pid}-${variant}`],
  ])("reaches a socket at %s", async (_, address) => {
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const child = spawn(receiver, [address, String(states.length)], { stdio: "pipe" });
    onTestFinished(() => void child.kill("SIGKILL"));
    let received = "";
    child.stdout.on("data", (data: Buffer) => {
      received += data.toString();
    });
    await once(child.stdout, "data");
    expect(runCommand(program, address, ...states).status).toBe(0);
    await once(child, "close");
    expect(received).toBe(["ready", ...states, ""].join("\n"));
  });

  test("does not wait if there is no server", () => {
    expect(runCommand(program, "/none", ...states).status).toBe(0);
    expect(runCommand(program, "vsock:none", ...states).status).toBe(0);
  });
});
