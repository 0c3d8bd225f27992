import { nvme } from "../disks.ts";
import type { RootDisk, RootStack } from "../root-stack.ts";

const disks: readonly RootDisk[] = [nvme(1600)];

const build = `echo secret >/tmp/key
cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /tmp/key /dev/nvme0n1
cryptsetup open --key-file /tmp/key /dev/nvme0n1 cryptroot
copy_root /dev/mapper/cryptroot
cryptsetup close cryptroot
`;

// Mounts that remain in the initramfs are beneath the root from then on.
const open = `modprobe -a nvme dm_crypt overlay ext4 loop
udevadm settle
echo secret >/run/key
cryptsetup open --key-file /run/key /dev/nvme0n1 cryptroot
rm /run/key
mkdir -p /lower /upper
`;

const inspect = `echo secret >/tmp/key
cryptsetup open --readonly --key-file /tmp/key /dev/nvme0n1 cryptroot
fact_ext4 root /dev/mapper/cryptroot
`;

const moved = /'\/lower' was mounted beneath the root, moved to '\/mnt'/;

/** Roots with a layer that no path leads to: systemd.volatile=overlay, overlayroot, raspi-config. */
export const hiddenStacks: readonly RootStack[] = [
  {
    name: "an overlay in RAM on a hidden root on LUKS",
    medium: "hidden",
    disks,
    build,
    boot: `${open}mount -t ext4 -o ro /dev/mapper/cryptroot /lower
mount -t tmpfs tmpfs /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay "$rootmnt"
`,
    commandLine: "boot=exitrd init_on_free=1",
    steps: [moved, /umount '\/oldroot'/, /dm remove 'cryptroot'/],
    inspect,
    factsWithExitrd: ["root: clean"],
    factsWithout: ["root: clean"],
  },
  {
    name: "an overlay whose layers are all on a hidden root on LUKS, with an image in it",
    medium: "hidden",
    disks,
    build,
    boot: `${open}mount -t ext4 -o rw /dev/mapper/cryptroot /lower
mkdir -p /lower/.upper /lower/.work
dd if=/dev/zero of=/lower/.image bs=1M count=16
losetup /dev/loop3 /lower/.image
mount -t overlay -o lowerdir=/lower,upperdir=/lower/.upper,workdir=/lower/.work overlay "$rootmnt"
`,
    commandLine: "boot=exitrd",
    steps: [moved, /umount '\/mnt\/lower'/, /dm remove 'cryptroot'/],
    inspect,
    factsWithExitrd: ["root: clean"],
    factsWithout: ["root: needs recovery"],
  },
];
