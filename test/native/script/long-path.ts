import * as sys from "exitrd:sys";
import { lookPlainly } from "../../../src/execute/fallback/look-plainly.ts";
import { hostKernel } from "../../../src/host/kernel.ts";
import { hostReader } from "../../../src/host/reader.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { parseMountinfo } from "../../../src/kinds/mount/mountinfo.ts";
import { releaserOf } from "../../../src/kinds/released.ts";
import { observe } from "../../../src/observe/observe.ts";
import { buildGraph } from "../../../src/teardown/graph/build-graph.ts";
import { makePlan } from "../../../src/teardown/plan/make-plan.ts";
import { catchCode } from "./catch-code.ts";

// argv[1] is an empty folder; the mount namespace is our own.
const folder = sys.argv[1] ?? "";

const ports = { kernel: hostKernel, reader: hostReader, clock: { now: sys.monotonic } };

/** The mount with this source, and their number. */
function findMount(source: string) {
  const found = parseMountinfo(sys.readFile("/proc/self/mountinfo")).filter(
    (mount) => mount.source === source,
  );
  return { mount: found[0], count: found.length };
}

function unmount(source: string): unknown {
  const { mount } = findMount(source);
  if (mount === undefined) throw new Error(`no mount of ${source}`);
  const { target, id: mountId } = mount;
  const step = {
    kind: "umount",
    target,
    mountId,
    lazy: false,
    served: false,
    force: false,
  } as const;
  const releaser = releaserOf(step);
  const failed = catchCode(() => releaser.perform(step, ports));
  return {
    length: target.length > 4096,
    failed,
    isReleased: releaser.isReleased(step, hostReader),
    count: findMount(source).count,
  };
}

/**
 * Does what the owner of a mount point's parent directories can do: make its path longer than
 * PATH_MAX.
 */
function tryLong(): unknown {
  sys.mkdir(`${folder}/parent`, 0o755);
  sys.mkdir(`${folder}/parent/point`, 0o755);
  sys.mount("long", `${folder}/parent/point`, "tmpfs", 0, "");
  let directory = sys.open(folder, sys.O_PATH);
  for (let depth = 0; depth < 21; depth += 1) {
    const name = `/proc/self/fd/${directory}/${"d".repeat(200)}`;
    sys.mkdir(name, 0o755);
    directory = sys.open(name, sys.O_PATH);
  }
  sys.rename(`${folder}/parent`, `/proc/self/fd/${directory}/parent`);
  const target = findMount("long").mount?.target ?? "";
  return {
    syncs: catchCode(() => hostKernel.syncFs(target)),
    becomesReadOnly: catchCode(() => hostKernel.remountReadOnly(target)),
    direct: catchCode(() => sys.umount2(target, sys.UMOUNT_NOFOLLOW)),
    ...(unmount("long") as object),
  };
}

/** A link replaces a parent directory: its target belongs to somebody else. */
function tryLink(): unknown {
  for (const name of ["mine", "mine/point", "other", "other/point"])
    sys.mkdir(`${folder}/${name}`, 0o755);
  sys.mount("other", `${folder}/other/point`, "tmpfs", 0, "");
  sys.rename(`${folder}/mine`, `${folder}/away`);
  sys.symlink("other", `${folder}/mine`);
  const how = { lazy: false, force: false };
  return {
    failed: catchCode(() => hostKernel.umount(`${folder}/mine/point`, how)),
    count: findMount("other").count,
  };
}

/** 66 mounts whose lines are together longer than 64 MiB, on a mount that is released. */
function tryMany(): unknown {
  const top = `${folder}/deep`;
  sys.mkdir(top, 0o755);
  sys.mount("deep", top, "tmpfs", 0, "");
  let directory = sys.open(top, sys.O_PATH);
  for (let depth = 0; depth < 4_100; depth += 1) {
    const name = `/proc/self/fd/${directory}/${"d".repeat(250)}`;
    sys.mkdir(name, 0o755);
    const next = sys.open(name, sys.O_PATH);
    sys.close(directory);
    directory = next;
  }
  for (let number = 0; number < 66; number += 1) {
    const name = `/proc/self/fd/${directory}/${number}`;
    sys.mkdir(name, 0o755);
    sys.mount("many", name, "tmpfs", 0, "");
  }
  sys.close(directory);
  const start = sys.monotonic();
  const { mounts } = observe(hostReader);
  const tookMs = sys.monotonic() - start;
  const tasks = createTasks();
  const plain = lookPlainly(sys.monotonic() + 30_000, { ...ports, tasks, onTick() {} });
  const id = mounts.find(({ target }) => target === top)?.id ?? 0;
  const how = { target: top, mountId: id, lazy: false, served: false, force: false } as const;
  const step = { kind: "umount", ...how, tree: true } as const;
  const countMany = () =>
    observe(hostReader).mounts.filter(({ source }) => source === "many").length;
  return {
    ...{ tookMs, hasRoot: mounts.some(({ target }) => target === "/") },
    ...{ listed: countMany(), isAllListed: plain?.mounts.length === mounts.length },
    failed: catchCode(() => releaserOf(step).perform(step, ports)),
    isReleased: releaserOf(step).isReleased(step, hostReader),
    left: countMany(),
  };
}

/** The milliseconds that PID 1 would need for a plan if one path has 2 MB. */
function timePlan(): number {
  const mounts = parseMountinfo(
    ["/ / rw - tmpfs", "/ /b rw - fuse.long", "/ /c rw - fuse.long"]
      .map(
        (fields, index) => `${index + 1} ${Math.min(index, 1)} 0:${index + 30} ${fields} long rw\n`,
      )
      .join(""),
  ).map((mount) =>
    mount.id === 1 ? mount : { ...mount, target: `/oldroot${"/d".repeat(2 ** 20 + mount.id)}` },
  );
  const start = sys.monotonic();
  const graph = buildGraph({ format: 1, kernel: "6.1.0", mounts, swaps: [], devices: [] });
  const plan = makePlan(graph, { perspective: "exitrd" });
  if (plan.steps.length !== 2) throw new Error(`${plan.steps.length} steps`);
  return sys.monotonic() - start;
}

// Hides the long paths from the code that removes the folder.
sys.mount("below", folder, "tmpfs", 0, "");
sys.write(
  1,
  JSON.stringify({ long: tryLong(), link: tryLink(), planMs: timePlan(), many: tryMany() }),
);
