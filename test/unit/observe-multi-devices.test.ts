import { expect, test } from "vitest";
import { observeBcachefs } from "../../src/kinds/bcachefs/observe.ts";
import type { Reader } from "../../src/port/teardown.ts";
import { sysError } from "../fake/sys-error.ts";

function readerOf(
  dirs: Readonly<Record<string, readonly string[]>>,
  links: Readonly<Record<string, string>>,
): Reader {
  const find = <T>(all: Readonly<Record<string, T>>, path: string): T => {
    const found = all[path];
    if (found === undefined) throw sysError("open", "ENOENT");
    return found;
  };
  return {
    readDir: (path) => find(dirs, path),
    readLink: (path) => find(links, path),
  } as Partial<Reader> as Reader;
}

test("a bcachefs has the devices that its links lead to, except vanished ones", () => {
  const dirs = {
    "/sys/fs/bcachefs": ["dd-1", "features"],
    "/sys/fs/bcachefs/dd-1": ["counters", "dev-0", "dev-1", "dev-12", "minor"],
  };
  const links = {
    "/sys/fs/bcachefs/dd-1/dev-0/block": "../../../../devices/pci0/0000:00:04.0/block/vdc/vdc1",
    "/sys/fs/bcachefs/dd-1/dev-12/block": "../../../../devices/virtual/block/cciss!c0d0",
  };
  expect(observeBcachefs(readerOf(dirs, links))).toEqual({
    bcachefs: [{ uuid: "dd-1", devices: ["cciss/c0d0", "vdc1"] }],
  });
});

test("without the module there is no bcachefs", () => {
  expect(observeBcachefs(readerOf({}, {}))).toEqual({});
});
