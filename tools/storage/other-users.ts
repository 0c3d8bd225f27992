import { ALL, type KernelUser, UNTIL_6_12 } from "./kernel-user.ts";

/** Everything else in the kernel that keeps a block device or a file busy. */
export const OTHER_USERS: readonly KernelUser[] = [
  ...makeBlockDrivers(),
  ...makeTargets(),
  ...makeServers(),
  ...makeTracers(),
  ...makeShortUsers(),
];

function makeBlockDrivers(): readonly KernelUser[] {
  return [
    {
      names: ["loop"],
      linux: ALL,
      holds: "its backing file or device",
      seenBy: "`loop/backing_file`, LOOP_GET_STATUS64",
      done: { kind: "released", by: "loop" },
    },
    {
      names: ["device-mapper"],
      linux: ALL,
      holds: "the devices of its tables",
      seenBy: "DM_TABLE_STATUS, `slaves`",
      done: { kind: "released", by: "dm" },
      sources: ["drivers/md/dm.c"],
    },
    {
      names: ["md"],
      linux: ALL,
      holds: "its members, its journal, the file of its bitmap",
      seenBy: "`md/` in sysfs, GET_BITMAP_FILE",
      done: { kind: "released", by: "md" },
      sources: ["drivers/md/md.c"],
    },
    {
      names: ["bcache"],
      linux: ALL,
      holds: "cached disks and cache devices; registered disks whose set is missing",
      seenBy: "`bcache/` in sysfs, /sys/fs/bcache",
      done: {
        kind: "released",
        by: "bcache",
        how: "a disk registered without its set is not noticed",
      },
      sources: ["drivers/md/bcache/super.c"],
    },
    {
      names: ["drbd"],
      linux: ALL,
      holds: "its lower and its metadata device",
      seenBy: "DRBD_ADM_GET_STATUS",
      done: { kind: "released", by: "drbd" },
      sources: ["drivers/block/drbd/drbd_nl.c"],
    },
    {
      names: ["zram"],
      linux: ALL,
      holds: "the device for idle pages",
      seenBy: "`backing_dev`",
      done: { kind: "released", by: "zram" },
      sources: ["drivers/block/zram/zram_drv.c"],
    },
    {
      names: ["nbd"],
      linux: ALL,
      holds: "a socket; a local server holds its image",
      seenBy: "`pid`",
      done: { kind: "released", by: "nbd", how: "a local server is not associated with it" },
    },
    {
      names: ["rbd"],
      linux: ALL,
      holds: "a connection to a Ceph cluster, a lock or a watch on the image",
      seenBy: "/sys/bus/rbd/devices/N",
      done: { kind: "released", by: "rbd" },
    },
    {
      names: ["rnbd-client"],
      linux: ALL,
      holds: "an RDMA session with its server",
      seenBy: "`rnbd/` in /sys/block/rnbdN, /sys/class/rnbd-client",
      done: { kind: "not-looked-at", so: "it counts as a disk: never unmapped (`unmap_device`)" },
    },
    {
      names: ["ublk"],
      linux: ALL,
      holds: "a process, which has the image open",
      seenBy: "/sys/class/ublk-char, /proc/PID/fd of its server",
      done: {
        kind: "released",
        by: "ublk",
        how: "if its server has the mark of a storage daemon; any other is killed before the mounts on the device are released",
      },
    },
    {
      names: ["zloop"],
      linux: ["7.2"],
      holds: "a file for each zone, and their directory",
      seenBy: "/sys/block/zloopN; nothing shows the directory",
      done: {
        kind: "not-looked-at",
        so: "it counts as a disk: never removed (/dev/zloop-control), so the mount of its files stays, and is reported without a holder",
      },
      sources: ["drivers/block/zloop.c"],
    },
    {
      names: ["pktcdvd"],
      linux: UNTIL_6_12,
      holds: "a CD or DVD drive that is written in packets",
      seenBy: "/sys/class/pktcdvd/device_map",
      done: {
        kind: "not-looked-at",
        so: "it counts as a disk: file systems on it are unmounted, which writes its packets; its drive stays open",
      },
      sources: ["drivers/block/pktcdvd.c"],
    },
    {
      names: ["AoE (aoe)"],
      linux: ALL,
      holds: "nothing on this machine; the protocol has no session",
      seenBy: "/sys/block/etherd!eN.N",
      done: {
        kind: "not-needed",
        why: "nothing has to be closed after file systems on it are unmounted",
      },
    },
    {
      names: ["brd", "null_blk", "scsi_debug"],
      linux: ALL,
      holds: "memory",
      seenBy: "/sys/block",
      done: { kind: "not-needed", why: "its data is lost with the machine anyway" },
    },
    {
      names: ["iSCSI over RDMA (ib_iser)", "SRP (ib_srp)", "FCoE (fcoe, bnx2fc)"],
      linux: ALL,
      holds: "a session with the target, which provides disks",
      seenBy: "/sys/class/iscsi_connection, /sys/class/srp_remote_ports, /sys/bus/fcoe/devices",
      done: {
        kind: "not-looked-at",
        so: "their disks count as disks of this machine: there is no logout, and an unreachable target delays reboot(2)",
      },
    },
    {
      names: ["iSCSI (iscsi_tcp)", "NVMe over fabrics"],
      linux: ALL,
      holds: "a session with the target, which provides disks",
      seenBy: "/sys/class/iscsi_connection, /sys/class/nvme-subsystem",
      done: { kind: "released", by: "session" },
    },
    {
      names: ["USB/IP (vhci_hcd)"],
      linux: ALL,
      holds: "a TCP connection to the machine that has the USB device",
      seenBy: "/sys/devices/platform/vhci_hcd.N/status",
      done: {
        kind: "not-looked-at",
        so: "its disks count as disks of this machine: never detached (`detach`), and a lost connection delays reboot(2)",
      },
    },
    {
      names: ["block2mtd"],
      linux: ALL,
      holds: "a block device that it presents as flash, exclusively",
      seenBy: "/sys/class/mtd/mtdN/name: `block2mtd: PATH`, unless it has a label",
      done: {
        kind: "not-looked-at",
        so: "its device stays open; only the removal of the module closes it",
      },
      sources: ["drivers/mtd/devices/block2mtd.c"],
    },
    {
      names: ["nandsim"],
      linux: ALL,
      holds: "a file, for tests of flash (`cache_file=`)",
      seenBy: "/sys/module/nandsim/parameters/cache_file",
      done: { kind: "not-looked-at", so: "the mount of that file stays; for tests only" },
      sources: ["drivers/mtd/nand/raw/nandsim.c"],
    },
    {
      names: ["DASD (s390)"],
      linux: ALL,
      holds: "its own disk, while that is online",
      seenBy: "/sys/bus/ccw/devices",
      done: { kind: "not-needed", why: "it is hardware, which stays" },
      sources: ["drivers/s390/block/dasd_genhd.c"],
    },
    {
      names: ["UBI, gluebi, ubiblock, mtdblock"],
      linux: ALL,
      holds: "flash partitions (MTD), no block device",
      seenBy: "/sys/class/ubi, /sys/class/mtd",
      done: {
        kind: "not-needed",
        why: "UBI writes immediately, and recovers its state when it attaches",
      },
    },
    {
      names: ["pstore_blk"],
      linux: ALL,
      holds: "the partition that crash logs are written to",
      seenBy: "/sys/module/pstore_blk/parameters/blkdev",
      done: {
        kind: "not-needed",
        why: "it has to write until the very end, directly to its partition; a dm or md device below it would stay",
      },
      sources: ["fs/pstore/blk.c"],
    },
  ];
}

