import type { Row } from "../row.ts";
import { wellRow } from "./plain.ts";

/**
 * The server is the kernel of the same machine in a network namespace, connected by a veth pair. A
 * process keeps that namespace until the sessions are closed. It runs from /run and thus does not
 * hold the root.
 */
const library = `keep() {
  (cd /run/keep && exec -a @keep nsenter --net=/run/netns/server \\
    bash -c 'exec -a @keep ./ld-linux-x86-64.so.2 --library-path . ./sleep 100000' \\
    <"$1" >/dev/null 2>&1) &
}
# What the target counts, told from a directory that it holds: its path is gone by then.
tell_logout() {
  (cd "$1" && exec -a @tell /run/keep/ld-linux-x86-64.so.2 --library-path /run/keep /run/keep/busybox sh -c '
    n=0
    while [ "$n" = 0 ]; do read -t 0.02 n <&4; read n <normal_logouts; done
    echo "zoo: the target counts $n normal logouts" >&3' \\
    </dev/null >/dev/null 2>&1 3>/dev/kmsg 4<>/run/keep/never) &
}
server() { nsenter --net=/run/netns/server "$@"; }
if [ ! -e /run/netns/server ]; then
  modprobe -a veth
  ip netns add server
  ip link add client0 type veth peer name server0 netns server
  ip address add 10.9.0.1/24 dev client0
  ip link set client0 up
  ip link set lo up
  server ip address add 10.9.0.2/24 dev server0
  server ip link set server0 up
  server ip link set lo up
  mkdir /run/keep
  mkfifo /run/keep/never
  cp -L /bin/sleep /bin/busybox /lib/x86_64-linux-gnu/libresolv.so.2 /lib/x86_64-linux-gnu/libc.so.6 /lib64/ld-linux-x86-64.so.2 /run/keep/
  keep /dev/null
  modprobe configfs
  mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
fi
wait_for() {
  local tries=0
  while ! eval "$1" >/dev/null 2>&1; do
    [ $((tries += 1)) -lt 200 ] || { echo "no: $1"; exit 1; }
    sleep 0.1
  done
}
`;

// Serves /run/export, which is mounted, to this machine.
const serveNfs = `modprobe -a nfsd nfs
server mount -t nfsd nfsd /proc/fs/nfsd
# Its last unmount would end the server.
keep /proc/fs/nfsd/versions
server exportfs -i -o rw,no_root_squash,insecure,no_subtree_check,fsid=0 10.9.0.1:/run/export
server rpc.nfsd --no-nfs-version 3 --grace-time 10 --lease-time 10 --no-udp 4
server rpc.mountd --no-nfs-version 3 </dev/null >/dev/null 2>&1
`;

function makeRow(row: Row): Row {
  return { ...row, build: library + row.build };
}

