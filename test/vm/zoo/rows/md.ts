import type { Row } from "../row.ts";

const create = "mdadm --quiet --create --run --homehost=zoo";

const whole = `for n in 1 2; do
  part=d$n
  dmsetup create zoo-ddf$n --table "0 $(sectors \${!part}) linear \${!part} 0"
done
w1=$(readlink -f /dev/mapper/zoo-ddf1)
w2=$(readlink -f /dev/mapper/zoo-ddf2)
`;

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

/**
 * Arrays of several levels, during a recovery or reshape, and with metadata that a process
 * maintains.
 */
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
echo 100 >/sys/block/$md/md/sync_speed_min
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
  {
    name: "md raid5 during a reshape",
    parts: [96, 96, 96, 96],
    build: `${create} --assume-clean --level=5 --raid-devices=3 --data-offset=16M /dev/md/zooreshape $d1 $d2 $d3
md=$(basename $(readlink -f /dev/md/zooreshape))
ext4_with_data /dev/md/zooreshape
mdadm --quiet /dev/md/zooreshape --add $d4
# Else it waits for the recovery of another array on the same disks.
echo 1 >/sys/block/$md/md/sync_force_parallel
echo 2000 >/sys/block/$md/md/sync_speed_min
echo 2000 >/sys/block/$md/md/sync_speed_max
mdadm --grow /dev/md/zooreshape --raid-devices=4
while [ "$(cat /sys/block/$md/md/reshape_position)" -lt 4096 ]; do sleep 0.1; done
echo 100 >/sys/block/$md/md/sync_speed_min
echo 100 >/sys/block/$md/md/sync_speed_max
cat /proc/mdstat
put $at
`,
    steps: ["md stop 'md"],
    inspect: `clean_md $d1 $d2 $d3 $d4
mdadm --examine $d1 >/tmp/md
grep "Reshape pos'n" /tmp/md || fail "the reshape does not go on where it was"
position=$(sed -n "s/.*Reshape pos'n : \\([0-9]*\\).*/\\1/p" /tmp/md)
[ "$position" -ge 2048 ] || fail "the reshape begins again: $position"
assemble /dev/md/zooreshape $d1 $d2 $d3 $d4
good_ext4 /dev/md/zooreshape
`,
  },
  {
    name: "md raid1 with DDF metadata and its mdmon",
    parts: [96, 96],
    // mdadm accepts it only on whole disks.
    build: `${whole}mdadm --create --run /dev/md/zooddf --metadata=ddf --raid-devices=2 $w1 $w2
mdadm --create --run /dev/md/zoovolume --level=1 --raid-devices=2 --assume-clean --size=32M /dev/md/zooddf
# Until its mdmon has come up.
state=/sys/block/$(basename $(readlink -f /dev/md/zoovolume))/md/array_state
tries=0
while grep -x readonly $state; do
  sleep 0.1
  tries=$((tries + 1))
  # It may have missed the new array.
  if [ $((tries % 100)) = 0 ]; then mdmon --takeover $(basename $(readlink -f /dev/md/zooddf)) || true; fi
done
ext4_with_data /dev/md/zoovolume
cat /proc/mdstat
until mdadm --examine $w1 | grep 'Not Consistent'; do date >$at/date; sync -f $at/date; sleep 0.1; done
`,
    steps: ["mdmon end 'md", "md stop 'md", "dm remove 'zoo-ddf1'", "dm remove 'zoo-ddf2'"],
    inspect: `${whole}for member in $w1 $w2; do
  mdadm --examine $member >/tmp/md
  grep -qi 'init state.*fully' /tmp/md || fail "$member: $(grep -i state /tmp/md)"
  if grep -q 'Not Consistent' /tmp/md; then fail "$member is not consistent"; fi
done
mdadm --assemble --readonly /dev/md/zooddf --metadata=ddf $w1 $w2
container=$(basename $(readlink -f /dev/md/zooddf))
mdadm --incremental /dev/$container
volume=$(grep -l "external:[-/]$container/" /sys/block/md*/md/metadata_version | cut -d / -f 4)
[ "$(cat /sys/block/$volume/md/resync_start)" = none ] || fail "a resync is to come"
good_ext4 /dev/$volume
`,
  },
];