function makeTargets(): readonly KernelUser[] {
  return [
    {
      names: ["LIO: iblock, pscsi, fileio"],
      linux: ALL,
      holds: "the block device, SCSI device or file of each storage object",
      seenBy: "`/sys/kernel/config/target/core/*/*/{udev_path,info,enable}`",
      done: {
        kind: "released",
        by: "export",
        how: "iblock and fileio; for pscsi, the report names the module",
      },
      sources: [
        "drivers/target/target_core_iblock.c",
        "drivers/target/target_core_pscsi.c",
        "drivers/target/target_core_file.c",
      ],
    },
    {
      names: ["LIO: user (tcmu)"],
      linux: ALL,
      holds: "a process (tcmu-runner), which has the image open",
      seenBy: "`/sys/kernel/config/target/core/user_*/*/info`, /sys/class/uio",
      done: {
        kind: "not-looked-at",
        so: "the process is killed before the mounts on its disks are released",
      },
    },
    {
      names: ["LIO: loopback, vhost, iSCSI, USB and other front ends"],
      linux: ALL,
      holds: "storage objects; `loopback` presents them as SCSI disks of this machine",
      seenBy: "/sys/kernel/config/target; `proc_name` of the SCSI host is tcm_loopback",
      done: {
        kind: "released",
        by: "export",
        how: "unlinked; file systems on the disks of loopback are unmounted first, but other layers on them may not be released",
      },
    },
    {
      names: ["nvmet: namespaces"],
      linux: ALL,
      holds: "the block device, file or NVMe controller of each namespace",
      seenBy: "`/sys/kernel/config/nvmet/subsystems/*/namespaces/*/{device_path,enable}`",
      done: {
        kind: "released",
        by: "export",
        how: "disabled; for a passthrough controller, the report names the module",
      },
      sources: [
        "drivers/nvme/target/io-cmd-bdev.c",
        "drivers/nvme/target/io-cmd-file.c",
        "drivers/nvme/target/passthru.c",
      ],
    },
    {
      names: ["rnbd-server"],
      linux: ALL,
      holds: "each block device that a client has mapped",
      seenBy: "/sys/class/rnbd-server/ctl/devices",
      done: {
        kind: "not-looked-at",
        so: "the device stays open (`force_close`), and nothing is reported",
      },
      sources: ["drivers/block/rnbd/rnbd-srv.c"],
    },
    {
      names: ["xen-blkback"],
      linux: ALL,
      holds: "each block device that a guest has",
      seenBy: "`/sys/bus/xen-backend/devices/vbd-*/physical_device`",
      done: {
        kind: "not-looked-at",
        so: "the device stays open if a guest still runs, and nothing is reported",
      },
      sources: ["drivers/block/xen-blkback/xenbus.c"],
    },
    {
      names: ["USB gadget: mass storage"],
      linux: ALL,
      holds: "the file or block device of each LUN",
      seenBy: "`/sys/kernel/config/usb_gadget/*/functions/mass_storage.*/lun.*/file`",
      done: { kind: "released", by: "export", how: "ejected" },
      sources: ["drivers/usb/gadget/function/storage_common.c"],
    },
    {
      names: ["USB gadget: audio (legacy)"],
      linux: ALL,
      holds: "sound devices",
      seenBy: "/sys/module/g_audio/parameters",
      done: { kind: "not-needed", why: "devtmpfs is not storage" },
      sources: ["drivers/usb/gadget/function/u_uac1_legacy.c"],
    },
  ];
}

