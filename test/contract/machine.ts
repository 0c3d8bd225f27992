import { LOOP_CLR_FD } from "../../src/kinds/loop/protocol.ts";
import { STOP_ARRAY } from "../../src/kinds/md/protocol.ts";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { NBD_DISCONNECT } from "../../src/kinds/nbd/protocol.ts";
import type { Claims, Kernel, Reader } from "../../src/port/teardown.ts";
import { answerOf, type Rule } from "./rule.ts";

/**
 * A machine with an empty folder, and functions that create what the tests release. Paths are
 * absolute.
 */
export interface MachineWorld {
  readonly reader: Reader & Claims;
  readonly kernel: Kernel;
  readonly folder: string;
  /** Mounts a tmpfs on a directory, which is created if necessary. */
  addTmpfs(target: string): void;
  /** Attaches a loop device that contains ext4; returns its kernel name. */
  addLoop(): string;
  addExt4(loop: string, target: string): void;
  addOverlay(lower: string, target: string): void;
  /** Opens a file on a file system for writing; returns a function that closes it. */
  openFile(target: string): () => void;
}

const gently = { lazy: false, force: false } as const;
const lazily = { lazy: true, force: false } as const;

function listMounted({ reader, folder }: MachineWorld): readonly string[] {
  const mounts = parseMountinfo(reader.readText("/proc/self/mountinfo"));
  const targets = mounts.map(({ target }) => target);
  return targets.filter((target) => target.startsWith(`${folder}/`)).sort();
}

/** The mounts that are left, without the folder's own path. */
function namesOf(world: MachineWorld): readonly string[] {
  return listMounted(world).map((target) => target.slice(world.folder.length));
}

function isBound({ reader }: MachineWorld, loop: string): boolean {
  return answerOf(() => reader.readText(`/sys/block/${loop}/loop/backing_file`)) !== "open ENOENT";
}

/** The kernel does some of its work asynchronously. */
function waitFor({ kernel }: MachineWorld, condition: () => boolean): boolean {
  for (let round = 0; round < 200; round += 1) {
    if (condition()) return true;
    kernel.sleep(10);
  }
  return false;
}

function detachLoop(kernel: Kernel, name: string): void {
  kernel.flushAndControl(`/dev/${name}`, [{ request: LOOP_CLR_FD, argument: 0 }]);
}

