import type { Case } from "../case.ts";

// As Debian bug 778849 proposes: the tree for the pivot is the initramfs of the boot, with
// systemd-shutdown and its libraries.
export const copyInitramfs = `set -e
mount -o remount,exec,size=50% /run
mkdir -p /run/unpacked
unmkinitramfs /boot/initrd.img-* /run/unpacked
tree=/run/unpacked
[ -d "$tree/main" ] && tree=$tree/main
rm -rf /run/initramfs
mv "$tree" /run/initramfs
cp /lib/systemd/systemd-shutdown /run/initramfs/shutdown
ldd /lib/systemd/systemd-shutdown | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "/run/initramfs/$(dirname "$library")"
  cp -L "$library" "/run/initramfs/$library"
done
mkdir -p /run/initramfs/oldroot
touch /run/initramfs/etc/initrd-release
echo "tree is ready"
`;

/**
 * Runs without exitrd, which must leave dirty file systems: they prove that the inspection detects
 * those.
 */
export const controlCases: readonly Case[] = [
  {
    name: "control: lvm-on-luks poweroff without exitrd",
    stack: "lvm-on-luks",
    equipment: "without exitrd",
    script: "systemctl poweroff\n",
    limitSeconds: 300,
    expect: {
      ending: "poweroff",
      controllerShutDown: true,
      volumeKey: "present",
      consoleNever: [/exitrd: /],
    },
  },
  {
    name: "control: loop poweroff without exitrd",
    stack: "loop",
    equipment: "without exitrd",
    script: "systemctl poweroff\n",
    limitSeconds: 300,
    expect: {
      ending: "poweroff",
      fileSystems: { needsRecovery: "loop host" },
      controllerShutDown: true,
    },
  },
  {
    name: "control: lvm-on-luks power cut",
    stack: "lvm-on-luks",
    equipment: "without exitrd",
    script: `while :; do
  round=$((round + 1))
  cp -r /etc "/var/tmp/copy-$round"
  echo "round $round"
done
`,
    cutAt: "round 5",
    limitSeconds: 300,
    expect: {
      ending: "cut",
      fileSystems: { needsRecovery: "root" },
      controllerShutDown: false,
      volumeKey: "present",
    },
  },
  {
    name: "control: lvm-on-luks poweroff with a copied initramfs",
    stack: "lvm-on-luks",
    equipment: "without exitrd",
    script: `${copyInitramfs}systemctl poweroff\n`,
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      volumeKey: "absent",
      passphrase: "present",
      output: [/tree is ready/],
    },
  },
];
