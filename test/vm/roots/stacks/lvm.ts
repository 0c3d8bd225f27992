import { nvme, twoNvme } from "../disks.ts";
import type { RootStack } from "../root-stack.ts";

/** Roots on logical volumes with metadata of their own. */
export const lvmStacks: readonly RootStack[] = [
  {
    name: "LVM thin pool on MD RAID10 over two NVMe",
    disks: [nvme(1600), nvme(1600)],
    build: `mdadm --create --run /dev/md0 --name=root --level=10 --raid-devices=2 --assume-clean ${twoNvme}
pvcreate -q /dev/md0
vgcreate -q vg /dev/md0
lvcreate -q -y -T -L 1480M --poolmetadatasize 4M vg/pool
lvcreate -q -y -T -V 1400M vg/pool -n root
copy_root /dev/vg/root
vgchange -q -an vg
mdadm --stop /dev/md0
`,
    commandLine: "root=/dev/mapper/vg-root",
    steps: [
      /umount '\/oldroot'/,
      /dm remove 'vg-root'/,
      /dm remove 'vg-pool-tpool'/,
      /dm remove 'vg-pool_t/,
      /md stop 'md/,
    ],
    inspect: `fact_members ${twoNvme}
mdadm --assemble --readonly --run /dev/md0 ${twoNvme}
fact_resync md0
lvchange -y -ay vg/pool_tmeta
thin_check /dev/mapper/vg-pool_tmeta && fact "thin metadata: good"
lvchange -an vg/pool_tmeta
mdadm --readwrite /dev/md0
vgchange -ay -K vg
fact_ext4 root /dev/vg/root
`,
    factsWithExitrd: [
      "member nvme0n1: clean",
      "member nvme1n1: clean",
      "md0: resync from none",
      "thin metadata: good",
      "root: clean",
    ],
    factsWithout: [
      "member nvme0n1: clean",
      "member nvme1n1: clean",
      "md0: resync from none",
      "thin metadata: good",
      "root: clean",
    ],
  },
  {
    name: "LVM write-back cache",
    disks: [nvme(1500), nvme(300)],
    build: `pvcreate -q ${twoNvme}
vgcreate -q vg ${twoNvme}
lvcreate -q -y -L 1400M -n root vg /dev/nvme0n1
copy_root /dev/vg/root
lvcreate -q -y --type cache-pool -L 200M -n fast vg /dev/nvme1n1
lvconvert -q -y --type cache --cachemode writeback --cachepool vg/fast vg/root
vgchange -q -an vg
`,
    commandLine: "root=/dev/mapper/vg-root",
    steps: [/umount '\/oldroot'/, /dm remove 'vg-root'/, /dm remove 'vg-fast_cpool_c/],
    inspect: `lvs -a vg
lvchange -y -ay vg/fast_cpool_cmeta
# struct cache_disk_superblock, drivers/md/dm-cache-metadata.c: CLEAN_SHUTDOWN is bit 0.
case "$(od -A n -t u4 -j 4 -N 4 /dev/mapper/vg-fast_cpool_cmeta | tr -d ' ')" in
  1) fact "cache: marked clean" ;;
  0) fact "cache: not marked clean" ;;
  *) fact "cache: strange flags" ;;
esac
cache_check /dev/mapper/vg-fast_cpool_cmeta && fact "cache metadata: good"
dd if=/dev/mapper/vg-fast_cpool_cmeta of=/tmp/cmeta bs=1M status=none
lvchange -an vg/fast_cpool_cmeta
vgchange -ay vg
table=$(dmsetup table vg-root)
fact_ext4 root /dev/vg/root
# The kernel begins at once to write back what counts as dirty: the cache is set up once
# more, over its metadata as it was, but so that it is never idle and a quarter is
# written at most (drivers/md/dm-cache-target.c, spare_migration_bandwidth).
dmsetup remove vg-root
dd if=/tmp/cmeta of=/dev/mapper/vg-fast_cpool_cmeta bs=1M oflag=direct status=none
dmsetup create again --table "\${table% 0} 2 migration_threshold 0" && dmsetup status again >/tmp/status
cat /tmp/status
# Documentation/admin-guide/device-mapper/cache.rst, "Status".
read -r _ _ _ _ _ _ blocks _ _ _ _ _ _ dirty _ </tmp/status
if [ "$((dirty * 2))" -ge "\${blocks%/*}" ]; then fact "cache: its blocks count as dirty"; fi
`,
    factsWithExitrd: ["cache: marked clean", "cache metadata: good", "root: clean"],
    factsWithout: [
      "cache: not marked clean",
      "cache metadata: good",
      "cache: its blocks count as dirty",
      "root: clean",
    ],
  },
  {
    name: "LVM writecache",
    disks: [nvme(1500), nvme(300)],
    build: `pvcreate -q ${twoNvme}
vgcreate -q vg ${twoNvme}
lvcreate -q -y -L 1400M -n root vg /dev/nvme0n1
copy_root /dev/vg/root
lvcreate -q -y -L 200M -n fast vg /dev/nvme1n1
lvchange -q -an vg/fast
lvconvert -q -y --type writecache --cachevol fast vg/root
vgchange -q -an vg
`,
    commandLine: "root=/dev/mapper/vg-root",
    use: `sync
dmsetup status vg-root
`,
    steps: [/umount '\/oldroot'/, /dm remove 'vg-root'/, /dm remove 'vg-fast_cvol'/],
    inspect: `vgchange -ay vg
dmsetup status vg-root | tee /tmp/status
# Errors, blocks, free blocks: drivers/md/dm-writecache.c, writecache_status().
read -r start length target errors blocks free rest </tmp/status
if [ "$blocks" = "$free" ]; then fact "writecache: empty"; else fact "writecache: holds blocks"; fi
fact "writecache: $errors errors"
fact_ext4 root /dev/vg/root
`,
    factsWithExitrd: ["writecache: empty", "writecache: 0 errors", "root: clean"],
    factsWithout: ["writecache: holds blocks", "writecache: 0 errors", "root: clean"],
  },
];
