import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareCopy, openBareCopy } from "./machine-copy.ts";

let copy: BareCopy;

beforeAll(() => {
  copy = openBareCopy(["integration/busybox/poweroff", "integration/busybox/shutdown"]);
});
afterAll(() => copy.close());

/**
 * Runs a script with the wrapper in its three places. The busybox that it calls prints its
 * arguments, then does what "does" contains. Returns the output, and what a reboot would become.
 */
function call(does: string, script: string): readonly string[] {
  const { stdout, stderr, status } = copy.run(`
for name in poweroff halt reboot; do cp ${copy.dir}/poweroff /tmp/$name; chmod 755 /tmp/$name; done
mkdir -p /tmp/bin
cat >/tmp/bin/busybox <<'END'
#!/bin/bash
echo "$*"
${does}
END
cat >/tmp/bin/exitrd <<'END'
#!/bin/sh
[ "$1" != pivot ] || echo "pivot $2"
END
chmod 755 /tmp/bin/*
export PATH=/tmp/bin:$PATH
set +e
${script}
sed -e 's/^PATH=.*//' -e 's/^kill .*//' -e 's/^sleep .*//' ${copy.dir}/shutdown >/tmp/shutdown
sh /tmp/shutdown`);
  expect(status, stderr).toBe(0);
  return stdout.trimEnd().split("\n");
}

test.each([
  ["poweroff", "poweroff"],
  ["halt -f", "halt"],
  ["poweroff -d 60 -n", "poweroff"],
  ["reboot", "reboot"],
])("'%s' reaches exitrd", (words, verb) => {
  expect(call(":", `/tmp/${words}`)).toEqual([words, `pivot ${verb}`]);
});

test.each(["poweroff --help", "halt -w", "poweroff -nw"])(
  "'%s' ends nothing, and the next reboot is one",
  (words) => expect(call(":", `/tmp/${words}`)).toEqual([words, "pivot reboot"]),
);

test("a poweroff that fails keeps its status, and the next reboot is one", () => {
  const done = call("exit 3", "/tmp/poweroff -x; echo $?");
  expect(done).toEqual(["poweroff -x", "3", "pivot reboot"]);
});

// As a terminal does it: to all processes in the foreground.
const interrupt = (signal: string, script: string) => `
python3 -c '
import os, signal, subprocess, sys, time
process = subprocess.Popen(sys.argv[2:], start_new_session=True)
while not os.path.exists("/tmp/sleeps"): time.sleep(0.01)
os.killpg(process.pid, getattr(signal, sys.argv[1]))
process.wait()' ${signal} ${script}`;

test.each(["SIGINT", "SIGHUP", "SIGTERM"])("nor does one count whose delay %s ends", (signal) => {
  const done = call(": >/tmp/sleeps; exec sleep 60", interrupt(signal, "/tmp/poweroff -d 60"));
  expect(done).toEqual(["poweroff -d 60", "pivot reboot"]);
});

test("SIGTERM, which every process gets at the end, does not make a reboot of it", () => {
  const done = call(
    "trap : TERM; : >/tmp/sleeps; sleep 0.3; exit 0",
    interrupt("SIGTERM", "/tmp/poweroff"),
  );
  expect(done).toEqual(["poweroff", "pivot poweroff"]);
});

test("a reboot after a power-off whose wrapper was killed is one", () => {
  const script = "mkdir /run/exitrd; echo poweroff >/run/exitrd/wanted; /tmp/reboot -d 1";
  expect(call(":", script)).toEqual(["reboot -d 1", "pivot reboot"]);
});

test("a power-off happens even if its reason cannot be written", () => {
  expect(call(":", "echo >/run/exitrd; /tmp/poweroff 2>/dev/null")).toEqual([
    "poweroff",
    "pivot reboot",
  ]);
});
