import * as sys from "exitrd:sys";
import { catchCode } from "./catch-code.ts";

// Mounts and a loop device; argv[1] is an empty folder, the mount namespace is our own.
const folder = sys.argv[1] ?? "";

/** Makes a detached tmpfs, with noswap if the kernel supports it; returns its mount. */
function makeDetached(): { readonly mount: number; readonly noswap: string | undefined } {
  const context = sys.fsopen("tmpfs");
  sys.fsconfig(context, sys.FSCONFIG_SET_STRING, "size", "1m");
  const noswap = catchCode(() => sys.fsconfig(context, sys.FSCONFIG_SET_FLAG, "noswap", null));
  sys.fsconfig(context, sys.FSCONFIG_CMD_CREATE, null, null);
  const mount = sys.fsmount(context, sys.MOUNT_ATTR_NOSUID | sys.MOUNT_ATTR_NODEV);
  sys.close(context);
  return { mount, noswap };
}

function findMount(target: string): string | undefined {
  return sys
    .readFile("/proc/self/mountinfo")
    .split("\n")
    .find((line) => line.split(" ")[4] === target);
}

function tryDetached(): unknown {
  const target = `${folder}/detached`;
  sys.mkdir(target, 0o755);
  const { mount, noswap } = makeDetached();
  sys.writeFile(`/proc/self/fd/${mount}/file`, "kept");
  const hidden = findMount(target) === undefined;
  sys.moveMount(mount, target, 0);
  const line = findMount(target) ?? "";
  const content = sys.readFile(`${target}/file`);

  const picked = sys.fspick(mount);
  sys.fsconfig(picked, sys.FSCONFIG_SET_FLAG, "ro", null);
  sys.fsconfig(picked, sys.FSCONFIG_CMD_RECONFIGURE, null, null);
  const readOnly = catchCode(() => sys.writeFile(`${target}/file`, "lost"));
  sys.close(picked);
  sys.close(mount);

  const held = sys.open(`${target}/file`, sys.O_RDONLY);
  const busy = catchCode(() => sys.umount2(target, sys.UMOUNT_NOFOLLOW));
  sys.close(held);
  sys.umount2(target, sys.UMOUNT_NOFOLLOW);
  return {
    noswap: noswap === undefined || noswap === "fsconfig EINVAL",
    hidden,
    options: line.split(" ")[5],
    sameMount: String(line.split(" ")[0]).length > 0,
    content,
    readOnly,
    busy,
    gone: findMount(target) === undefined,
  };
}

function tryOldMounts(): unknown {
  const target = `${folder}/old\xff`;
  sys.mkdir(target, 0o755);
  sys.mount("tmpfs", target, "tmpfs", sys.MS_NOSUID, "size=64k,mode=0700");
  const full = catchCode(() => sys.writeFile(`${target}/file`, new Uint8Array(100_000)));
  sys.mount("", target, "", sys.MS_REMOUNT | sys.MS_RDONLY, "");
  const readOnly = catchCode(() => sys.writeFile(`${target}/file`, "x"));
  const mountId = sys.stat(target).mountId;
  const differs = mountId !== sys.stat(folder).mountId;
  sys.umount2(target, sys.MNT_DETACH);
  const again = catchCode(() => sys.umount2(target, 0));
  return { full, readOnly, differs, again };
}

const LOOP_SET_FD = 0x4c00;
const LOOP_CLR_FD = 0x4c01;
const LOOP_GET_STATUS64 = 0x4c05;
const LOOP_CTL_GET_FREE = 0x4c82;
const BLKGETSIZE64 = 0x80081272;

function tryLoop(): unknown {
  const image = `${folder}/image`;
  sys.writeFile(image, new Uint8Array(1 << 20));
  const control = sys.open("/dev/loop-control", sys.O_RDWR | sys.O_CLOEXEC);
  const number = sys.ioctl(control, LOOP_CTL_GET_FREE);
  sys.close(control);
  const node = `${folder}/loop`;
  sys.mknod(node, sys.S_IFBLK | 0o600, 7, number);
  const device = sys.open(node, sys.O_RDWR | sys.O_CLOEXEC);
  const backing = sys.open(image, sys.O_RDWR | sys.O_CLOEXEC);
  const result = { free: catchCode(() => sys.ioctl(device, LOOP_CLR_FD)) };
  sys.ioctl(device, LOOP_SET_FD, backing);

  const size = new ArrayBuffer(8);
  sys.ioctl(device, BLKGETSIZE64, size);
  const short = catchCode(() => sys.ioctl(device, BLKGETSIZE64, new ArrayBuffer(7)));
  // An old request whose number does not contain a size: the kernel writes 232 bytes.
  const status = new ArrayBuffer(232);
  sys.ioctl(device, LOOP_GET_STATUS64, status);
  const tiny = new ArrayBuffer(16);
  sys.ioctl(device, LOOP_GET_STATUS64, tiny);
  sys.ioctl(device, LOOP_CLR_FD);
  sys.close(backing);
  sys.close(device);
  return {
    ...result,
    size: Number(new DataView(size).getBigUint64(0, true)),
    short,
    number: new DataView(status).getUint32(40, true) === number,
    inode: Number(new DataView(tiny).getBigUint64(8, true)) === sys.stat(image).ino,
    node: sys.stat(node).rdev === `7:${number}`,
  };
}

function tryRefusals(): unknown {
  return {
    unknown: catchCode(() => sys.mount("none", folder, "no-such-fs", 0, "")),
    key: catchCode(() => {
      const context = sys.fsopen("tmpfs");
      sys.fsconfig(context, sys.FSCONFIG_SET_STRING, "no-such-option", "1");
    }),
    swapoff: catchCode(() => sys.swapoff(`${folder}/none`)),
    pivot: catchCode(() => sys.pivotRoot(folder, `${folder}/none`)),
  };
}

sys.write(
  1,
  JSON.stringify({
    detached: tryDetached(),
    old: tryOldMounts(),
    loop: tryLoop(),
    refusals: tryRefusals(),
  }),
);
