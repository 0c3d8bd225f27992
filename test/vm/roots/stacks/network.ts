import {
  httpServer,
  iscsiServer,
  nbdServer,
  nfs3Server,
  nfsServer,
  nvmeServer,
  plan9Server,
  type Server,
  smbServer,
  virtiofsServer,
} from "../../net/server.ts";
import type { RootStack } from "../root-stack.ts";
import { bootRamOverlay, bootSquashfs, makeSquashfs, useMarker } from "./live.ts";

const disks = [{ mebibytes: 1600, bus: "virtio" }] as const;

const server = "10.0.2.2";

const configureNetwork = `. /scripts/functions
modprobe -a virtio_net
configure_networking
`;

const useData = "sha256sum </var/tmp/data >/var/tmp/data.sum\n";

// A server that exports files is the only user of their file system.
const inspectData = `mount -t ext4 -o ro /dev/vda /mnt/a
if sha256sum --status -c /mnt/a/var/tmp/data.sum </mnt/a/var/tmp/data; then fact "data: good"
else fact "data: bad"; fi
`;

const inspectExt4 = `fact_ext4 root /dev/vda
${inspectData}`;

/** The whole root is on a disk or in a folder of another machine. */
const whole = {
  base: "roots-net",
  medium: "served root",
  disks,
  build: "copy_root /dev/vda\n",
  use: useData,
} as const;

const dhcp = "ip=dhcp";

const filesFacts = {
  steps: [/umount '\/oldroot'/],
  inspect: inspectData,
  factsWithExitrd: ["data: good", "session: closed"],
  factsWithout: ["data: good", "session: left open"],
} as const;

const diskFacts = {
  inspect: inspectExt4,
  factsWithExitrd: ["root: clean", "data: good", "session: closed"],
  factsWithout: ["root: clean", "data: good", "session: left open"],
} as const;

const nfs4: RootStack = {
  ...whole,
  ...filesFacts,
  name: "NFS 4",
  server: nfsServer,
  boot: `${configureNetwork}modprobe -a nfsv4
mount -t nfs4 -o addr=${server},clientaddr=10.0.2.15,hard,vers=4.2 ${server}:/export "$rootmnt"
`,
  commandLine: `boot=exitrd ${dhcp}`,
};

const iscsi: RootStack = {
  ...whole,
  ...diskFacts,
  name: "iSCSI",
  server: iscsiServer,
  commandLine: `root=/dev/sda ${dhcp} iscsi_target_ip=${server} iscsi_target_name=iqn.2026-11.example:root`,
  steps: [/umount '\/oldroot'/, /iscsi logout/],
};

const nbd: RootStack = {
  ...whole,
  ...diskFacts,
  name: "NBD",
  server: nbdServer,
  commandLine: `root=/dev/nbd0 ${dhcp} nbdroot=${server},root,nbd0`,
  steps: [/umount '\/oldroot'/, /nbd disconnect 'nbd0'/],
};

const nvmeTcp: RootStack = {
  ...whole,
  ...diskFacts,
  name: "NVMe over TCP",
  server: nvmeServer,
  boot: `${configureNetwork}modprobe -a nvme_tcp
echo transport=tcp,traddr=${server},trsvcid=4420,nqn=root >/dev/nvme-fabrics
`,
  commandLine: `root=/dev/nvme0n1 ${dhcp}`,
  steps: [/umount '\/oldroot'/, /nvme disconnect/],
};

/** Debian's own scripts open all of these, if there are any. */
const wholeRoots: readonly RootStack[] = [
  {
    ...whole,
    ...filesFacts,
    name: "NFS 3",
    server: nfs3Server,
    commandLine: `boot=nfs ${dhcp} nfsroot=${server}:/export,tcp,nolock`,
  },
  nfs4,
  iscsi,
  nbd,
  nvmeTcp,
  {
    ...whole,
    ...filesFacts,
    name: "9p",
    server: plan9Server,
    boot: `modprobe -a 9p 9pnet_virtio
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=262144 root "$rootmnt"
`,
    commandLine: "boot=exitrd",
    factsWithExitrd: ["data: good"],
    factsWithout: ["data: good"],
  },
  {
    ...whole,
    ...filesFacts,
    name: "virtiofs",
    server: virtiofsServer,
    boot: `modprobe -a virtiofs
mount -t virtiofs root "$rootmnt"
`,
    commandLine: "boot=exitrd",
    factsWithExitrd: ["data: good"],
    factsWithout: ["data: good"],
  },
];

