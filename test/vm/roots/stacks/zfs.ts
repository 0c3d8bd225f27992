import { nvme } from "../disks.ts";
import type { RootStack } from "../root-stack.ts";

// zpool gets partitions instead of creating them, because there is no udev that it could wait for.
const partition = (disk: string): string => `echo 'label: gpt
size=+' | sfdisk -q --no-tell-kernel ${disk}
blockdev --rereadpt ${disk}
`;

const makeRoot = (devices: string): string => `modprobe zfs
mkdir /mnt/pool
zpool create -o cachefile=none -O mountpoint=none -O compression=lz4 -O acltype=posixacl -O xattr=sa -R /mnt/pool rpool ${devices}
zfs create -o mountpoint=/ -o canmount=noauto rpool/root
zfs mount rpool/root
mount -o ro,noload "$system" /mnt/a
cp -a /mnt/a/. /mnt/pool/
umount /mnt/a
zpool export rpool
`;

// The host ID of another machine, which can import only pools that are marked as exported.
const inspectPool = (devices: readonly string[]): string => `modprobe spl spl_hostid=0x11223344
modprobe zfs
${devices
  .map(
    (device) => `zdb -l ${device} >/tmp/label
fact "label of ${device.replace("/dev/", "")}: state $(sed -n 's/^    state: //p' /tmp/label)"
`,
  )
  .join(
    "",
  )}if zpool import -N -o cachefile=none -o readonly=on -d /dev -d /dev/mapper rpool 2>/tmp/import; then
  fact "import on another machine: accepted"
else
  cat /tmp/import
  fact "import on another machine: refused"
fi
`;

function expectFacts(labels: readonly string[], state: number, answer: string): readonly string[] {
  return [
    ...labels.map((label) => `label of ${label}: state ${state}`),
    `import on another machine: ${answer}`,
  ];
}

const exported = 1;
const active = 0;

/** Roots on a pool, by zfs-initramfs. */
export const zfsStacks: readonly RootStack[] = [
  {
    name: "ZFS mirror over two NVMe",
    base: "roots-zfs",
    disks: [nvme(1400), nvme(1400)],
    build: `${partition("/dev/nvme0n1")}${partition("/dev/nvme1n1")}${makeRoot("mirror /dev/nvme0n1p1 /dev/nvme1n1p1")}`,
    commandLine: "root=ZFS=rpool/root",
    steps: [/umount '\/oldroot'/, /zpool export 'rpool'/],
    inspect: inspectPool(["/dev/nvme0n1p1", "/dev/nvme1n1p1"]),
    factsWithExitrd: expectFacts(["nvme0n1p1", "nvme1n1p1"], exported, "accepted"),
    factsWithout: expectFacts(["nvme0n1p1", "nvme1n1p1"], active, "refused"),
  },
  {
    name: "ZFS on LUKS",
    base: "roots-zfs",
    disks: [nvme(1500)],
    build: `echo secret >/tmp/key
cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \\
  --key-file /tmp/key /dev/nvme0n1
cryptsetup open --key-file /tmp/key /dev/nvme0n1 cryptroot
${makeRoot("/dev/mapper/cryptroot")}cryptsetup close cryptroot
`,
    boot: `modprobe -a nvme dm_crypt
tries=0
until [ -b /dev/nvme0n1 ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
echo secret >/run/key
cryptsetup open --key-file /run/key /dev/nvme0n1 cryptroot
rm /run/key
`,
    commandLine: "root=ZFS=rpool/root",
    steps: [/umount '\/oldroot'/, /zpool export 'rpool'/, /dm remove 'cryptroot'/],
    inspect: `echo secret >/tmp/key
cryptsetup open --readonly --key-file /tmp/key /dev/nvme0n1 cryptroot
${inspectPool(["/dev/mapper/cryptroot"])}`,
    factsWithExitrd: expectFacts(["mapper/cryptroot"], exported, "accepted"),
    factsWithout: expectFacts(["mapper/cryptroot"], active, "refused"),
  },
];
