import { mebibyte } from "../build/disk-layout.ts";
import { failWrites, surviveResets } from "../machine/arguments.ts";
import { memoryMiB } from "../machine/spec.ts";
import type { Story } from "./story.ts";

/** Prints the report of the previous boot in all its formats. */
const read = `set -u
systemctl start exitrd-report.service
exitrd report; echo "report: exit $?"
exitrd report --metrics /run/metrics; grep '^exitrd_shutdown_ending' /run/metrics
journalctl -b -o export SYSLOG_IDENTIFIER=exitrd | grep -a '^EXITRD_\\|^MESSAGE='
echo "target: $(systemctl is-active exitrd-unclean-shutdown.target)"
exitrd record 2>&1
`;

/** What all formats print for a boot that ended like this. */
const reads = (ending: string, ...more: readonly RegExp[]): readonly RegExp[] => [
  new RegExp(`^Last shutdown: ${ending}`),
  ...more,
  new RegExp(`^report: exit ${ending === "clean" ? 0 : 3}$`),
  new RegExp(`^exitrd_shutdown_ending\\{ending="${ending.replaceAll(" ", "-")}"\\} 1$`),
];

// A process that waits hours for a disk: it cannot be killed, and its working directory is on the
// root. It is marked as a storage daemon, because systemd-shutdown would wait for it otherwise. The
// disk can be flushed, or systemd-shutdown would hang. udev is stopped, since its workers would wait.
const holdRoot = `systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket
systemctl stop systemd-udevd.service
modprobe dm-delay
truncate -s 1M /run/hold.img
loop=$(losetup --find --show /run/hold.img)
dmsetup --noudevsync create hold --table "0 2048 delay $loop 0 10000000 $loop 0 0"
dmsetup --noudevsync mknodes hold
systemd-run -q --unit=hold -p DefaultDependencies=no -p KillMode=none --working-directory=/root \\
  bash -c 'exec -a @dd dd if=/dev/mapper/hold of=/dev/null bs=4k count=1 iflag=direct'
sleep 2
`;

// A process that is marked as a storage daemon prevents the file system from being unmounted before
// the pivot.
const spoil = `mkfs.ext4 -q /dev/disk/by-id/virtio-bad
mkdir -p /mnt/bad
mount /dev/disk/by-id/virtio-bad /mnt/bad
systemd-run -q --unit=hold -p DefaultDependencies=no -p KillMode=none \\
  bash -c 'exec 9>/mnt/bad/hold; exec -a @hold sleep 10000'
sleep 1
sync
dd if=/dev/urandom of=/mnt/bad/data bs=1M count=16 status=none
echo "the disk goes bad"
sleep 1
`;

