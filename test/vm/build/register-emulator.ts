import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, hostArchitecture } from "../machine/platform.ts";

const binfmt = "/proc/sys/fs/binfmt_misc";

/** The kernel's names of the architectures that this machine may have to emulate. */
const machines: Readonly<Record<Architecture, string>> = { amd64: "x86_64", arm64: "aarch64" };

/**
 * Makes the kernel run programs of another architecture by QEMU, as systemd-binfmt(8) does on a
 * machine that was booted with qemu-user-static installed. It remains registered until the next
 * boot.
 *
 * Throws with what has to be installed or done if that is not possible.
 */
export function registerEmulator(architecture: Architecture): void {
  if (architecture === hostArchitecture) return;
  const name = `qemu-${machines[architecture]}`;
  const rule = `/usr/lib/binfmt.d/${name}.conf`;
  const fail = (reason: string): Error =>
    new Error(`cannot run programs of ${architecture}: ${reason}`);
  if (!existsSync(rule)) throw fail("install qemu-user-static and arch-test");
  try {
    if (!existsSync(join(binfmt, "status"))) {
      execFileSync("mount", ["-t", "binfmt_misc", "binfmt_misc", binfmt], { stdio: "pipe" });
    }
    const entry = join(binfmt, name);
    if (!existsSync(entry)) writeFileSync(join(binfmt, "register"), readFileSync(rule));
    const state = readFileSync(entry, "utf8");
    // Without F, the kernel would search for QEMU in the tree that is being made.
    if (!/^enabled$/m.test(state) || !/^flags: .*F/m.test(state)) {
      throw new Error(`'${entry}' is not enabled, or without the flag F`);
    }
  } catch (error) {
    throw fail(`binfmt_misc: ${error instanceof Error ? error.message : error}`);
  }
}
