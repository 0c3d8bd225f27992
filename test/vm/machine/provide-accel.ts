import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import type { Base } from "../build/base.ts";
import { hashTexts } from "../build/hash-inputs.ts";
import { provideTinyInitrd, tinyInitLine } from "../build/tiny-initrd.ts";
import { hostArchitecture } from "./platform.ts";
import { runMachine } from "./run-machine.ts";
import type { Accel } from "./spec.ts";
import { makeTemporaryFolder } from "./temporary.ts";

const probeSeconds = 15;

/**
 * Returns "kvm" if a stock kernel boots under it, otherwise "tcg", as for another architecture.
 *
 * The existence of /dev/kvm proves nothing: on some hosts guests hang under it. The result is kept
 * until the next boot of the host; EXITRD_ACCEL overrides it.
 */
export async function provideAccel(base: Base): Promise<Accel> {
  if (base.architecture !== hostArchitecture) return "tcg";
  const wish = process.env.EXITRD_ACCEL;
  if (wish === "kvm" || wish === "tcg") return wish;
  if (!existsSync("/dev/kvm")) return "tcg";
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  const file = join(cacheDir("vm"), `accel-${hashTexts([boot, base.folder])}`);
  if (existsSync(file)) return readFileSync(file, "utf8") as Accel;
  const accel = (await probeKvm(base)) ? "kvm" : "tcg";
  writeFileSync(file, accel);
  return accel;
}

/** For the results, after a machine has run: does not test KVM itself. */
export function readKnownAccel(): Accel {
  const wish = process.env.EXITRD_ACCEL;
  if (wish === "kvm" || wish === "tcg") return wish;
  const folder = cacheDir("vm");
  const bootedAt = Date.now() - uptime() * 1000;
  const answers = readdirSync(folder)
    .filter((name) => name.startsWith("accel-"))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).mtimeMs > bootedAt);
  return answers.some((path) => readFileSync(path, "utf8") === "kvm") ? "kvm" : "tcg";
}

async function probeKvm(base: Base): Promise<boolean> {
  const folder = makeTemporaryFolder();
  try {
    const run = await runMachine({
      kernel: base.kernel,
      initrd: await provideTinyInitrd(),
      commandLine: "console=ttyS0",
      disks: [],
      folder,
      limitSeconds: probeSeconds,
      cutAt: tinyInitLine,
      accel: "kvm",
    });
    return run.console.some((line) => line.text.includes(tinyInitLine));
  } catch {
    // QEMU itself failed: no permission, or no KVM behind the device.
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
