import * as sys from "exitrd:sys";
import { startClock } from "../../../src/host/clock.ts";
import { hostHiddenMounts } from "../../../src/host/hidden-mounts.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { runTask } from "../../../src/observe/run-task.ts";
import { answerOf } from "../../contract/rule.ts";

// Recreates what an initramfs leaves: a mount next to the new root, which is then moved over
// everything. argv[1] is an empty folder on a real file system; argv[2] says whether the mount
// beneath is shared.
const [, folder = "", sharing = ""] = sys.argv;

// linux/fs.h
const MS_SHARED = 1 << 20;

sys.mount("none", "/", "", sys.MS_REC | sys.MS_PRIVATE, "");
if (sharing === "shared") sys.mount("none", "/", "", MS_SHARED, "");
const lower = `${folder}/lower`;
const tree = `${folder}/tree`;
for (const path of [lower, `${lower}/inner`, tree]) sys.mkdir(path, 0o755);
sys.writeFile(`${lower}/file`, "kept");
// Two stacked mounts, and a plain one inside.
sys.mount(lower, lower, "", sys.MS_BIND, "");
sys.mount(lower, lower, "", sys.MS_BIND, "");
sys.mount("inner", `${lower}/inner`, "tmpfs", 0, "");
sys.mount("tree", tree, "tmpfs", 0, "");
sys.mount("none", tree, "", sys.MS_PRIVATE, "");
for (const name of ["proc", "dev", "mnt", "oldroot"]) sys.mkdir(`${tree}/${name}`, 0o755);
for (const name of ["proc", "dev"]) {
  sys.mount(`/${name}`, `${tree}/${name}`, "", sys.MS_BIND, "");
  sys.mount("none", `${tree}/${name}`, "", sys.MS_PRIVATE, "");
}
sys.chdir(tree);
// The parent may be shared, which move_mount(2) and MS_MOVE refuse.
const entered = answerOf(() => sys.mount(".", "/", "", sys.MS_MOVE, ""));
sys.chroot(".");
sys.chdir("/");

function listTargets(): readonly string[] {
  const lines = sys.readFile("/proc/self/mountinfo").trim().split("\n");
  return lines.map((line) => line.split(" ")[4] ?? "").sort();
}

const before = listTargets();
const ports = { clock: startClock(), tasks: createTasks(), onTick() {} };
const rehearsed = runTask(() => JSON.stringify(hostHiddenMounts.rehearse()), 10_000, ports);
const between = listTargets();
const moved = rehearsed.kind === "done" ? hostHiddenMounts.uncover() : [];
const after = listTargets();
const text = answerOf(() => sys.readFile(`/mnt${lower}/file`));
const unmounted = [`${lower}/inner`, lower, `/1${lower}`, lower].map((path) =>
  answerOf(() => sys.umount2(`/mnt${path}`, 0)),
);
sys.write(
  1,
  JSON.stringify({ entered, before, rehearsed, between, moved, after, text, unmounted }),
);
