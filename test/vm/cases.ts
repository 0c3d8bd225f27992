import type { Case } from "./case.ts";
import { arm64Cases } from "./cases/arm64.ts";
import { baseCases } from "./cases/base.ts";
import { checkCases } from "./cases/check.ts";
import { configurationCases } from "./cases/configuration.ts";
import { controlCases } from "./cases/controls.ts";
import { earlyCases } from "./cases/early.ts";
import { extensionCases } from "./cases/extension.ts";
import { faultCases } from "./cases/faults.ts";
import { generatorCases } from "./cases/generators.ts";
import { initCases } from "./cases/inits.ts";
import { loaderCases } from "./cases/loader.ts";
import { packageCases } from "./cases/package.ts";
import { sealCases } from "./cases/seal.ts";
import { suiteCases } from "./cases/suites.ts";
import { tamperingCases } from "./cases/tampering.ts";
import { tpmCases } from "./cases/tpm.ts";
import { userCases } from "./cases/user.ts";
import { verbCases } from "./cases/verbs.ts";
import { wipeCases } from "./cases/wipe.ts";

/** Every case, in the order in which they run. */
export const cases: readonly Case[] = [
  ...verbCases,
  ...controlCases,
  ...loaderCases,
  ...faultCases,
  ...packageCases,
  ...checkCases,
  ...configurationCases,
  ...baseCases,
  ...extensionCases,
  ...tamperingCases,
  ...userCases,
  ...tpmCases,
  ...sealCases,
  ...wipeCases,
  ...suiteCases,
  ...generatorCases,
  ...earlyCases,
  ...initCases,
  ...arm64Cases,
];

/** What `npm test` runs: one case. */
export const smokeCases: readonly string[] = ["lvm-on-luks poweroff"];

/** What CI runs on every change. */
export const ciCases: readonly string[] = [
  ...smokeCases,
  "lvm-on-luks kexec",
  "ext4 reboot",
  "loop poweroff",
  "control: lvm-on-luks poweroff without exitrd",
  "control: lvm-on-luks power cut",
  "zoo: every stack is released",
  "ext4: a sealed image is read through dm-verity, and powers off",
  "ext4: image, successor and extension are measured, and the event log replays to the PCR",
  "uki: signed, and exitrd in it is loaded under Secure Boot",
  "lvm-on-luks: free memory is erased, as exitrd.wipe asks",
  "ext4: root tampers with image, signature, trust, configuration, extensions and tree",
  "uki: one byte of exitrd's image is changed, and the firmware refuses",
  "fuzz: 50 random stacks, 50 with a fault",
  "fault: 5,000 stopped processes and a fork bomb",
  "fault: a disk that fails and one that is pulled out",
  "fault: memory is full",
  "fault: 3,000 mounts",
  "fault: without /proc, /sys and /dev",
  "root on MD RAID1 with its bitmap in a file",
  "control: root on MD RAID1 with its bitmap in a file, without exitrd",
  "ext4: damaged images are refused, and the machine powers off without us",
];