function makeServers(): readonly KernelUser[] {
  return [
    {
      names: ["nfsd"],
      linux: ALL,
      holds:
        "the mounts of its export table, open files of its clients and of its cache, the directory of its client records",
      seenBy: "/proc/fs/nfsd/exports, /proc/fs/nfsd/threads, /proc/fs/nfsd/clients",
      done: {
        kind: "released",
        by: "export",
        how: "its threads are stopped, and the last one releases the exports",
      },
      sources: ["fs/nfsd/nfs4recover.c", "fs/nfsd/vfs.c", "fs/exportfs/expfs.c"],
    },
    {
      names: ["ksmbd"],
      linux: ALL,
      holds: "the directories of its shares, open files of its clients",
      seenBy: "/sys/class/ksmbd-control/stats",
      done: { kind: "released", by: "export", how: "the server is stopped" },
      sources: ["fs/smb/server/smb2pdu.c", "fs/smb/server/vfs.c"],
    },
    {
      names: ["cachefiles (fscache)"],
      linux: ALL,
      holds:
        "the directory of its cache, as long as a process (cachefilesd) has /dev/cachefiles open",
      seenBy: "/proc/fs/fscache/caches",
      done: {
        kind: "named",
        how: "the module, if it is loaded; the process is killed first, which closes the cache",
      },
      sources: ["fs/cachefiles/namei.c"],
    },
    {
      names: ["OCFS2 heartbeat"],
      linux: ALL,
      holds: "the block device of each heartbeat region, even after the unmount if it is global",
      seenBy: "`/sys/kernel/config/cluster/*/heartbeat/*/dev`",
      done: {
        kind: "not-looked-at",
        so: "the device stays open, the node may be fenced, and nothing is reported",
      },
      sources: ["fs/ocfs2/cluster/heartbeat.c"],
    },
    {
      names: ["swap"],
      linux: ALL,
      holds: "its device or file",
      seenBy: "/proc/swaps",
      done: { kind: "released", by: "swap" },
      sources: ["mm/swapfile.c"],
    },
    {
      names: ["process accounting (acct)"],
      linux: ALL,
      holds: "the file that it writes to",
      seenBy: "nothing",
      done: { kind: "not-needed", why: "the unmount of its file system stops it (fs_pin)" },
      sources: ["kernel/acct.c"],
    },
    {
      names: ["audit watches", "inotify and fanotify marks", "Landlock rules", "LoadPin"],
      linux: ALL,
      holds: "inodes or a superblock, without keeping them",
      seenBy: "nothing",
      done: { kind: "not-needed", why: "the unmount of their file system drops them" },
      sources: ["fs/notify/fanotify/fanotify_user.c"],
    },
  ];
}

