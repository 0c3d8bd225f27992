import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareCopy, openBareCopy } from "./machine-copy.ts";

let copy: BareCopy;

beforeAll(() => {
  copy = openBareCopy(["integration/openrc/exitrd-last", "integration/sysvinit/functions"]);
});
afterAll(() => copy.close());

/** What the service does under this init, with a tree that is loaded. */
function start(init: string, setup = ":"): readonly string[] {
  const { stdout, stderr, status } = copy.run(`
mkdir -p /usr/lib/exitrd/inits /run/exitrd /run/initramfs
rm -f /etc/init.d/ups-monitor /etc/default/halt
cp ${copy.dir}/functions /usr/lib/exitrd/inits
: >/run/initramfs/shutdown; chmod 755 /run/initramfs/shutdown
readlink() { [ "$*" = /proc/1/exe ] && echo '${init}'; }
kill_all() { echo "kill_all $*"; }
sleep() { :; }
exitrd() { echo "$*"; }
${setup}
. ${copy.dir}/exitrd-last
start`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

test.each([
  ["/sbin/init", ":", ["pivot poweroff"]],
  ["/sbin/init", "export RC_REBOOT=YES", ["pivot reboot"]],
  ["/sbin/openrc-init", ":", ["kill_all 15", "pivot poweroff"]],
  ["/sbin/openrc-init", "export RC_REBOOT=YES", ["kill_all 15", "pivot reboot"]],
])("OpenRC under '%s', after '%s', passes the verb on", (init, setup, done) => {
  expect(start(init, setup)).toEqual(done);
});

test.each(["/bin/busybox", "/bin/busybox.static", "/bin/busybox (deleted)"])(
  "under BusyBox init, as in Alpine, '%s', OpenRC does not know the verb: a reboot unless one is left",
  (init) => {
    expect(start(init)).toEqual(["kill_all 15", "pivot reboot"]);
    expect(start(init, "echo poweroff >/run/exitrd/wanted")).toEqual([
      ...["kill_all 15", "pivot poweroff"],
    ]);
    expect(start(init, "echo halt >/run/exitrd/wanted")).toEqual(["kill_all 15", "pivot halt"]);
  },
);