const buildMedium = `mkfs.ext4 -q /dev/vda
mount /dev/vda /mnt/a
${makeSquashfs}umount /mnt/a
`;

function makeLive(name: string, from: Server, mount: string): RootStack {
  const session = (how: string): readonly string[] =>
    from.sessionEnd === undefined ? [] : [`session: ${how}`];
  return {
    name: `a live system netbooted over ${name}`,
    base: "roots-net",
    medium: "served live",
    disks,
    server: from,
    build: buildMedium,
    boot: `${configureNetwork}modprobe -a loop squashfs overlay
mkdir -p /run/live/medium /run/live/rootfs/filesystem.squashfs /run/live/overlay
${mount}${bootSquashfs}${bootRamOverlay}`,
    commandLine: `boot=exitrd ${dhcp} init_on_free=1`,
    searchesRam: true,
    use: useMarker,
    steps: [/umount '\/oldroot'/, /loop detach 'loop0'/],
    inspect: "true\n",
    factsWithExitrd: ["marker in RAM: none", ...session("closed")],
    factsWithout: ["marker in RAM: found", ...session("left open")],
  };
}

const liveRoots: readonly RootStack[] = [
  makeLive(
    "NFS",
    nfs3Server,
    `modprobe -a nfsv3
mount -t nfs -o ro,addr=${server},vers=3,tcp,port=2049,mountport=20048,mountproto=tcp,nolock ${server}:/export /run/live/medium
`,
  ),
  makeLive(
    "HTTP",
    httpServer,
    `mount -t tmpfs tmpfs /run/live/medium
mkdir /run/live/medium/live
wget -q -O /run/live/medium/live/filesystem.squashfs http://${server}/live/filesystem.squashfs
`,
  ),
  // systemd kills the process and unmounts its file system by force: nothing can be read from then
  // on.
  {
    ...makeLive(
      "HTTP, read in place",
      httpServer,
      `modprobe fuse
mount -t ramfs ram /run/live/medium
mkdir /run/live/medium/live
httpfs http://${server}/live/filesystem.squashfs /run/live/medium/live
`,
    ),
    findings: [/^the process that serves '\/run\/live\/medium\/live' is not marked/],
  },
  makeLive(
    "CIFS",
    smbServer,
    `modprobe -a cifs
mount -t cifs -o ro,ip=${server},username=guest,password=,vers=3.1.1 //${server}/live /run/live/medium
`,
  ),
];

/** Roots on another machine. */
export const networkStacks: readonly RootStack[] = [...wholeRoots, ...liveRoots];

/**
 * The same, but the server is stopped during the release: only the time matters. systemd has
 * already made the file system read-only, so no data is left to be written to the disk.
 */
const loseServer = (stack: RootStack, left: RegExp): RootStack => ({
  ...stack,
  name: `${stack.name} whose server goes away`,
  serverGoneAt: "exitrd: releasing",
  slowsLink: true,
  steps: [],
  left,
  limitSeconds: 90,
  inspect: "true\n",
  factsWithExitrd: ["session: left open"],
});

export const lostServerStacks: readonly RootStack[] = [
  // Whether a killed unmount has detached the root depends on the kernel.
  loseServer(nfs4, / 1 left: '(\/oldroot|NFS server 10\.0\.2\.2)'; poweroff/),
  loseServer(iscsi, /nothing left; poweroff/),
  loseServer(nbd, /nothing left; poweroff/),
  loseServer(nvmeTcp, / 1 left: 'nvme-subsys0'; poweroff/),
];
