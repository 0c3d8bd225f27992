import { describe, expect, test } from "vitest";
import { readStatus } from "../../src/load/read-status.ts";
import type { Verification } from "../../src/load/read-verification.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, makeElf } from "../fake/image-inputs.ts";
import { unsignedIsFine } from "../fake/verification.ts";

const image = "/usr/lib/exitrd/exitrd.img";

/** The status of an image with a copy of `origin`. */
function status(host: FakeHost, origin: string, verification: Verification = unsignedIsFine) {
  const copy = { path: "usr/bin/copy", data: makeElf(), mode: 0o555, origin: { file: origin } };
  host.putFile(image, makeImage({ ...imageInput, programs: [copy] }, 0, fakeCodec));
  const { image: read } = readStatus(image, "/run/initramfs", verification, host);
  if (read.kind !== "good") throw new Error(read.kind);
  return read.updates.map(({ state }) => state);
}

test("a copy is compared with its origin", () => {
  const host = new FakeHost();
  expect(status(host, "/usr/bin/tool")).toEqual(["gone"]);
  host.putFile("/usr/bin/tool", makeElf());
  expect(status(host, "/usr/bin/tool")).toEqual([]);
  host.putFile("/usr/bin/tool", "other");
  expect(status(host, "/usr/bin/tool")).toEqual(["changed"]);
  host.putLink("/usr/bin/tool");
  expect(status(host, "/usr/bin/tool")).toEqual(["gone"]);
});

describe("status opens no file that a manifest names", () => {
  test("if the image would be refused", () => {
    const host = new FakeHost();
    host.putFile("/usr/bin/tool", "other");
    expect(status(host, "/usr/bin/tool", { ...unsignedIsFine, policy: "require" })).toEqual([]);
    expect(host.calls).not.toContain("open /usr/bin/tool");
  });

  test.each(["/dev/watchdog", "/usr/device"])("if it is not a regular file: '%s'", (path) => {
    const host = new FakeHost();
    host.putDevice(path);
    expect(status(host, path)).toEqual([]);
    expect(host.calls).not.toContain(`open ${path}`);
  });

  test.each(["/proc/kmsg", "/sys/power/state", "/dev/shm/x"])("in '%s'", (path) => {
    const host = new FakeHost();
    host.putFile(path, "x");
    expect(status(host, path)).toEqual([]);
    expect(host.calls).not.toContain(`open ${path}`);
  });

  test("through a link", () => {
    const host = new FakeHost();
    host.putDirectory("/proc");
    host.putFile("/proc/kmsg", "x");
    host.putLink("/usr/bin/tool", "/proc/kmsg");
    expect(status(host, "/usr/bin/tool")).toEqual([]);
    expect(host.calls.filter((call) => call.startsWith("open /"))).toEqual([`open ${image}`]);
  });

  test("if a user replaces it by a link while it is examined", () => {
    const host = new FakeHost();
    host.putFile("/proc/kmsg", "x");
    host.putFile("/home/user/tool", makeElf());
    const look = host.files.status;
    host.files.status = (path) => {
      const found = look(path);
      if (path === "/home/user/tool") host.putLink(path, "/proc/kmsg");
      return found;
    };
    expect(status(host, "/home/user/tool")).toEqual([]);
  });
});
