import { nvme, twoNvme } from "../disks.ts";
import type { RootStack } from "../root-stack.ts";

/** Roots on arrays whose metadata is maintained by a process. */
export const externalStacks: readonly RootStack[] = [
  {
    name: "IMSM RAID1 with mdmon",
    disks: [nvme(1600), nvme(1600)],
    build: `mdadm --create --run /dev/md/imsm0 --metadata=imsm --raid-devices=2 ${twoNvme}
mdadm --create --run /dev/md/root --level=1 --raid-devices=2 --assume-clean --size=1500M /dev/md/imsm0
cat /proc/mdstat
copy_root /dev/md/root
mdadm --wait-clean --scan || true
cat /proc/mdstat
mdadm --stop /dev/md126
mdadm --stop /dev/md127
`,
    noAutoAssembly: true,
    boot: `udevadm settle
export IMSM_NO_PLATFORM=1
mdadm --assemble /dev/md127 --metadata=imsm ${twoNvme}
mdadm --incremental /dev/md127
cat /proc/mdstat
`,
    commandLine: "root=/dev/md126",
    // Started from the root itself, not from the initrd: then mdmon keeps the root busy that it
    // serves.
    use: `systemctl start mdmon@md127.service
until [ "$(readlink "/proc/$(cat /run/mdadm/md127.pid)/exe")" = "$(readlink -f /sbin/mdmon)" ]; do sleep 0.1; done
is_dirty() {
  dd if=/dev/urandom of=/var/tmp/more bs=4k count=1 conv=fsync status=none
  cat /sys/block/md126/md/array_state
  IMSM_NO_PLATFORM=1 mdadm --examine /dev/nvme0n1 | grep 'Dirty State : dirty'
}
# Otherwise the inspector's "clean" would mean nothing.
until is_dirty; do sleep 0.5; done
cat /sys/block/md126/md/safe_mode_delay
`,
    steps: [/mdmon end 'md127'/, /umount '\/oldroot'/, /md stop 'md126'/, /md stop 'md127'/],
    inspect: `for disk in ${twoNvme}; do
  mdadm --examine $disk >/tmp/md
  cat /tmp/md
  fact "$disk: $(grep -c 'Dirty State : clean' /tmp/md) clean, $(grep -c 'Migrate State : idle' /tmp/md) idle"
done
mdadm --assemble --readonly /dev/md127 --metadata=imsm ${twoNvme}
mdadm --incremental /dev/md127
cat /proc/mdstat
fact_resync md126
fact_ext4 root /dev/md126
`,
    factsWithExitrd: [
      "/dev/nvme0n1: 1 clean, 1 idle",
      "/dev/nvme1n1: 1 clean, 1 idle",
      "md126: resync from none",
      "root: clean",
    ],
    factsWithout: [
      "/dev/nvme0n1: 1 clean, 1 idle",
      "/dev/nvme1n1: 1 clean, 1 idle",
      "md126: resync from none",
      "root: clean",
    ],
  },
];
