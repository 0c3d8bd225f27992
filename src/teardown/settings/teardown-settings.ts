import type { SettingTable } from "./setting.ts";
import { allowOff, chooseFrom, logLevel, timeSpan, yesOrNo } from "./value-forms.ts";

/** What PID 1 does, and how much it says. */
export const teardownSettings = {
  logLevel: {
    key: "LogLevel",
    ...logLevel,
    parameter: "exitrd.log_level",
    byDefault: "what *systemd* says",
    manual: `
What is printed on the console, as a number from 0 to 7 or a name from *emerg* to
*debug*: *warning* for what goes wrong only, *info* for each step.
`,
  },
  zfs: {
    key: "ZFS",
    ...chooseFrom("export", "release", "leave"),
    parameter: "exitrd.zfs",
    byDefault: "*export*",
    manual: `
What becomes of a ZFS pool once nothing uses it. *export* marks it exported, so
that any machine imports it. *release* writes everything and drops the pool
without the mark, which is quicker where there are many disks, and only this
machine imports it without force. *leave* leaves it, and what it lies on, as it
is. ZFS 0.7 to 2.4 is known; the pools of another version stay.
`,
  },
  sysRq: {
    key: "SysRq",
    ...yesOrNo,
    parameter: "exitrd.sysrq",
    byDefault: "*no*",
    manual: `
Whether sysrq-b may reset the machine when *reboot*(2) has been refused twice; a
boolean.
`,
  },
  wipe: {
    key: "Wipe",
    ...yesOrNo,
    parameter: "exitrd.wipe",
    byDefault: "*no*",
    manual: `
Whether free memory is erased before the machine ends, with the keys, passphrases
and files that programs have left in it, and the registers of processes that have
ended; a boolean. The more memory is free, the longer it takes, but never longer
than the deadline. What the kernel itself still uses, some MiB that it does not
give away, and what firmware keeps stay as they are. With *init_on_free=1* the
kernel erases memory whenever it is freed, which slows the running machine
instead.
`,
  },
  watchdog: {
    key: "Watchdog",
    ...allowOff(timeSpan),
    parameter: "exitrd.watchdog",
    byDefault: "the watchdog that *systemd* has armed; it arms none for power-off and halt",
    manual: `
The hardware watchdog, which is pinged as long as all goes well. A time span arms
it for every verb, as far as the hardware can count. *off* disarms it, where its
driver allows that.
`,
  },
  haltWatchdog: {
    key: "HaltWatchdog",
    ...chooseFrom("disarm", "keep"),
    byDefault: "*disarm*",
    manual: `
What becomes of an armed watchdog when the machine is halted. *disarm* lets the
machine stay halted; *keep* lets the watchdog reset it, where the kernel's driver
does not stop it by itself at a halt, as that of the i6300esb does.
`,
  },
} satisfies Partial<SettingTable>;