/** Storage of another machine: the session must be closed, and the data must be on the server. */
export const networkRows: readonly Row[] = [
  {
    name: "nvme over tcp",
    parts: [48],
    build: `modprobe -a nvmet nvmet-tcp nvme-tcp
target=/sys/kernel/config/nvmet
mkdir -p $target/subsystems/zoo/namespaces/1 $target/ports/1
echo 1 >$target/subsystems/zoo/attr_allow_any_host
echo -n $d1 >$target/subsystems/zoo/namespaces/1/device_path
echo 1 >$target/subsystems/zoo/namespaces/1/enable
echo tcp >$target/ports/1/addr_trtype
echo ipv4 >$target/ports/1/addr_adrfam
echo 10.9.0.2 >$target/ports/1/addr_traddr
echo 4420 >$target/ports/1/addr_trsvcid
server ln -s $target/subsystems/zoo $target/ports/1/subsystems/zoo
nvme connect -t tcp -a 10.9.0.2 -s 4420 -n zoo
wait_for '[ -b /dev/nvme1n1 ]'
ext4_with_data /dev/nvme1n1
`,
    steps: ["nvme disconnect 'nvme-subsys"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "iscsi with volume",
    parts: [64],
    build: `modprobe -a target_core_mod target_core_iblock iscsi_target_mod iscsi_tcp sd_mod
target=/sys/kernel/config/target
mkdir -p $target/core/iblock_0/zoo
echo udev_path=$d1,readonly=0 >$target/core/iblock_0/zoo/control
echo 1 >$target/core/iblock_0/zoo/enable
mkdir -p $target/iscsi
group=$target/iscsi/iqn.2026-01.example:zoo/tpgt_1
mkdir -p $group/lun/lun_0
ln -s $target/core/iblock_0/zoo $group/lun/lun_0/zoo
echo 0 >$group/attrib/authentication
echo 1 >$group/attrib/generate_node_acls
echo 1 >$group/attrib/cache_dynamic_acls
echo 0 >$group/attrib/demo_mode_write_protect
server mkdir $group/np/10.9.0.2:3260
echo 1 >$group/enable
echo InitiatorName=iqn.2026-01.example:client >/etc/iscsi/initiatorname.iscsi
mkdir -p /run/lock/iscsi
iscsid
wait_for 'iscsiadm -m discovery -t st -p 10.9.0.2'
iscsiadm -m node -p 10.9.0.2 --login
wait_for '[ -b /dev/sda ]'
tell_logout $target/iscsi/iqn.2026-01.example:zoo/fabric_statistics/iscsi_logout_stats
dmsetup create zoo-iscsi --table "0 $(sectors /dev/sda) linear /dev/sda 0"
ext4_with_data /dev/mapper/zoo-iscsi
`,
    steps: ["dm remove 'zoo-iscsi'", "iscsi logout 'session"],
    console: ["zoo: the target counts 1 normal logouts"],
    inspect: "good_ext4 $d1\n",
  },
  {
    name: "nfs",
    parts: [48],
    build: `ext4 $d1
mkdir -p /run/export
mount -t ext4 $d1 /run/export
${serveNfs}wait_for 'mount -t nfs4 -o hard 10.9.0.2:/ $at'
put $at
# The server's own mount is none of the client's business: nfsd keeps it.
umount -l /run/export
`,
    steps: ["umount '/oldroot/zoo/nfs'"],
    // The server's file system was not unmounted: only the data that it received is checked.
    inspect: `e2fsck -fy $d1 >/tmp/e2 2>&1 || [ $? -lt 4 ] || fail "e2fsck: $(tail -n 3 /tmp/e2)"
mount -t ext4 -o ro $d1 $at
same $at
`,
  },
].map(makeRow);

const unseen = "the server is gone before the shutdown";

/** The same, with the server disconnected while there is dirty data: only the time matters. */
export const lostServerRows: readonly Row[] = networkRows.map((row, index) => ({
  ...row,
  build: `${row.build}${index === networkRows.length - 1 ? "server ip link set server0 down\n" : ""}`,
  steps: [],
  console: [],
  inspect: "true\n",
  expectedLeft: unseen,
}));

// The mounts, and the sessions that cannot be closed any more.
// Long names are clipped in the middle.
const DEAD = /(?:ver\/n\d+|-machine|nfs|\/inner)'|NFS server|cannot sync all file systems/;
const nfs = "mount -t nfs4 -o hard,actimeo=1,nosharecache 10.9.0.2:";

/** A dead server, and other mounts inside its mounts and next to them. */
export const deadServerRows: readonly Row[] = [
  wellRow,
  {
    // The path of the inner mount leads through the outer one, which does not answer.
    name: "nfs in a dead nfs",
    parts: [48],
    build: `ext4 $d1
mkdir -p /run/export
mount -t ext4 $d1 /run/export
mkdir /run/export/inner
${serveNfs}wait_for '${nfs}/ $at'
${nfs}/inner $at/inner
ls $at $at/inner
umount -l /run/export
`,
    steps: ["umount '/oldroot'"],
  },
  {
    name: "tmpfs in a dead nfs",
    build: `${nfs}/ $at
mount -t tmpfs tmpfs $at/inner
ls $at $at/inner
`,
  },
  {
    name: "sixty mounts of a dead server",
    build: `for i in $(seq 60); do
  mkdir $at/n$i
  ${nfs}/ $at/n$i
done
server ip link set server0 down
# Until the attributes that the kernel knows expire.
sleep 3
`,
  },
  {
    // Client and server are one machine, and the server is stopped first.
    name: "nfs of this machine",
    parts: [160],
    build: `ext4 $d1
mkdir -p /run/own
mount -t ext4 $d1 /run/own
mount -t nfsd nfsd /proc/fs/nfsd
exportfs -i -o rw,no_root_squash,insecure,no_subtree_check,fsid=0 127.0.0.1:/run/own
rpc.nfsd --no-nfs-version 3 --grace-time 10 --lease-time 10 --no-udp 4
rpc.mountd --no-nfs-version 3 </dev/null >/dev/null 2>&1
wait_for 'mount -t nfs4 -o hard 127.0.0.1:/ $at'
dd if=/dev/zero of=$at/big bs=1M count=32 status=none
exportfs -au
rpc.nfsd 0
umount -l /run/own
`,
  },
].map((row: Partial<Row> & Pick<Row, "name" | "build">) => ({
  ...(row === wellRow ? {} : { expectedLeft: "its server is gone", failing: DEAD }),
  ...makeRow({ inspect: "true\n", ...row }),
}));
