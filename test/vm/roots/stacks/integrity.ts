import { nvme, twoNvme } from "../disks.ts";
import type { RootStack } from "../root-stack.ts";

// Explicitly, because udev does not recognize a disk with standalone dm-integrity.
const openAll = `for disk in ${twoNvme}; do
  integritysetup open --integrity crc32c $disk int-\${disk#/dev/}
done
`;

const members = "/dev/mapper/int-nvme0n1 /dev/mapper/int-nvme1n1";

/**
 * Counts the entries of a journal that were not removed after being written to their place:
 * drivers/md/dm-integrity.c, struct superblock, struct journal_sector, journal_entry_is_unused().
 * For 4096-byte sectors and tags of 4.
 */
const countJournal = `cat >/tmp/journal.pl <<'END'
my ($disk) = @ARGV;
open(my $file, "<:raw", $disk) or die;
read($file, my $super, 512);
my ($magic, $tag, $sections) = (substr($super, 0, 8), unpack("v", substr($super, 10, 2)), unpack("V", substr($super, 12, 4)));
die "no superblock of dm-integrity" unless $magic =~ /^integrt/ && $tag == 4 && ord(substr($super, 28, 1)) == 3;
my $entry = 80;
my $each = int(496 / $entry);
my $length = 8 + ($each * 8 << 3);
my $used = 0;
for my $section (0 .. $sections - 1) {
  seek($file, 4096 + $section * $length * 512, 0);
  read($file, my $entries, 4096);
  for my $sector (0 .. 7) {
    for my $at (0 .. $each - 1) {
      $used++ unless unpack("V", substr($entries, $sector * 512 + $at * $entry + 4, 4)) == 0xffffffff;
    }
  }
}
print "$used\\n";
END
`;

/** Roots on checksummed disks. */
export const integrityStacks: readonly RootStack[] = [
  {
    name: "LVM on LUKS on MD RAID1 over two dm-integrity",
    disks: [nvme(1600), nvme(1600)],
    build: `for disk in ${twoNvme}; do
  integritysetup format -q --integrity crc32c --sector-size 4096 $disk
done
${openAll}mdadm --create --run /dev/md0 --name=root --level=1 --raid-devices=2 --assume-clean ${members}
echo secret >/tmp/key
cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /tmp/key /dev/md0
cryptsetup open --key-file /tmp/key /dev/md0 cryptroot
pvcreate -q /dev/mapper/cryptroot
vgcreate -q vg /dev/mapper/cryptroot
lvcreate -q -y -L 1400M -n root vg
copy_root /dev/vg/root
vgchange -q -an vg
cryptsetup close cryptroot
mdadm --stop /dev/md0
for disk in ${twoNvme}; do integritysetup close int-\${disk#/dev/}; done
`,
    noAutoAssembly: true,
    boot: `modprobe -a nvme dm_integrity dm_crypt raid1
udevadm settle
${openAll}mdadm --assemble --run /dev/md0 ${members}
echo secret >/run/key
cryptsetup open --key-file /run/key /dev/md0 cryptroot
rm /run/key
lvm vgchange -ay vg
`,
    commandLine: "root=/dev/mapper/vg-root",
    steps: [
      /umount '\/oldroot'/,
      /dm remove 'vg-root'/,
      /dm remove 'cryptroot'/,
      /md stop 'md0'/,
      /dm remove 'int-nvme/,
      /dm remove 'int-nvme/,
    ],
    inspect: `${countJournal}for disk in ${twoNvme}; do
  used=$(perl /tmp/journal.pl $disk)
  echo "$disk: $used"
  if [ "$used" = 0 ]; then fact "journal of $disk: empty"; else fact "journal of $disk: not empty"; fi
done
${openAll}fact_members ${members}
mdadm --assemble --readonly --run /dev/md0 ${members}
fact_resync md0
echo secret >/tmp/key
cryptsetup open --readonly --key-file /tmp/key /dev/md0 cryptroot
vgchange -ay vg
fact_ext4 root /dev/vg/root
`,
    factsWithExitrd: [
      "journal of /dev/nvme0n1: empty",
      "journal of /dev/nvme1n1: empty",
      "member mapper/int-nvme0n1: clean",
      "member mapper/int-nvme1n1: clean",
      "md0: resync from none",
      "root: clean",
    ],
    factsWithout: [
      "journal of /dev/nvme0n1: not empty",
      "journal of /dev/nvme1n1: not empty",
      "member mapper/int-nvme0n1: clean",
      "member mapper/int-nvme1n1: clean",
      "md0: resync from none",
      "root: clean",
    ],
  },
];
