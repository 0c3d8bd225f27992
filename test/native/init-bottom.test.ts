import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareCopy, openBareCopy } from "./machine-copy.ts";

let copy: BareCopy;

beforeAll(() => {
  copy = openBareCopy(["integration/initramfs-tools/scripts/init-bottom/exitrd"]);
});
afterAll(() => copy.close());

/** The order in which an initrd runs its scripts, each with what it runs if it is asked for those it needs. */
function order(
  packaged: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>> = {},
): readonly string[] {
  const put = (directory: string, scripts: Readonly<Record<string, string>>) =>
    Object.entries(scripts).map(
      ([name, body]) => `cat >${directory}/${name} <<'END'
#!/bin/sh
[ "$1" = prereqs ] || exit 1
${body}
END
chmod 755 ${directory}/${name}`,
    );
  const [ours, theirs] = [
    "/usr/share/initramfs-tools/scripts/init-bottom",
    "/etc/initramfs-tools/scripts/init-bottom",
  ];
  const { stdout, stderr, status } = copy.run(`
mkdir -p ${ours} ${theirs} /tmp/initrd/scripts/init-bottom
rm -f ${ours}/* ${theirs}/*
${[...put(ours, packaged), ...put(theirs, own)].join("\n")}
cp ${copy.dir}/exitrd ${ours}
cp ${ours}/* ${theirs}/* /tmp/initrd/scripts/init-bottom 2>/dev/null || :
verbose=n CONFDIR=/etc/initramfs-tools
export CONFDIR
. /usr/share/initramfs-tools/hook-functions
cache_run_scripts /tmp/initrd /scripts/init-bottom
sed -n 's,^/scripts/init-bottom/\\([^ ]*\\) .*,\\1,p' /tmp/initrd/scripts/init-bottom/ORDER
`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

test("the image is loaded last, after overlayroot, which writes to /run/initramfs", () => {
  const packaged = { overlayroot: "echo", udev: "echo", "zz.last_1": "echo udev" };
  expect(order(packaged, { mine: "echo overlayroot" })).toEqual([
    ...["overlayroot", "udev", "mine", "zz.last_1", "exitrd"],
  ]);
  expect(order({ udev: "" })).toEqual(["udev", "exitrd"]);
});

test("a script that is to run after it does, and so do those that need that one", () => {
  const found = order({ after: "echo exitrd", later: "echo udev after", udev: "" });
  expect(found).toEqual(["udev", "exitrd", "after", "later"]);
});

test("the administrator's script replaces the package's, with its order", () => {
  expect(order({ one: "", two: "" }, { one: "echo exitrd" })).toEqual(["two", "exitrd", "one"]);
});

test("a script that asks all others, too, runs last, and nothing is asked for ever", () => {
  const ask = `[ -z "$ASKS" ] || exit 0
export ASKS=y
for one in /usr/share/initramfs-tools/scripts/init-bottom/*; do
  [ "$one" = "$0" ] || { echo \${one##*/}; $one prereqs; }
done`;
  expect(order({ "asks-all": ask, udev: "" })).toEqual(["udev", "exitrd", "asks-all"]);
});
