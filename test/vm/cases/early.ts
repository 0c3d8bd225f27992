import type { Suite } from "../build/suites.ts";
import type { Case, Expectations } from "../case.ts";
import { suiteCases } from "./suites.ts";
import { verbCases } from "./verbs.ts";

const extraCommandLine = "exitrd.enter=early";

// Printed by systemd-shutdown if it runs.
const systemdShutdown = /systemd-shutdown\[1\]: /;

/**
 * A case of the usual way, but entered early: the same findings, and no line of systemd-shutdown.
 */
function makeEarly(base: Case, name: string): Case {
  const { console: lines = [], consoleNever = [] } = base.expect;
  return {
    ...base,
    name,
    extraCommandLine,
    expect: {
      ...base.expect,
      console: lines,
      consoleNever: [...consoleNever, systemdShutdown],
    },
  };
}

function findCase(name: string): Case {
  const found = [...verbCases, ...suiteCases].find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case '${name}'`);
  return found;
}

const main = "lvm-on-luks poweroff";
const newer: readonly Suite[] = ["bookworm-backports", "trixie", "sid"];

const verbs = ["reboot", "halt", "kexec"].map((verb) =>
  makeEarly(findCase(`ext4 ${verb}`), `early: ext4 ${verb}`),
);

const suites = newer.map((suite) =>
  makeEarly(findCase(`${main} by the systemd of ${suite}`), `early: ${main}, systemd of ${suite}`),
);

// One script that works and needs everything that the machine has, one that fails, and one that
// hangs.
const makeScripts = `cd /usr/lib/systemd/system-shutdown
printf '#!/bin/sh\\nset -e\\ntouch /var/tmp/ran\\ngrep -q " / " /proc/self/mounts\\necho "<6>case: script $1" >/dev/kmsg\\n' >good
printf '#!/bin/sh\\nexit 3\\n' >bad
printf '#!/bin/sh\\nexec sleep 1000\\n' >hung
chmod 755 good bad hung
`;

// Exits only on SIGTERM, like a container's manager, and reports that if it finds its files.
const makeLeftover = `touch /root/lock
cat >/root/leftover <<'END'
trap 'rm /root/lock && echo "<6>case: asked to end" >/dev/kmsg; exit' TERM
while :; do sleep 0.1; done
END
systemd-run -q -p KillMode=none bash /root/leftover
`;

const poweroff = findCase("ext4 poweroff");

/** Scripts of their own, which do not run `exitrd check`. */
function withoutOutput({ output: _, ...expect }: Expectations): Expectations {
  return expect;
}

const scripts: Case = {
  ...makeEarly(poweroff, "early: scripts of system-shutdown, and a process that stays"),
  script: `set -e\n${makeScripts}${makeLeftover}systemctl poweroff\n`,
  expect: {
    ...withoutOutput(poweroff.expect),
    console: [
      /case: asked to end/,
      /case: script poweroff/,
      /bad'.*exit status 3/,
      /hung'.*timed out after/,
      /umount '\/oldroot'/,
    ],
    consoleNever: [systemdShutdown, /Kernel panic/],
  },
};

/** Ours is mounted over systemd-shutdown, and the tree is gone: the covered program is executed. */
const wayBack: Case = {
  ...poweroff,
  name: "early: without the tree in RAM systemd-shutdown is executed after all",
  script: `set -e
mount --bind /run/initramfs/shutdown /usr/lib/systemd/systemd-shutdown
umount -l /run/initramfs
systemctl poweroff
`,
  expect: {
    ending: "poweroff",
    controllerShutDown: true,
    console: [/systemd-shutdown\[1\]: Sending SIGTERM to remaining processes/],
    // The initrd has loaded it.
    consoleNever: [/exitrd: (?!loaded)/, /Kernel panic/],
  },
};

// A file system whose disk takes ten minutes to answer, even to udev, which dmsetup would wait for.
// systemd waits for its unit, but not that long. LVM's units would examine every disk: no ExecStop=.
const makeHung = `set -e
modprobe -a dm_delay loop
truncate -s 32M /dev/shm/hung.img
loop=$(losetup -f --show /dev/shm/hung.img)
dmsetup create hung --table "0 65536 linear $loop 0"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 /dev/mapper/hung
mkdir -p /hung /run/systemd/system/hung.mount.d
printf '[Mount]\\nTimeoutSec=2s\\n' >/run/systemd/system/hung.mount.d/limit.conf
for unit in lvm2-monitor blk-availability; do
  mkdir /run/systemd/system/$unit.service.d
  printf '[Service]\\nExecStop=\\n' >/run/systemd/system/$unit.service.d/none.conf
done
systemctl daemon-reload
mount /dev/mapper/hung /hung
echo dirty >/hung/file
dmsetup suspend --nolockfs --noflush hung
dmsetup load hung --table "0 65536 delay $loop 0 600000"
dmsetup --noudevsync resume hung
printf '[Exitrd]\\nTimeout=40s\\n' >/etc/exitrd.conf
exitrd load
echo "<6>case: begins" >/dev/kmsg
systemctl poweroff
`;

const healthy = findCase(main);
const hungDisk: Case = {
  ...makeEarly(healthy, "early: a disk that hangs costs the deadline at most"),
  script: makeHung,
  limitSeconds: 400,
  expect: {
    ...withoutOutput(healthy.expect),
    // Data for the hung disk is lost. systemd's own sync and umount(8) hang on it, and keep the root
    // busy, because their programs are there: it stays, read-only and without its key.
    record: "failed",
    console: [
      /case: begins/,
      /'\/oldroot' is still mounted, now read-only, synced/,
      /'cryptroot' is left, its key wiped/,
    ],
    consoleNever: [systemdShutdown, /Kernel panic/],
  },
};

export const earlyCases: readonly Case[] = [
  makeEarly(healthy, `early: ${main}`),
  ...suites,
  ...verbs,
  scripts,
  wayBack,
  hungDisk,
  // systemd-shutdown has no deadline: it syncs for more than four minutes, and then waits for good
  // for a device-mapper device. The machine is stopped before exitrd was executed.
  {
    ...hungDisk,
    name: "control: a disk that hangs, not entered early",
    extraCommandLine: "",
    limitSeconds: 300,
    expect: {
      ending: "time-out",
      console: [/case: begins/, systemdShutdown],
      consoleNever: [/exitrd: releasing/],
    },
  },
];
