import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { buildScript, readResult, runInNamespace, variants } from "./native-program.ts";

const writeNothing = join(cacheDir("test-native"), "write-nothing");
await run("gcc", [
  ...["-Wall", "-Werror", "-O1", "-o", writeNothing],
  join(import.meta.dirname, "write-nothing.c"),
]);

function makeError(syscall: string, errno: number, code: string, words: string, path?: unknown) {
  const message = path === undefined ? `${syscall}: ${words}` : expect.any(String);
  const fields = { name: "SysError", syscall, errno, code, words, message, isError: true };
  return path === undefined ? fields : { ...fields, path };
}

describe.each(variants)("files under %s", async (variant) => {
  const result = readResult(runInNamespace(await buildScript("files", variant)));

  test("contents of any size are read back unchanged", () => {
    expect(result).toMatchObject({
      contents: {
        textSame: true,
        bytesSame: true,
        appended: true,
        large: true,
        empty: ["", 0],
        page: true,
        fifo: "",
        noPage: "ENOENT",
        limit: { syscall: "read", code: "EFBIG" },
      },
    });
  });

  test("a list below /sys that is longer than a page is read completely", () => {
    expect(result).toMatchObject({ list: true });
  });

  test("a file that accepts no data is an error, not an endless loop", async () => {
    const program = await buildScript("write-nothing", variant);
    expect(readResult(runInNamespace(writeNothing, program))).toEqual([
      "write EIO",
      "write EIO",
      "",
    ]);
  });

  test("names that are not UTF-8 are exact in both directions", () => {
    expect(result).toMatchObject({
      names: { names: true, link: true, linkMode: true, left: ["link"] },
    });
  });

  test("descriptors read and write in parts", () => {
    expect(result).toMatchObject({
      descriptors: { went: [3, 1], parts: [[97, 98, 99], [101], []] },
    });
  });

  test("a file in memory contains what was written", () => {
    expect(result).toMatchObject({
      memory: { link: "/memfd:exitrd\xff (deleted)", same: true, nul: "EINVAL" },
    });
  });

  test("files of the kernel are read to their end, and stat knows mount and device", () => {
    expect(result).toMatchObject({
      kernel: {
        proc: true,
        sysfs: true,
        mountId: true,
        device: true,
        null: "1:3",
        statfs: 0x9fa0,
        xattr: { syscall: "getxattr", path: "/" },
      },
    });
  });

  test("an error carries system call, number, name, path and words", () => {
    const any = expect.any(String);
    expect(result).toMatchObject({
      errors: {
        missing: {
          message: expect.stringMatching(/^open '.*none\u00ff': No such file or directory$/),
          ...{ path: expect.stringMatching(/none\u00ff$/), errno: 2, code: "ENOENT" },
        },
        missingRead: makeError("open", 2, "ENOENT", "No such file or directory", any),
        noPath: makeError("close", 9, "EBADF", "Bad file descriptor"),
        nul: makeError("unlink", 22, "EINVAL", "Invalid argument", any),
        wide: makeError("write", 22, "EINVAL", "Invalid argument"),
        wideName: makeError("statx", 22, "EINVAL", "Invalid argument"),
        notEmpty: {
          syscall: "rmdir",
          code: "EBUSY",
          message: "rmdir '/proc': Device or resource busy",
        },
        folder: makeError("read", 21, "EISDIR", "Is a directory", "/"),
        ioctlOnNothing: makeError("ioctl", 9, "EBADF", "Bad file descriptor"),
        removed: makeError("open", 2, "ENOENT", "No such file or directory", any),
      },
    });
  });
});