const verdicts: Story = {
  name: "record: each way to end is told apart at the next boot",
  stack: "ext4",
  hasBadDisk: true,
  boots: [
    {
      script: `${read}systemctl poweroff\n`,
      ending: "poweroff",
      console: [/exitrd: shutdown clean, recorded on 'nvme0n1p1'/],
      output: [/^\/boot\/exitrd\.record, [0-9]+ bytes into nvme0n1p1$/],
    },
    {
      script: `${read}${holdRoot}systemctl poweroff\n`,
      ending: "poweroff",
      console: [/exitrd: shutdown degraded, recorded on 'nvme0n1p1'/],
      output: [
        ...reads("clean", /^ {2}poweroff at 20/, /^ {2}umount \/oldroot .*\|.*#.*\| +[0-9]+ ms$/),
        /^EXITRD_ENDING=clean$/,
        /^target: inactive$/,
      ],
    },
    {
      script: `${read}${spoil}systemctl reboot\n`,
      cues: [{ text: "the disk goes bad", command: failWrites("bad") }],
      ending: "reset",
      console: [/exitrd: shutdown failed, recorded on 'nvme0n1p1'/],
      output: [
        ...reads("degraded", /held by dd\[[0-9]+\]/, /^What to do:$/),
        /^EXITRD_ENDING=degraded$/,
        /^EXITRD_HOLDERS=.*dd\[/,
        /^target: active$/,
      ],
    },
    {
      script: `${read}exitrd unload\nsystemctl poweroff\n`,
      ending: "poweroff",
      output: [
        ...reads("failed"),
        /^EXITRD_ENDING=failed$/,
        /^EXITRD_VERB=reboot$/,
        /^target: active$/,
      ],
    },
    {
      script: `${read}echo "about to be cut"\nsleep 100\n`,
      cutAt: "about to be cut",
      ending: "cut",
      output: [...reads("no exitrd"), /^EXITRD_ENDING=no-exitrd$/, /^target: inactive$/],
    },
    {
      script: `${read}systemctl poweroff\n`,
      cutAt: "exitrd: releasing",
      ending: "cut",
      output: [...reads("power lost"), /^EXITRD_ENDING=power-lost$/, /^target: active$/],
    },
    {
      script: `${read}exitrd report --list\nsystemctl poweroff\n`,
      ending: "poweroff",
      output: [
        ...reads("interrupted"),
        /^EXITRD_ENDING=interrupted$/,
        /^target: active$/,
        / -1 .* interrupted$/,
        / -2 .* power-lost$/,
        / -3 .* no-exitrd$/,
        / -4 .* failed, reboot in /,
        / -5 .* degraded, poweroff in /,
        / -6 .* clean, poweroff in /,
      ],
    },
  ],
};

// As on a machine whose firmware boots from it.
const mountEsp = `mkdir -p /boot/efi
echo '/dev/disk/by-id/virtio-esp-part1 /boot/efi vfat defaults 0 2' >>/etc/fstab
systemctl daemon-reload
mount /boot/efi
echo '[Exitrd]' >/etc/exitrd.conf
echo 'Record=esp boot root efivar' >>/etc/exitrd.conf
systemctl restart exitrd-report.service
exitrd record 2>&1
`;

const configure = (
  stores: string,
): string => `printf '[Exitrd]\\nRecord=${stores}\\n' >/etc/exitrd.conf
systemctl restart exitrd-report.service
exitrd record 2>&1
`;

const esp: Story = {
  name: "record: on UEFI it is kept on the ESP, in a partition of its own, or in a variable",
  stack: "ext4",
  hasEsp: true,
  hasFirmware: true,
  boots: [
    {
      script: `${mountEsp}systemctl poweroff\n`,
      ending: "poweroff",
      output: [/^\/boot\/efi\/exitrd\.record, [0-9]+ bytes into vd[a-z]1$/],
      console: [/exitrd: shutdown clean, recorded on 'vd[a-z]1'/],
    },
    {
      script: `${read}${configure("auto")}systemctl reboot\n`,
      ending: "reset",
      output: [...reads("clean"), /^\/dev\/vd[a-z]2, 0 bytes into vd[a-z]2$/],
      console: [/exitrd: shutdown clean, recorded on 'vd[a-z]2'/],
    },
    {
      script: `${read}ls /sys/firmware/efi/efivars | grep -c Boot
echo "variables: $(ls /sys/firmware/efi/efivars | grep -c Exitrd)"
${configure("efivar")}${holdRoot}systemctl poweroff
`,
      ending: "poweroff",
      output: [...reads("clean", /^ {2}reboot at 20/), /^variables: 0$/],
      console: [/exitrd: shutdown degraded, recorded on 'the firmware'/],
    },
    {
      script: `${read}wc -c /sys/firmware/efi/efivars/ExitrdRecord-*\nsystemctl poweroff\n`,
      ending: "poweroff",
      output: [...reads("degraded", /held by dd\[[0-9]+\]/), /^[1-8]?[0-9]{1,2} .*ExitrdRecord-/],
      consoleNever: [/recorded on 'the firmware'/],
    },
    // The driver that keeps the kernel's last words in variables of the firmware.
    {
      script: `${read}modprobe efi_pstore\nsysctl -q kernel.panic=1\necho c >/proc/sysrq-trigger\n`,
      ending: "reset",
      crashes: true,
      output: reads("unrecorded"),
      console: [/Kernel panic - not syncing: sysrq triggered crash/],
    },
    {
      script: `${read}systemctl poweroff\n`,
      ending: "poweroff",
      output: [
        ...reads("crashed", /^What to do:$/, /^ {2}read '\/var\/lib\/systemd\/pstore\/.*dmesg/),
        /^EXITRD_ENDING=crashed$/,
        /^target: active$/,
      ],
    },
  ],
};

// As systemd-gpt-auto-generator mounts it: by the time that the service stops, it is gone.
const automountEsp = `mkdir -p /boot/efi
echo '/dev/disk/by-id/virtio-esp-part1 /boot/efi vfat noauto,x-systemd.automount,x-systemd.idle-timeout=1s 0 0' >>/etc/fstab
systemctl daemon-reload
systemctl start boot-efi.automount
${configure("esp")}`;
const waitUntilIdle = `sleep 5
echo "mounted: $(grep -c ' /boot/efi .* vfat ' /proc/self/mountinfo)"
`;

const automount: Story = {
  name: "record: an ESP that is an automount keeps it, unless its file was moved meanwhile",
  stack: "ext4",
  hasEsp: true,
  hasFirmware: true,
  boots: [
    {
      script: `${automountEsp}${waitUntilIdle}systemctl poweroff\n`,
      ending: "poweroff",
      output: [/^\/boot\/efi\/exitrd\.record, [0-9]+ bytes into vd[a-z]1$/, /^mounted: 0$/],
      console: [/exitrd: shutdown clean, recorded on 'vd[a-z]1'/],
    },
    {
      script: `${read}${waitUntilIdle}mount /dev/disk/by-id/virtio-esp-part1 /mnt
mv /mnt/exitrd.record /mnt/moved
umount /mnt
systemctl poweroff
`,
      ending: "poweroff",
      output: [...reads("clean"), /^mounted: 0$/],
      consoleNever: [/recorded on/],
    },
    { script: `${read}systemctl poweroff\n`, ending: "poweroff", output: reads("unrecorded") },
  ],
};

const elsewhere: Story = {
  name: "record: on BIOS it is kept on the root, and a torn one is recognized",
  stack: "ext4",
  boots: [
    {
      script: `${configure("root")}systemctl poweroff\n`,
      ending: "poweroff",
      output: [/^\/var\/lib\/exitrd\/exitrd\.record, [0-9]+ bytes into nvme0n1p2$/],
      console: [/exitrd: shutdown clean, recorded on 'nvme0n1p2'/],
    },
    // Its root stays, read-only: the record is written to the device below.
    {
      script: `${read}${holdRoot}systemctl reboot\n`,
      ending: "reset",
      output: reads("clean"),
      console: [/exitrd: shutdown degraded, recorded on 'nvme0n1p2'/],
    },
    // What a disk does if it loses power: the sector with the checksum is still the old one.
    {
      script: `${read}systemctl stop exitrd-report.service
systemctl mask --runtime exitrd-report.service
dd if=/dev/zero of=/var/lib/exitrd/exitrd.record bs=1 seek=72 count=8 conv=notrunc status=none
dd if=/dev/zero of=/var/lib/exitrd/exitrd.record bs=1 seek=32840 count=8 conv=notrunc status=none
rm /run/exitrd/record.json
sync
systemctl poweroff
`,
      ending: "poweroff",
      output: reads("degraded"),
      consoleNever: [/recorded on/],
    },
    {
      script: `${read}systemctl poweroff\n`,
      ending: "poweroff",
      output: reads("interrupted", /its record was begun but not finished/),
      console: [/exitrd: shutdown clean, recorded on 'nvme0n1p2'/],
    },
  ],
};

const unmarked: Story = {
  name: "record: a boot without the service is unknown, and not taken for the one before",
  stack: "ext4",
  boots: [
    {
      script: `mkdir -p /var/log/journal
journalctl --flush
systemctl disable exitrd-report.service
systemctl poweroff
`,
      ending: "poweroff",
      console: [/exitrd: shutdown clean, recorded on 'nvme0n1p1'/],
    },
    {
      script: "journalctl --flush --sync\nsystemctl poweroff\n",
      ending: "poweroff",
      consoleNever: [/recorded on/],
    },
    {
      script: `${read}systemctl poweroff\n`,
      ending: "poweroff",
      output: [...reads("unknown"), /^EXITRD_ENDING=unknown$/, /^target: inactive$/],
    },
  ],
};

const nowhere: Story = {
  name: "record: with neither, LVM on LUKS says that it has no place",
  stack: "lvm-on-luks",
  boots: [
    {
      script: `${configure("root")}systemctl poweroff\n`,
      ending: "poweroff",
      output: [/^exitrd: cannot keep a record: no place can take it/],
      consoleNever: [/recorded on/],
    },
    { script: `${read}systemctl poweroff\n`, ending: "poweroff", output: reads("unrecorded") },
  ],
};

// QEMU keeps what the watchdog has done only as long as its process lives, so this script runs at two
// boots of one process. A program opens the watchdog and hangs.
const watchdog: Story = {
  name: "record: a reset by the watchdog is told apart from a power cut",
  stack: "ext4",
  hasWatchdog: true,
  boots: [
    {
      script: `set -u
echo "survives resets"
if [ ! -e /etc/modules-load.d/watchdog.conf ]; then
  echo i6300esb >/etc/modules-load.d/watchdog.conf
  modprobe i6300esb
  echo "bootstatus: $(cat /sys/class/watchdog/watchdog0/bootstatus)"
  sync
  exec 3>/dev/watchdog
  sleep 300
fi
${read}systemctl poweroff
`,
      cues: [{ text: "survives resets", command: surviveResets }],
      ending: "watchdog",
      output: [
        /^bootstatus: 0$/,
        ...reads("watchdog"),
        /^EXITRD_ENDING=watchdog$/,
        /^target: active$/,
      ],
      console: [/exitrd: shutdown clean, recorded on 'nvme0n1p1'/],
    },
  ],
};

// QEMU keeps the event log only as long as its process lives, so this script runs at three boots of
// one process. It is read by a program that knows nothing of exitrd.
const bmc: Story = {
  name: "record: ipmitool finds the entry in the event log of the BMC",
  stack: "ext4",
  hasBmc: true,
  boots: [
    {
      script: `set -u
boot=$(($(cat /root/boots 2>/dev/null || echo 0) + 1))
echo $boot >/root/boots
echo "boot $boot survives resets"
mkdir -p /opt/ipmitool
tar -xf ipmitool.tar -C /opt/ipmitool
ipmi() { /opt/ipmitool/ld.so --library-path /opt/ipmitool /opt/ipmitool/ipmitool "$@" 2>&1; }
if [ $boot = 1 ]; then
  printf '[Exitrd]\\nRecord=auto ipmi\\n' >/etc/exitrd.conf
  exitrd load
  modprobe -r ipmi_devintf
  exitrd record 2>&1
  exitrd check
  printf 'ipmi_si\\nipmi_devintf\\n' >/etc/modules-load.d/ipmi.conf
  systemctl restart systemd-modules-load
  udevadm settle
fi
exitrd record 2>&1
ipmi sel list
if ipmi sel writeraw /run/sel >/dev/null && [ -s /run/sel ]; then od -An -v -tx1 -w16 /run/sel; fi
case $boot in
1) systemctl reboot ;;
2) ${holdRoot}systemctl reboot ;;
3) systemctl poweroff ;;
esac
`,
      files: ["ipmitool.tar"],
      cues: [{ text: "survives resets", command: surviveResets }],
      ending: "poweroff",
      console: [
        /exitrd: shutdown clean, recorded on 'nvme0n1p1'/,
        /exitrd: shutdown clean, recorded on 'the BMC'/,
        /exitrd: shutdown degraded, recorded on 'nvme0n1p1'/,
        /exitrd: shutdown degraded, recorded on 'the BMC'/,
        /exitrd: shutdown clean, recorded on 'the BMC'/,
      ],
      output: [
        /cannot keep a record in '\/dev\/ipmi0': it does not exist/,
        /^note: Record=ipmi is set, but \/dev\/ipmi0 does not exist$/,
        /^\/boot\/exitrd\.record, /,
        /^\/dev\/ipmi0, an entry in the system event log$/,
        /^SEL has no entries$/,
        /^boot 2 /,
        /\| OS graceful shutdown \| Asserted$/,
        / 41 00 04 20 00 6f a3 01 01$/,
        /^boot 3 /,
        /\| OS graceful shutdown \| Asserted$/,
        /\| OS graceful stop \| Asserted$/,
        / 41 00 04 20 00 6f a3 01 01$/,
        / 41 00 04 20 00 6f a2 02 01$/,
      ],
    },
  ],
};

// systemd-pstore moves the dumps when it starts.
const lookAtPstore = `echo "backend: $(cat /sys/module/pstore/parameters/backend)"
echo "left in pstore: $(ls /sys/fs/pstore | wc -l)"
echo "moved: $(find /var/lib/systemd/pstore -name 'dmesg-erst-*' | wc -l)"
echo "always: $(cat /sys/module/printk/parameters/always_kmsg_dump)"
`;
const logged = {
  ending: "poweroff",
  console: [/exitrd: shutdown clean, record logged for 'erst'/],
  consoleNever: [/exitrd-record /, /cannot keep/],
} as const;
const pstorePlace = /^\/sys\/fs\/pstore, in a dump of the kernel log by erst$/;

const pstore: Story = {
  name: "record: LVM on LUKS without another place keeps it in ERST, by pstore",
  stack: "lvm-on-luks",
  hasErst: true,
  boots: [
    {
      script: `${configure("root pstore")}${lookAtPstore}systemctl poweroff\n`,
      ...logged,
      output: [pstorePlace, /^backend: erst$/, /^moved: 0$/, /^always: N$/],
    },
    // Nothing moves the dump of this shutdown, so the next boot removes it from ERST itself.
    {
      script: `${read}${lookAtPstore}systemctl disable systemd-pstore.service\nsystemctl poweroff\n`,
      ...logged,
      output: [
        ...reads("clean", /^ {2}poweroff at 20/, /^ {2}dm remove cryptroot /),
        /^EXITRD_ENDING=clean$/,
        /^target: inactive$/,
        /^left in pstore: 0$/,
        /^moved: [1-3]$/,
        /^always: N$/,
      ],
    },
    {
      script: `${read}${lookAtPstore}exitrd report --list\nsystemctl poweroff\n`,
      ...logged,
      output: [
        ...reads("clean"),
        /^left in pstore: 0$/,
        / -1 .* clean, poweroff in /,
        / -2 .* clean/,
      ],
    },
  ],
};

// Memory that the kernel leaves alone, and that keeps its contents while one process of QEMU lives.
const ramoopsStart = memoryMiB - 16;

const ramoops: Story = {
  name: "record: without another place it is kept in RAM that survives a reset, by ramoops",
  stack: "lvm-on-luks",
  extraCommandLine: `mem=${ramoopsStart}M`,
  boots: [
    {
      script: `set -u
echo "survives resets"
if [ ! -e /etc/modules-load.d/ramoops.conf ]; then
  echo options ramoops mem_address=${ramoopsStart * mebibyte} mem_size=${mebibyte} record_size=65536 max_reason=0 >/etc/modprobe.d/ramoops.conf
  echo ramoops >/etc/modules-load.d/ramoops.conf
  modprobe ramoops
  ${configure("root pstore")}
  ${lookAtPstore}
  systemctl reboot
  sleep 300
fi
${read}${lookAtPstore}systemctl poweroff
`,
      cues: [{ text: "survives resets", command: surviveResets }],
      ending: "poweroff",
      console: [
        /exitrd: shutdown clean, record logged for 'ramoops'/,
        /exitrd: shutdown clean, record logged for 'ramoops'/,
      ],
      consoleNever: [/exitrd-record /, /cannot keep/],
      output: [
        /^\/sys\/fs\/pstore, in a dump of the kernel log by ramoops$/,
        /^backend: ramoops$/,
        ...reads("clean", /^ {2}reboot at 20/, /^ {2}dm remove cryptroot /),
        /^EXITRD_ENDING=clean$/,
        /^target: inactive$/,
        /^backend: ramoops$/,
        /^left in pstore: 0$/,
      ],
    },
  ],
};

export const stories: readonly Story[] = [
  ...[verdicts, esp, automount, elsewhere, unmarked, nowhere],
  ...[watchdog, bmc, pstore, ramoops],
];