function makeTracers(): readonly KernelUser[] {
  return [
    {
      names: ["uprobes (tracefs)"],
      linux: ALL,
      holds: "the mount of each probed file, by its path",
      seenBy: "/sys/kernel/tracing/uprobe_events, and those of instances",
      done: { kind: "released", by: "uprobe", how: "disabled and removed" },
    },
    {
      names: ["uprobes (pinned BPF links)"],
      linux: ALL,
      holds: "the mount of the probed file, as long as the link is pinned in a bpf file system",
      seenBy: "files of the bpf file systems, BPF_LINK_GET_NEXT_ID",
      done: {
        kind: "released",
        by: "mount",
        how: "every bpf file system is detached, also in the exitrd's own /sys; the kernel frees the link a moment later, until which the mount is busy and tried again",
      },
    },
    {
      names: ["perf events"],
      linux: ALL,
      holds: "the files of uprobes and address filters",
      seenBy: "/proc/PID/fd",
      done: { kind: "not-needed", why: "they end with the process" },
    },
  ];
}

function makeShortUsers(): readonly KernelUser[] {
  return [
    {
      names: [
        "system calls of processes: open, fsopen, open_tree, file handles, sockets, terminals",
      ],
      linux: ALL,
      holds: "files, as long as the process has them",
      seenBy: "/proc/PID/fd, cwd, root, exe, maps",
      done: {
        kind: "not-needed",
        why: "processes are killed before the first step; those that cannot be killed are reported",
      },
      sources: [
        "fs/open.c",
        "fs/fhandle.c",
        "fs/namespace.c",
        "block/bdev.c",
        "block/fops.c",
        "block/genhd.c",
        "block/ioctl.c",
        "drivers/tty/pty.c",
        "net/unix/af_unix.c",
        "mm/huge_memory.c",
        "security/apparmor/file.c",
        "security/selinux/hooks.c",
      ],
    },
    {
      names: ["read or written at once, and closed: firmware, modules, policies, core dumps, keys"],
      linux: ALL,
      holds: "a file, for the duration of one call",
      seenBy: "nothing",
      done: { kind: "not-needed", why: "the call has ended when its process is gone" },
      sources: [
        "fs/kernel_read_file.c",
        "fs/coredump.c",
        "security/integrity/ima/ima_crypto.c",
        "security/keys/big_key.c",
        "drivers/crypto/ccp/sev-dev.c",
        "drivers/target/target_core_alua.c",
        "drivers/target/target_core_configfs.c",
        "drivers/target/target_core_pr.c",
        "fs/autofs/dev-ioctl.c",
        "fs/proc/root.c",
      ],
    },
    {
      names: ["live update (liveupdate)"],
      linux: ["7.2"],
      holds: "files that a process asks to keep across kexec; only memory files (memfd)",
      seenBy: "/dev/liveupdate, whose sessions a process has open",
      done: {
        kind: "not-needed",
        why: "memory files use no storage; that they are lost is reported",
      },
    },
    {
      names: ["boot and hibernation"],
      linux: ALL,
      holds: "the initramfs, the device of the hibernation image",
      seenBy: "nothing",
      done: { kind: "not-needed", why: "finished long before a shutdown" },
      sources: ["init/do_mounts_rd.c", "init/initramfs.c", "init/main.c", "kernel/power/swap.c"],
    },
  ];
}
