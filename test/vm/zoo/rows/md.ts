import type { Row } from "../row.ts";

const create = "mdadm --quiet --create --run --homehost=zoo";

function plain(level: string, members: number): Row {
  const all = Array.from({ length: members }, (_, index) => `$d${index + 1}`).join(" ");
  const clean = `--assume-clean`;
  return {
    name: `md raid${level}`,
    parts: Array.from({ length: members }, () => 24),
    build: `${create} ${level === "0" ? "" : clean} --level=${level} --raid-devices=${members} /dev/md/zoo${level} ${all}
ext4_with_data /dev/md/zoo${level}
`,
    steps: ["md stop 'md"],
    inspect: `clean_md ${all}
assemble /dev/md/zoo${level} ${all}
good_ext4 /dev/md/zoo${level}
`,
  };
}

/** Arrays of the kernel's own metadata. */
export const mdRows: readonly Row[] = [
  plain("0", 2),
  plain("1", 2),
  plain("5", 3),
  plain("6", 4),
  plain("10", 4),
  {
    name: "md raid1 write-mostly with partitions",
    parts: [64, 64],
    build: `${create} --assume-clean --level=1 --raid-devices=2 --bitmap=internal --write-behind=256 \\
  /dev/md/zoomostly $d1 --write-mostly $d2
md=$(readlink -f /dev/md/zoomostly)
printf 'label: gpt\\nsize=24MiB\\nsize=24MiB\\n' | sfdisk -q --no-tell-kernel $md
blockdev --rereadpt $md
ext4_with_data \${md}p1
dmsetup create zoo-on-md --table "0 $(sectors \${md}p2) linear \${md}p2 0"
`,
    steps: ["dm remove 'zoo-on-md'", "md stop 'md"],
    inspect: `clean_md $d1 $d2
assemble /dev/md/zoomostly $d1 $d2
good_ext4 $(readlink -f /dev/md/zoomostly)p1
`,
  },
  {
    name: "md raid1 with its bitmap in a file",
    parts: [24, 24, 16],
    build: `ext4_with_data $d3 /zoo/bitmap
${create} --assume-clean --level=1 --raid-devices=2 --bitmap=/zoo/bitmap/map /dev/md/zoobitmap $d1 $d2
ext4_with_data /dev/md/zoobitmap
`,
    steps: ["md stop 'md"],
    inspect: `clean_ext4 $d3
clean_md $d1 $d2
assemble /dev/md/zoobitmap $d1 $d2
good_ext4 /dev/md/zoobitmap
`,
  },
  {
    name: "md raid1 during a recovery",
    parts: [64, 64],
    build: `${create} --level=1 --raid-devices=2 /dev/md/zoorecovery $d1 missing
md=$(basename $(readlink -f /dev/md/zoorecovery))
echo 100 >/sys/block/$md/md/sync_speed_max
ext4_with_data /dev/md/zoorecovery
mdadm --quiet /dev/md/zoorecovery --add $d2
sleep 1
cat /proc/mdstat
`,
    steps: ["md stop 'md"],
    inspect: `clean_md $d1
mdadm --examine $d2 | grep -q 'Recovery Offset' || fail "the recovery does not go on where it was"
assemble /dev/md/zoorecovery $d1
good_ext4 /dev/md/zoorecovery
`,
  },
];
