import * as sys from "exitrd:sys";
import { listSteps } from "../../../src/execute/fallback/list-steps.ts";
import { lookPlainly } from "../../../src/execute/fallback/look-plainly.ts";
import { save } from "../../../src/execute/left/degrade.ts";
import { startClock } from "../../../src/host/clock.ts";
import { hostKernel } from "../../../src/host/kernel.ts";
import { hostReader } from "../../../src/host/reader.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { LOOP_CLR_FD } from "../../../src/kinds/loop/protocol.ts";
import { bindLoop } from "./bind-loop.ts";

// A busy ext4 in an image, of which argv[2] is a copy to work on; argv[1] is an empty folder.
const [, folder = "", image = ""] = sys.argv;

// linux/fs/ext4: the superblock's s_feature_incompat, and its bit "needs recovery".
const INCOMPAT_AT = 1024 + 0x60;
const NEEDS_RECOVERY = 4;

const file = `${folder}/image`;
sys.writeFile(file, sys.readFileBytes(image));

/** Reads the superblock from the image itself. */
function needsRecovery(): boolean {
  return ((sys.readFileBytes(file)[INCOMPAT_AT] ?? 0) & NEEDS_RECOVERY) !== 0;
}

/** The steps that a release without a plan would try. */
function seePlainly(): readonly string[] {
  const clock = startClock();
  const ports = { reader: hostReader, kernel: hostKernel, tasks: createTasks(), clock };
  const sight = lookPlainly(10_000, { ...ports, onTick() {} });
  if (sight === undefined) return [];
  return listSteps(sight).flatMap((step) => {
    if (step.kind === "umount" && step.target.startsWith(folder)) return "umount";
    return "name" in step && step.name === loop ? step.kind : [];
  });
}

const loop = bindLoop(file);
const target = `${folder}/mounted`;
sys.mkdir(target, 0o755);
sys.mount(`/dev/${loop}`, target, "ext4", 0, "");
const fd = sys.open(`${target}/file`, sys.O_WRONLY | sys.O_CREAT | sys.O_CLOEXEC, 0o644);
sys.write(fd, "written");
const plain = seePlainly();
const before = needsRecovery();
const saved = save(target, hostKernel, true);
const after = needsRecovery();
let late = "written";
try {
  sys.write(fd, "late");
} catch (thrown) {
  late = (thrown as sys.SysError).code;
}
sys.close(fd);
hostKernel.umount(target, { lazy: false, force: false });
const plainly = [plain, seePlainly()];
hostKernel.flushAndControl(`/dev/${loop}`, [{ request: LOOP_CLR_FD, argument: 0 }]);
sys.write(1, JSON.stringify({ plainly, before, saved, after, late, end: needsRecovery() }));
