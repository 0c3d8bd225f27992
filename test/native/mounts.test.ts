import { describe, expect, test } from "vitest";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

describe.each(variants)("mounts under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("mounts", variant)));

  test("a file system is filled while detached, moved into place and made read-only", () => {
    expect(result).toMatchObject({
      detached: {
        ...{ noswap: true, hidden: true, options: "rw,nosuid,nodev,relatime", content: "kept" },
        ...{ readOnly: "open EROFS", busy: "umount2 EBUSY", gone: true },
      },
    });
  });

  test("mount, remount and umount2 obey their flags", () => {
    expect(result).toMatchObject({
      old: { full: "write ENOSPC", readOnly: "open EROFS", differs: true, again: "umount2 EINVAL" },
    });
  });

  test("ioctl sets up, reads and detaches a loop device, and never overruns a buffer", () => {
    expect(result).toMatchObject({
      loop: {
        ...{ free: "ioctl ENXIO", size: 1 << 20, short: "ioctl EINVAL" },
        ...{ number: true, inode: true, node: true },
      },
    });
  });

  test("an error has the call and the reason", () => {
    expect(result).toMatchObject({
      refusals: {
        unknown: "mount ENODEV",
        key: "fsconfig EINVAL",
        swapoff: "swapoff ENOENT",
        pivot: "pivot_root ENOENT",
      },
    });
  });
});
