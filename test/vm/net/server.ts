import type { Share } from "../machine/spec.ts";

export interface ServerMachine {
  /** Bash, in the stage: serves `/dev/vda`. */
  readonly script: string;
  readonly port: number;
}

/** How a machine gets access to the storage of another one. */
export interface Server {
  /** What it exports: the disk itself, or the files in the disk's file system. */
  readonly serves: "disk" | "files";
  /**
   * Bash, run in the tree of servers: starts the server for `/site/disk0.img` or `/export` and
   * waits until it answers.
   */
  readonly start: string;
  /** A server in the kernel of another machine, which then owns the disk. */
  readonly machine?: ServerMachine;
  /** Wireshark's display filter for the packet with which a client ends its session. */
  readonly sessionEnd?: string;
  /**
   * There is no network: QEMU itself exports the files, or a process that listens at `/site/share`.
   */
  readonly share?: Share["kind"];
}

const waitFor = `wait_for() {
  for _ in $(seq 200); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done
  echo "no: $*"
  return 1
}
listens() { (exec 3<>/dev/tcp/127.0.0.1/"$1"); }
`;

/** NFS 3 and 4 in user space, with the mount protocol on its own port. */
export const nfsServer: Server = {
  serves: "files",
  start: `${waitFor}cat >/etc/ganesha/ganesha.conf <<'END'
NFS_Core_Param {
  Protocols = 3, 4;
  MNT_Port = 20048;
  Enable_NLM = false;
  Enable_RQUOTA = false;
}
NFSv4 { Graceless = true; }
EXPORT {
  Export_Id = 1;
  Path = /export;
  Pseudo = /export;
  Access_Type = RW;
  Squash = No_Root_Squash;
  SecType = sys;
  Transports = TCP;
  FSAL { Name = VFS; }
}
END
ln -sf /proc/self/mounts /etc/mtab
mkdir -p /run/ganesha /run/rpcbind /var/lib/nfs/ganesha
rpcbind
ganesha.nfsd -L /site/server.log
wait_for listens 2049
wait_for listens 20048
`,
  // DESTROY_SESSION and DESTROY_CLIENTID.
  sessionEnd: "nfs.opcode == 44 || nfs.opcode == 57",
};

/** It has no sessions: the connection is closed. */
export const nfs3Server: Server = {
  ...nfsServer,
  sessionEnd: "tcp.dstport == 2049 && tcp.flags.fin == 1",
};

export const iscsiServer: Server = {
  serves: "disk",
  start: `${waitFor}tgtd --iscsi portal=127.0.0.1:3260
wait_for tgtadm --lld iscsi --op show --mode system
tgtadm --lld iscsi --op new --mode target --tid 1 --targetname iqn.2026-11.example:root
tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 --backing-store /site/disk0.img
tgtadm --lld iscsi --op bind --mode target --tid 1 --initiator-address ALL
wait_for listens 3260
`,
  sessionEnd: "iscsi.opcode == 0x06",
};

export const nbdServer: Server = {
  serves: "disk",
  start: `${waitFor}cat >/etc/nbd-server/config <<'END'
[generic]
listenaddr = 127.0.0.1
[root]
exportname = /site/disk0.img
END
nbd-server
wait_for listens 10809
`,
  sessionEnd: "nbd.type == 2",
};

export const smbServer: Server = {
  serves: "files",
  start: `${waitFor}cat >/etc/samba/smb.conf <<'END'
[global]
interfaces = lo
bind interfaces only = yes
disable netbios = yes
smb ports = 445
map to guest = Bad User
guest account = root
log file = /site/server.log
[live]
path = /export
guest ok = yes
END
mkdir -p /run/samba
smbd -D
wait_for listens 445
`,
  sessionEnd: "smb2.cmd == 4",
};

export const httpServer: Server = {
  serves: "files",
  start: `${waitFor}busybox httpd -p 127.0.0.1:80 -h /export
wait_for listens 80
`,
};

export const nvmeServer: Server = {
  serves: "disk",
  start: "",
  machine: {
    port: 4420,
    script: `modprobe -a virtio_net configfs nvmet nvmet-tcp
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
for link in /sys/class/net/e*; do link=\${link##*/}; done
busybox ip address add 10.0.2.15/24 dev "$link"
busybox ip link set "$link" up
target=/sys/kernel/config/nvmet
mkdir -p $target/subsystems/root/namespaces/1 $target/ports/1
echo 1 >$target/subsystems/root/attr_allow_any_host
echo -n /dev/vda >$target/subsystems/root/namespaces/1/device_path
echo 1 >$target/subsystems/root/namespaces/1/enable
echo tcp >$target/ports/1/addr_trtype
echo ipv4 >$target/ports/1/addr_adrfam
echo 10.0.2.15 >$target/ports/1/addr_traddr
echo 4420 >$target/ports/1/addr_trsvcid
ln -s $target/subsystems/root $target/ports/1/subsystems/root
`,
  },
  // CC.SHN, set by Property Set.
  sessionEnd: "nvme.fabrics.prop_get_set.cc.shn == 1",
};

/** QEMU's own server. */
export const plan9Server: Server = { serves: "files", start: "", share: "9p" };

export const virtiofsServer: Server = {
  serves: "files",
  start: `${waitFor}/usr/lib/qemu/virtiofsd --socket-path=/site/share -o source=/export -o xattr &
wait_for test -S /site/share
`,
  share: "virtiofs",
};