export const machineRules: readonly Rule<MachineWorld>[] = [
  {
    name: "umount removes the topmost mount, and fails if there is none",
    run: (world) => {
      const target = `${world.folder}/a`;
      const umount = () => answerOf(() => world.kernel.umount(target, gently));
      world.addTmpfs(target);
      world.addTmpfs(target);
      const top = world.reader.stat(target).mountId;
      const answers = [umount(), namesOf(world), world.reader.stat(target).mountId !== top];
      return [...answers, umount(), namesOf(world), umount()];
    },
    expected: ["done", ["/a"], true, "done", [], "umount2 EINVAL"],
  },
  {
    name: "a mount with another mount on it is busy, unless both are detached",
    run: (world) => {
      world.addTmpfs(`${world.folder}/a`);
      world.addTmpfs(`${world.folder}/a/b`);
      const busy = answerOf(() => world.kernel.umount(`${world.folder}/a`, gently));
      const before = namesOf(world);
      const lazy = answerOf(() => world.kernel.umount(`${world.folder}/a`, lazily));
      return [busy, before, lazy, namesOf(world)];
    },
    expected: ["umount2 EBUSY", ["/a", "/a/b"], "done", []],
  },
  {
    name: "a file system with a file open for writing can be neither unmounted nor made read-only",
    run: (world) => {
      const { kernel, folder } = world;
      const target = `${folder}/a`;
      world.addTmpfs(target);
      const close = world.openFile(target);
      const answers = [
        answerOf(() => kernel.umount(target, gently)),
        answerOf(() => kernel.remountReadOnly(target)),
      ];
      close();
      answers.push(answerOf(() => kernel.remountReadOnly(target)));
      answers.push(answerOf(() => kernel.umount(target, gently)));
      return answers;
    },
    expected: ["umount2 EBUSY", "mount EBUSY", "done", "done"],
  },
  {
    name: "a busy file system can be shut down if its type supports that",
    run: (world) => {
      const { kernel, folder } = world;
      const loop = world.addLoop();
      world.addExt4(loop, `${folder}/a`);
      world.addTmpfs(`${folder}/b`);
      const close = world.openFile(`${folder}/a`);
      const answers = [
        answerOf(() => kernel.remountReadOnly(`${folder}/a`)),
        answerOf(() => kernel.shutDown(`${folder}/a`)),
        answerOf(() => kernel.shutDown(`${folder}/b`)),
      ];
      close();
      kernel.umount(`${folder}/b`, gently);
      answers.push(answerOf(() => kernel.umount(`${folder}/a`, gently)));
      detachLoop(kernel, loop);
      return answers;
    },
    expected: ["mount EBUSY", "done", "ioctl ENOTTY", "done"],
  },
  {
    name: "only a mount can be made read-only",
    run: ({ kernel, folder }) => answerOf(() => kernel.remountReadOnly(folder)),
    expected: "mount EINVAL",
  },
  {
    name: "a detached mount disappears, although a file on it is still open",
    run: (world) => {
      const target = `${world.folder}/a`;
      world.addTmpfs(target);
      const close = world.openFile(target);
      const answer = answerOf(() => world.kernel.umount(target, lazily));
      close();
      return [answer, namesOf(world)];
    },
    expected: ["done", []],
  },
  {
    name: "thawing a file system that is not frozen fails; every file system can be synced",
    run: (world) => {
      const target = `${world.folder}/a`;
      world.addTmpfs(target);
      const answers = [
        answerOf(() => world.kernel.thaw(target)),
        answerOf(() => world.kernel.syncFs(target)),
        answerOf(() => world.kernel.syncFs(`${world.folder}/none`)),
      ];
      world.kernel.umount(target, gently);
      return answers;
    },
    expected: ["ioctl EINVAL", "done", "open ENOENT"],
  },
  {
    name: "a loop device can be detached once, and then has no backing file",
    run: (world) => {
      const { kernel, reader } = world;
      const loop = world.addLoop();
      const backing = answerOf(() => reader.readLoopBackingDev(loop));
      const isOnFolder = backing === reader.stat(world.folder).dev;
      const claimed = answerOf(() => reader.isClaimed(loop));
      const answer = answerOf(() => detachLoop(kernel, loop));
      const isGone = waitFor(world, () => !isBound(world, loop));
      return [
        ...[isOnFolder, claimed, answer, isGone],
        // EIO from the preceding fsync, or ENXIO.
        answerOf(() => detachLoop(kernel, loop)) !== "done",
        answerOf(() => reader.readLoopBackingDev(loop)),
      ];
    },
    expected: [true, false, "done", true, true, "ioctl ENXIO"],
  },
  {
    name: "a mounted loop device is claimed; detaching it succeeds, but takes effect after the unmount",
    run: (world) => {
      const { kernel, reader, folder } = world;
      const loop = world.addLoop();
      world.addExt4(loop, `${folder}/a`);
      const claimed = reader.isClaimed(loop);
      const answer = answerOf(() => detachLoop(kernel, loop));
      const before = isBound(world, loop);
      kernel.umount(`${folder}/a`, gently);
      return [claimed, answer, before, waitFor(world, () => !isBound(world, loop))];
    },
    expected: [true, "done", true, true],
  },
  {
    name: "the layer of an overlay can be unmounted, but its device stays in use until the overlay is gone",
    run: (world) => {
      const { kernel, reader, folder } = world;
      const loop = world.addLoop();
      world.addExt4(loop, `${folder}/lower`);
      world.addOverlay(`${folder}/lower`, `${folder}/over`);
      const lower = answerOf(() => kernel.umount(`${folder}/lower`, gently));
      const claimed = reader.isClaimed(loop);
      const taken = answerOf(() => kernel.claim(loop));
      const over = answerOf(() => kernel.umount(`${folder}/over`, gently));
      const isFree = waitFor(world, () => !reader.isClaimed(loop));
      const free = answerOf(() => kernel.claim(loop));
      detachLoop(kernel, loop);
      return [
        lower,
        claimed,
        taken,
        over,
        isFree,
        free,
        waitFor(world, () => !isBound(world, loop)),
      ];
    },
    expected: ["done", true, "open EBUSY", "done", true, "done", true],
  },
  {
    name: "a device that does not exist cannot be opened",
    run: ({ kernel, reader }) => [
      answerOf(() => detachLoop(kernel, "loop99999")),
      answerOf(() =>
        kernel.flushAndControl("/dev/nbd99999", [{ request: NBD_DISCONNECT, argument: 0 }]),
      ),
      answerOf(() => kernel.control("/dev/md99999", [{ request: STOP_ARRAY, argument: 0 }])),
      answerOf(() => kernel.write("/sys/block/md99999/md/array_state", "clean")),
      answerOf(() => kernel.write("/sys/block/zram99999/reset", "1")),
      answerOf(() => kernel.write("/sys/block/bcache99999/bcache/stop", "1")),
      answerOf(() => kernel.write("/sys/fs/bcache/no-such-set/stop", "1")),
      answerOf(() => kernel.write("/sys/class/nvme/nvme99999/delete_controller", "1")),
      answerOf(() => kernel.write("/sys/block/sdzzzzz/device/delete", "1")),
      answerOf(() => reader.isClaimed("loop99999")),
    ],
    expected: Array.from({ length: 10 }, () => "open ENOENT"),
  },
  {
    name: "swapoff of a missing swap and a signal to a missing process fail with their own errors",
    run: ({ kernel, addLoop }) => {
      const loop = addLoop();
      const answers = [
        answerOf(() => kernel.swapoff(`/dev/${loop}`)),
        answerOf(() => kernel.kill(4_194_303, "SIGTERM")),
      ];
      detachLoop(kernel, loop);
      return answers;
    },
    expected: ["swapoff EINVAL", "kill ESRCH"],
  },
  {
    name: "a path that does not exist can be neither read, listed, followed nor examined",
    run: ({ reader }) => [
      answerOf(() => reader.readText("/sys/block/none/dev")),
      answerOf(() => reader.readText("/proc/none")),
      answerOf(() => reader.readDir("/sys/none")),
      answerOf(() => reader.readLink("/sys/none")),
      answerOf(() => reader.stat("/sys/none")),
    ],
    expected: ["open ENOENT", "open ENOENT", "open ENOENT", "readlink ENOENT", "statx ENOENT"],
  },
  {
    name: "block devices are listed in the order of their names",
    run: (world) => {
      const loop = world.addLoop();
      const names = world.reader.readDir("/sys/class/block");
      detachLoop(world.kernel, loop);
      return [names.includes(loop), String(names) === String([...names].sort())];
    },
    expected: [true, true],
  },
];
