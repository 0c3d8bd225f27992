import type { Case } from "../case.ts";

// A build of our PID 1 that obeys "exitrd.fault=" on the kernel command line.
const loadFaultyImage = `set -e
exitrd unload
exitrd load --image exitrd-fault.img
systemctl poweroff
`;

/** `sign` is what the console shows of the fault: without it, nothing was tested. */
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

/** What goes wrong in PID 1 itself: the verb happens all the same. */
export const faultCases: readonly Case[] = [
  makeFaultCase("throw", /injected: thrown; last resort/),
  makeFaultCase("bug", /injected: a bug, going on/),
  makeFaultCase("crash-child", /its child died of signal 11/),
  makeFaultCase("segv", /SIGSEGV; last resort/),
  makeFaultCase("memory", /last resort/, 500),
  // Only the last resort's timer ends this one, after the total deadline.
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
    expect: {
      ending: "watchdog",
      console: [/injected: PID 1 freezes/],
      // Which would come after 95 s only.
      consoleNever: [/last resort/],
    },
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
