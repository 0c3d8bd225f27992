import type { Cell } from "../../tools/compatibility/cell.ts";

// The cells of docs/compatibility.md. Jobs that prove something else are not listed; a cell without
// a job has a reason.

const systemd = { init: "systemd", architecture: "amd64" } as const;

const initramfsTools: readonly Cell[] = (
  [
    ["bookworm", "lvm-on-luks poweroff"],
    ["trixie", "lvm-on-luks poweroff by the systemd of trixie"],
    ["forky", "lvm-on-luks poweroff by the systemd of forky"],
    ["sid", "lvm-on-luks poweroff by the systemd of sid"],
  ] as const
).map(([suite, job]) => ({ generator: "initramfs-tools", ...systemd, suite, job }));

const dracut: readonly Cell[] = (["bookworm", "trixie", "forky", "sid"] as const).map((suite) => ({
  ...{ generator: "dracut", ...systemd, suite },
  job: `lvm-on-luks poweroff, loaded by the initrd of dracut (${suite})`,
}));

const service: Cell = {
  ...{ generator: "tiny-initramfs", ...systemd, suite: "bookworm" },
  job: "ext4 poweroff, loaded by the service alone (tiny-initramfs)",
};

const notInDebian: readonly Cell[] = (["mkinitcpio", "ugrd", "booster"] as const).map(
  (generator) => ({
    ...{ generator, ...systemd, suite: "trixie" },
    notRun: "the generator is not in Debian's archive",
  }),
);

const inits: readonly Cell[] = (
  [
    ["openrc-init", "openrc-init"],
    ["sysvinit", "sysvinit"],
    ["OpenRC on sysvinit", "openrc"],
    ["runit", "runit"],
    ["finit", "finit"],
    ["BusyBox init", "busybox"],
    ["s6", "s6"],
  ] as const
).map(([init, name]) => ({
  ...{ generator: "initramfs-tools", init, suite: "bookworm", architecture: "amd64" },
  job: `lvm-on-luks poweroff by ${name}`,
}));

const arm64: readonly Cell[] = (
  [
    ["systemd", "lvm-on-luks poweroff on arm64"],
    ["BusyBox init", "lvm-on-luks poweroff by busybox on arm64"],
  ] as const
).map(([init, job]) => ({
  ...{ generator: "initramfs-tools", init, suite: "bookworm", architecture: "arm64" },
  job,
}));

const dinit: Cell = {
  ...{ generator: "initramfs-tools", init: "dinit", suite: "bookworm", architecture: "amd64" },
  notRun: "the init is not in Debian's archive",
};

const notBooted: readonly Cell[] = (["mkosi-initrd"] as const).map((generator) => ({
  ...{ generator, ...systemd, suite: "trixie" },
  notRun: "covered by the plug-in of kernel-install, of which no initrd was booted",
}));

/** Every cell, once. */
export const cells: readonly Cell[] = [
  ...initramfsTools,
  ...dracut,
  service,
  ...notBooted,
  ...notInDebian,
  ...inits,
  dinit,
  ...arm64,
];

/** What `npm run test:matrix` runs. */
export const matrixCases: readonly string[] = cells.flatMap((cell) =>
  "job" in cell ? [cell.job] : [],
);
