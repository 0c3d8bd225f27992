import type { Case } from "../case.ts";

// The initrd has already loaded the image: loading it again is not measured, but another image and
// an extension are.
const script = `set -e
exitrd status
exitrd load
cp hook 10-first
exitrd build --hook 10-first --output other.img
mkdir -p /etc/exitrd/trusted.d /etc/exitrd/extensions
cp signer.pem /etc/exitrd/trusted.d
cp exitrd-debug.sysext.raw exitrd-debug.sysext.raw.p7s /etc/exitrd/extensions
# The images have no signature.
printf '[Exitrd]\\nVerify=prefer\\n' >/etc/exitrd.conf
exitrd load
exitrd load
exitrd load --image other.img
exitrd status || true
stat -c 'mode %a' /run/log/systemd/tpm2-measure.log
cat /run/log/systemd/tpm2-measure.log
# What a verifier knows: the extension's name and its file's digest.
string=extension:exitrd-debug:$(sha256sum exitrd-debug.sysext.raw | cut -c 1-64)
grep "$string" /run/log/systemd/tpm2-measure.log |
  grep -q "$(printf %s "$string" | sha256sum | cut -c 1-64)"
cat /sys/class/tpm/tpm0/pcr-sha256/12 /sys/class/tpm/tpm0/pcr-sha256/13
systemctl poweroff
`;

/** A machine with a TPM, whose values must match the event log. */
export const tpmCases: readonly Case[] = [
  {
    name: "ext4: image, successor and extension are measured, and the event log replays to the PCR",
    stack: "ext4",
    equipment: "exitrd",
    script,
    files: ["hook", "exitrd-debug.sysext.raw", "exitrd-debug.sysext.raw.p7s", "signer.pem"],
    hasTpm: true,
    limitSeconds: 300,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      measured: { images: 2, extensions: 1 },
      output: [
        /^tpm: +measured into PCR 12 \(.*sha256.*\)$/,
        /already loaded/,
        /^exitrd: loaded '\/usr\/lib\/exitrd\/exitrd\.img' .*; measured into PCR 12 .* and PCR 13 /,
        /already loaded/,
        /^exitrd: loaded 'other\.img' .*; measured into PCR 12 .* and PCR 13 /,
        /^tpm: +measured into PCR 12 \(.*sha256.*\) and PCR 13 \(.*sha256.*\)$/,
        /^mode 600$/,
      ],
      console: [/exitrd: loaded .*; measured into PCR 12/, /umount '\/oldroot'/],
      consoleNever: [/Kernel panic/],
    },
  },
];
