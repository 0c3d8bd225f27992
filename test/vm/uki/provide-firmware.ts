import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { provideFolder } from "../build/atomic.ts";
import { hashPath, hashTexts } from "../build/hash-inputs.ts";
import { runMachine } from "../machine/run-machine.ts";
import type { Accel, Firmware } from "../machine/spec.ts";
import { makeEsp, writeText } from "./make-esp.ts";
import type { SecureBootKeys } from "./provide-keys.ts";

/** OVMF as Debian has it: with System Management Mode, and Secure Boot off until keys are enrolled. */
export const plainFirmware = {
  code: "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
  variables: "/usr/share/OVMF/OVMF_VARS_4M.fd",
};

const { code, variables: emptyVariables } = plainFirmware;
const systemdBoot = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi";

const limitSeconds = 180;

/** Returns OVMF's variables with only our keys, enrolled by systemd-boot(7). */
export async function provideFirmware(
  keys: SecureBootKeys,
  accel: Accel,
  say: (line: string) => void,
): Promise<Firmware> {
  const parts = [code, emptyVariables, systemdBoot, keys.folder, import.meta.filename];
  const folder = join(cacheDir("vm"), `firmware-${hashTexts(parts.map(hashPath))}`);
  await provideFolder(folder, async (partial) => {
    say("enrolling Secure Boot keys");
    const variables = join(partial, "variables");
    copyFileSync(emptyVariables, variables);
    const esp = join(partial, "esp.img");
    await makeEsp(esp, {
      "EFI/BOOT/BOOTX64.EFI": systemdBoot,
      "loader/loader.conf": writeText(join(partial, "loader.conf"), "secure-boot-enroll force\n"),
      ...Object.fromEntries(
        ["PK", "KEK", "db"].map((name) => [
          `loader/keys/auto/${name}.auth`,
          join(keys.folder, `${name}.auth`),
        ]),
      ),
    });
    const run = await runMachine({
      firmware: { code, variables },
      disks: [{ file: esp, bus: "virtio", serial: "esp" }],
      folder: join(partial, "enrol"),
      limitSeconds,
      accel,
    });
    // It restarts the machine after all of them are enrolled.
    if (run.ending !== "reset") throw new Error(`cannot enrol the keys (${run.ending})`);
  });
  return { code, variables: join(folder, "variables") };
}
