import * as sys from "exitrd:sys";
import { save } from "../../../src/execute/left/degrade.ts";
import { hostKernel } from "../../../src/host/kernel.ts";

// A busy ext4 in an image, of which argv[2] is a copy to work on; argv[1] is an empty folder.
const [, folder = "", image = ""] = sys.argv;

// linux/fs/ext4: the superblock's s_feature_incompat and its bit "needs recovery".
const INCOMPAT_AT = 1024 + 0x60;
const NEEDS_RECOVERY = 4;

const file = `${folder}/image`;
sys.writeFile(file, sys.readFileBytes(image));

/** From outside: what the disk itself says. */
function needsRecovery(): boolean {
  return ((sys.readFileBytes(file)[INCOMPAT_AT] ?? 0) & NEEDS_RECOVERY) !== 0;
}

const LOOP_SET_FD = 0x4c00;
const LOOP_CTL_GET_FREE = 0x4c82;
const control = sys.open("/dev/loop-control", sys.O_RDWR | sys.O_CLOEXEC);
const number = sys.ioctl(control, LOOP_CTL_GET_FREE);
try {
  sys.mknod(`/dev/loop${number}`, sys.S_IFBLK | 0o600, 7, number);
} catch {
  // It is there.
}
const backing = sys.open(file, sys.O_RDWR | sys.O_CLOEXEC);
const device = sys.open(`/dev/loop${number}`, sys.O_RDWR | sys.O_CLOEXEC);
sys.ioctl(device, LOOP_SET_FD, backing);
sys.close(backing);
sys.close(device);

const target = `${folder}/mounted`;
sys.mkdir(target, 0o755);
sys.mount(`/dev/loop${number}`, target, "ext4", 0, "");
const fd = sys.open(`${target}/file`, sys.O_WRONLY | sys.O_CREAT | sys.O_CLOEXEC, 0o644);
sys.write(fd, "written");
const before = needsRecovery();
const saved = save(target, hostKernel);
const after = needsRecovery();
let late = "written";
try {
  sys.write(fd, "late");
} catch (thrown) {
  late = (thrown as sys.SysError).code;
}
sys.close(fd);
hostKernel.umount(target, { lazy: false, force: false });
hostKernel.flushAndControl(`/dev/loop${number}`, [{ request: 0x4c01, argument: 0 }]);
sys.write(1, JSON.stringify({ before, saved, after, late, end: needsRecovery() }));
