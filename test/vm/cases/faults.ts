import type { Case } from "../case.ts";

// A build of our PID 1 with the faults of "exitrd.fault=" on the kernel command line.
const loadFaultyImage = `set -e
exitrd unload
exitrd load --image exitrd-fault.img
systemctl poweroff
`;

/** `sign` is the line that the fault prints, without which nothing was tested. */
function makeFaultCase(fault: string, sign: RegExp, limitSeconds = 400): Case {
  return {
    name: `ext4: PID 1 with fault '${fault}' still powers off`,
    stack: "ext4",
    equipment: "exitrd",
    script: loadFaultyImage,
    files: ["exitrd-fault.img"],
    extraCommandLine: `exitrd.fault=${fault}`,
    limitSeconds,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      console: [sign],
      consoleNever: [/Kernel panic/],
    },
  };
}

// The last resort would only act after 95 s.
const resetByWatchdog: Case["expect"] = {
  ending: "watchdog",
  console: [/injected: PID 1 freezes/],
  consoleNever: [/last resort/],
};

const configure = (...lines: readonly string[]): string =>
  `set -e
printf '%s\\n' '[Exitrd]' ${lines.map((line) => `'${line}'`).join(" ")} >/etc/exitrd.conf
modprobe i6300esb
exitrd unload
`;

/** systemd does not arm the watchdog for these verbs, so exitrd does. */
const watchdogCases: readonly Case[] = [
  {
    name: "ext4: a PID 1 that freezes at poweroff is reset, where Watchdog= says so",
    stack: "ext4",
    equipment: "exitrd",
    script: `${configure("Watchdog=20s")}exitrd load --image exitrd-fault.img
systemctl poweroff
`,
    files: ["exitrd-fault.img"],
    extraCommandLine: "exitrd.fault=freeze",
    hasWatchdog: true,
    limitSeconds: 300,
    expect: resetByWatchdog,
  },
  {
    name: "ext4: a halted machine stays halted, although Watchdog= armed one",
    stack: "ext4",
    equipment: "exitrd",
    script: `${configure("Watchdog=10s")}exitrd load
systemctl halt
`,
    hasWatchdog: true,
    haltedSeconds: 30,
    limitSeconds: 300,
    expect: { ending: "halted", fileSystems: "clean", console: [/nothing left; halt/] },
  },
];

const clockCase: Case = {
  name: "ext4: the clock jumps ten years ahead, then to 1970",
  stack: "ext4",
  equipment: "exitrd",
  script: `set -e
cp hook 10-clock
exitrd build --hook 10-clock
exitrd load
systemctl poweroff
`,
  files: ["hook"],
  limitSeconds: 400,
  expect: {
    ending: "poweroff",
    fileSystems: "clean",
    controllerShutDown: true,
    console: [
      /clock: from 1\d{9} to 2\d{9}/,
      /hook '10-clock' +before-umount/,
      // Times are still relative to the pivot.
      / \d{1,2}\.\d{3} s +umount '\/oldroot' /,
      /released in [^,]*m?s, nothing left; poweroff/,
      /clock: from 2\d{9} to 86400$/,
      /hook '10-clock' +before-verb/,
    ],
    consoleNever: [/last resort/],
  },
};

/** The kernel refuses reboot(2) twice. */
const refusalCases: readonly Case[] = [
  {
    name: "ext4: reboot(2) is refused, and SysRq=yes: sysrq-u, then sysrq-b",
    stack: "ext4",
    equipment: "exitrd",
    script: `${configure("SysRq=yes").replace("modprobe i6300esb\n", "")}exitrd load --image exitrd-fault.img
systemctl reboot
`,
    files: ["exitrd-fault.img"],
    extraCommandLine: "exitrd.fault=refuse",
    limitSeconds: 300,
    expect: {
      ending: "reset",
      fileSystems: "clean",
      console: [
        /injected: refusal 1/,
        /sysrq: Emergency Remount R\/O/,
        /injected: refusal 2/,
        /sysrq: Resetting/,
      ],
    },
  },
  {
    name: "ext4: reboot(2) is refused: sysrq-u, no sysrq-b, and the last resort asks again",
    stack: "ext4",
    equipment: "exitrd",
    script: loadFaultyImage,
    files: ["exitrd-fault.img"],
    extraCommandLine: "exitrd.fault=refuse exitrd.timeout=20s",
    limitSeconds: 300,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      console: [
        /injected: refusal 1/,
        /sysrq: Emergency Remount R\/O/,
        /injected: refusal 2/,
        /last resort/,
      ],
      consoleNever: [/sysrq: Resetting/],
    },
  },
];

/** Breaks a part that planning needs: the stack is released without a plan. */
function makeFallbackCase(fault: string, reason: RegExp): Case {
  return {
    name: `lvm-on-luks: PID 1 with fault '${fault}' releases without a plan`,
    stack: "lvm-on-luks",
    equipment: "exitrd",
    script: loadFaultyImage,
    files: ["exitrd-fault.img"],
    extraCommandLine: `exitrd.fault=${fault}`,
    limitSeconds: 500,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      volumeKey: "absent",
      console: [
        reason,
        /exitrd: umount '\/oldroot'/,
        /exitrd: dm remove 'dm-/,
        /released without a plan, nothing more to be seen; poweroff/,
      ],
      consoleNever: [/Kernel panic/, /last resort/],
    },
  };
}

const bugReason = /cannot plan the release: TypeError: injected: a bug, ignoring/;
const blindReason = /cannot plan the release: Error: the storage cannot be observed, ignoring/;

/** Faults in PID 1 itself, after which the verb is still carried out. */
export const faultCases: readonly Case[] = [
  ...watchdogCases,
  ...refusalCases,
  clockCase,
  makeFaultCase("throw", /injected: thrown; last resort/),
  {
    ...makeFaultCase("busy", /'\/oldroot' is still mounted, shut down, synced/),
    name: "ext4: a root that stays busy for writing is shut down, then read-only by sysrq-u",
  },
  makeFaultCase("bug", /injected: a bug, ignoring/),
  makeFallbackCase("bug-in-graph", bugReason),
  makeFallbackCase("bug-in-plan", bugReason),
  makeFallbackCase("bug-in-observe", blindReason),
  makeFallbackCase("hang-in-observe", blindReason),
  makeFaultCase("crash-child", /the child process was killed by signal 11/),
  makeFaultCase("segv", /SIGSEGV; last resort/),
  makeFaultCase("memory", /last resort/, 500),
  // Only the timer of the last resort ends this one, after the total deadline.
  makeFaultCase("loop", /last resort/, 500),
  {
    name: "ext4: PID 1 with fault 'freeze' is reset by the watchdog",
    stack: "ext4",
    equipment: "exitrd",
    script: `set -e
exitrd unload
exitrd load --image exitrd-fault.img
modprobe i6300esb
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\\nRebootWatchdogSec=20s\\n' >/etc/systemd/system.conf.d/watchdog.conf
systemctl daemon-reexec
systemctl reboot
`,
    files: ["exitrd-fault.img"],
    extraCommandLine: "exitrd.fault=freeze",
    hasWatchdog: true,
    limitSeconds: 200,
    expect: resetByWatchdog,
  },
  {
    name: "ext4: without /dev/console, still powers off",
    stack: "ext4",
    equipment: "exitrd",
    script: "rm /dev/console\nsystemctl poweroff\n",
    limitSeconds: 400,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      consoleNever: [/Kernel panic/],
    },
  },
];
