import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";

const fixtures = join(import.meta.dirname, "../fixtures/mountinfo");

describe("mountinfo", () => {
  test("a line with all fields is parsed", () => {
    const line =
      "36 35 98:0 /mnt1 /mnt2 rw,noatime shared:7 master:1 - ext3 /dev/root rw,errors=continue\n";
    expect(parseMountinfo(line)).toEqual([
      {
        id: 36,
        parentId: 35,
        dev: "98:0",
        root: "/mnt1",
        target: "/mnt2",
        options: ["rw", "noatime"],
        propagation: ["shared:7", "master:1"],
        fsType: "ext3",
        source: "/dev/root",
        superOptions: ["rw", "errors=continue"],
      },
    ]);
  });

  test("octal escapes are decoded", () => {
    const line = "1 0 0:1 / /a\\040b\\011c\\012d\\134e rw - ext4 a\\043b\\303\\244 rw\n";
    const [mount] = parseMountinfo(line);
    expect(mount?.target).toBe("/a b\tc\nd\\e");
    expect(mount?.source).toBe("a#b\u00c3\u00a4");
  });

  test("a comma inside a super option does not split it", () => {
    const line = "1 0 0:1 / /m rw - overlay overlay rw,lowerdir=/a\\054b:/c,workdir=/w\n";
    const [mount] = parseMountinfo(line);
    expect(mount?.superOptions).toEqual(["rw", "lowerdir=/a,b:/c", "workdir=/w"]);
  });

  test("an empty source is a field too", () => {
    const [mount] = parseMountinfo("1 0 0:1 / /m rw - tmpfs  rw,size=1k\n");
    expect(mount).toMatchObject({ source: "", superOptions: ["rw", "size=1k"] });
  });

  test.each(["", "1 2 3", "x 0 0:1 / /m rw - t s rw", "1 0 0:1 / /m rw t s rw"])(
    "an invalid line is left out: %j",
    (line) => {
      expect(parseMountinfo(`${line}\n2 1 0:2 / /ok rw - tmpfs t rw\n`)).toHaveLength(1);
    },
  );

  test.each([
    ["debian12-exitrd-v252.txt", 23],
    ["container-cgroup1.txt", 19],
  ])("every line of the recorded %s is parsed", (name, count) => {
    const text = readFileSync(join(fixtures, name), "latin1");
    expect(parseMountinfo(text)).toHaveLength(count);
  });
});
