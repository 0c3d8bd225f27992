import { recordStores } from "./record-stores.ts";
import type { SettingTable } from "./setting.ts";
import { allowOff, chooseFrom, logLevel, timeSpan, yesOrNo } from "./value-forms.ts";

/** What PID 1 does, and how much it prints. */
export const teardownSettings = {
  logLevel: {
    key: "LogLevel",
    ...logLevel,
    parameter: "exitrd.log_level",
  },
  zfs: {
    key: "ZFS",
    ...chooseFrom("export", "release", "leave"),
    parameter: "exitrd.zfs",
  },
  sysRq: {
    key: "SysRq",
    ...yesOrNo,
    parameter: "exitrd.sysrq",
  },
  wipe: {
    key: "Wipe",
    ...yesOrNo,
    parameter: "exitrd.wipe",
    strictest: true,
  },
  watchdog: {
    key: "Watchdog",
    ...allowOff(timeSpan),
    parameter: "exitrd.watchdog",
  },
  haltWatchdog: {
    key: "HaltWatchdog",
    ...chooseFrom("disarm", "keep"),
  },
  record: {
    key: "Record",
    ...recordStores,
    parameter: "exitrd.record",
  },
} satisfies Partial<SettingTable>;
