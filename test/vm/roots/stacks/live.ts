import { nvme } from "../disks.ts";
import type { RootDisk, RootStack } from "../root-stack.ts";

const disks: readonly RootDisk[] = [nvme(800)];

const squashfs = "/run/live/rootfs/filesystem.squashfs";

/** Bash, in the stage: writes the system as a squashfs to the file system at /mnt/a. */
export const makeSquashfs = `mkdir /mnt/a/live
mount -o ro,noload "$system" /mnt/b
mksquashfs /mnt/b /mnt/a/live/filesystem.squashfs -comp lz4 -no-progress -e boot usr/lib/modules var/cache var/lib/apt
umount /mnt/b
`;

// One medium for all: a FAT with the system as a squashfs, and an image for persistence. The
// modules are those of the initrd.
const buildMedium = `echo 'label: dos
type=c' | sfdisk -q --no-tell-kernel /dev/nvme0n1
blockdev --rereadpt /dev/nvme0n1
mkfs.vfat -F 32 /dev/nvme0n1p1
modprobe -a vfat nls_cp437 nls_ascii
mount -t vfat /dev/nvme0n1p1 /mnt/a
${makeSquashfs}dd if=/dev/zero of=/mnt/a/persistence bs=1M count=96 status=none
mkfs.ext4 -q /mnt/a/persistence
ls -l /mnt/a /mnt/a/live
umount /mnt/a
`;

/** All mounts that live-boot creates in the initrd. */
const bootMedium = (
  how: string,
): string => `modprobe -a nvme vfat nls_cp437 nls_ascii loop squashfs overlay ext4
udevadm settle
mkdir -p /run/live/medium ${squashfs} /run/live/overlay /run/live/persistence /run/live/copy
mount -t vfat -o ${how} /dev/nvme0n1p1 /run/live/medium
`;

export const bootSquashfs = `losetup -r /dev/loop0 /run/live/medium/live/filesystem.squashfs
mount -t squashfs -o ro /dev/loop0 ${squashfs}
`;

const bootOverlay = (upper: string): string => `mkdir -p ${upper}/rw ${upper}/work
mount -t overlay -o noatime,lowerdir=${squashfs},upperdir=${upper}/rw,workdir=${upper}/work overlay "$rootmnt"
`;

export const bootRamOverlay = `mount -t tmpfs tmpfs /run/live/overlay
${bootOverlay("/run/live/overlay")}`;

export const useMarker = `printf "$marker%.0s" {1..2048} >/var/tmp/marker
test "$(stat -c %s /var/tmp/marker)" = 65536
grep -l . /run/live/overlay/rw/var/tmp/marker
`;

const inspectMedium = `fsck.vfat -n /dev/nvme0n1p1 >/tmp/fsck && code=0 || code=$?
cat /tmp/fsck
if grep -q 'Dirty bit is set' /tmp/fsck; then fact "medium: dirty bit is set"
elif [ "$code" = 0 ]; then fact "medium: clean"
else fact "medium: fsck.vfat objects"; fi
modprobe -a vfat nls_cp437 nls_ascii
mount -t vfat -o ro /dev/nvme0n1p1 /mnt/a
`;

const inspectPersistence = `${inspectMedium}fact_ext4 persistence /mnt/a/persistence
`;

/** dracut's dmsquash-live mounts them below /run/initramfs, where our tree is mounted as well. */
const moveBelowTree = (script: string): string =>
  script.replaceAll("/run/live/", "/run/initramfs/");

/** Roots of live systems: an overlay on a squashfs in a file on a medium. */
export const liveStacks: readonly RootStack[] = [
  {
    name: "a live medium with a persistence image",
    medium: "live",
    disks,
    build: buildMedium,
    boot: `${bootMedium("rw")}${bootSquashfs}losetup /dev/loop1 /run/live/medium/persistence
mount -t ext4 /dev/loop1 /run/live/persistence
${bootOverlay("/run/live/persistence")}`,
    commandLine: "boot=exitrd",
    steps: [/umount '\/oldroot'/, /loop detach 'loop[01]'/, /loop detach 'loop[01]'/],
    inspect: inspectPersistence,
    factsWithExitrd: ["medium: clean", "persistence: clean"],
    factsWithout: ["medium: dirty bit is set", "persistence: needs recovery"],
  },
  {
    name: "a live medium without persistence",
    medium: "live",
    disks,
    build: buildMedium,
    boot: `${bootMedium("ro")}${bootSquashfs}${bootRamOverlay}`,
    commandLine: "boot=exitrd init_on_free=1",
    searchesRam: true,
    use: useMarker,
    steps: [/umount '\/oldroot'/, /loop detach 'loop0'/],
    inspect: inspectMedium,
    factsWithExitrd: ["medium: clean", "marker in RAM: none"],
    factsWithout: ["medium: clean", "marker in RAM: found"],
  },
  {
    name: "a live system copied to RAM",
    medium: "live",
    disks,
    build: buildMedium,
    // As live-boot's "toram": the copy replaces the medium.
    boot: `${bootMedium("ro")}mount -t tmpfs -o size=60% tmpfs /run/live/copy
mkdir /run/live/copy/live
cp /run/live/medium/live/filesystem.squashfs /run/live/copy/live
umount /run/live/medium
mount -o move /run/live/copy /run/live/medium
${bootSquashfs}${bootRamOverlay}`,
    commandLine: "boot=exitrd init_on_free=1",
    searchesRam: true,
    use: useMarker,
    steps: [/umount '\/oldroot'/, /loop detach 'loop0'/],
    inspect: inspectMedium,
    factsWithExitrd: ["medium: clean", "marker in RAM: none"],
    factsWithout: ["medium: clean", "marker in RAM: found"],
  },
  {
    name: "a live medium that is mounted below /run/initramfs, as dracut does",
    medium: "live",
    disks,
    build: buildMedium,
    boot: moveBelowTree(`${bootMedium("rw")}${bootSquashfs}losetup /dev/loop1 /run/live/medium/persistence
mount -t ext4 /dev/loop1 /run/live/persistence
${bootOverlay("/run/live/persistence")}`),
    commandLine: "boot=exitrd",
    // Programs of a live system look for its medium at this path.
    use: moveBelowTree(`test -e /run/live/medium/live/filesystem.squashfs
test -d /run/live/persistence/rw
`),
    steps: [/umount '\/oldroot'/, /loop detach 'loop[01]'/, /loop detach 'loop[01]'/],
    inspect: inspectPersistence,
    factsWithExitrd: ["medium: clean", "persistence: clean"],
    factsWithout: ["medium: dirty bit is set", "persistence: needs recovery"],
  },
];
