import type { Case } from "../case.ts";

// The initrd has loaded it by now: once more is nothing new, and another image is.
const script = `set -e
exitrd status
exitrd load
cp hook 10-first
exitrd build --hook 10-first --output other.img
printf '[Exitrd]\\nTimeout=80s\\n' >/etc/exitrd.conf
exitrd load
exitrd load --image other.img
exitrd status || true
stat -c 'mode %a' /run/log/systemd/tpm2-measure.log
cat /run/log/systemd/tpm2-measure.log
cat /sys/class/tpm/tpm0/pcr-sha256/12
systemctl poweroff
`;

/** A TPM, and what is replayed from the event log. */
export const tpmCases: readonly Case[] = [
  {
    name: "ext4: image and successor are measured, and the event log replays to the PCR",
    stack: "ext4",
    equipment: "exitrd",
    script,
    files: ["hook"],
    hasTpm: true,
    limitSeconds: 300,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      measured: 2,
      output: [
        /^tpm: +measured into PCR 12 \(.*sha256.*\)$/,
        /already loaded/,
        /^exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.img' .*, measured into PCR 12/,
        /^exitrd: loaded 'other\.img' .*, measured into PCR 12/,
        /^tpm: +measured into PCR 12 \(.*sha256.*\)$/,
        /^mode 600$/,
      ],
      console: [/exitrd: loaded .*, measured into PCR 12/, /umount '\/oldroot'/],
      consoleNever: [/Kernel panic/],
    },
  },
];
