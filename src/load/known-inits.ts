import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

/** What makes an init run a command: an entry of a directory, or a line in a file. */
export type Hook = (
  | { readonly directory: string; readonly name: RegExp }
  | { readonly file: string; readonly text: RegExp }
) & {
  /** A file without which the init does not use it. */
  readonly needs?: string;
  /** A file with which the init does not use it. */
  readonly unless?: string;
};

/** An init other than systemd. */
export interface KnownInit {
  readonly name: InitName;
  /** The names that its program may have. */
  readonly programs: readonly string[];
  /** Each of these runs 'exitrd pivot' at shutdown. */
  readonly pivots: readonly Hook[];
  /** Each of these runs 'exitrd load' at boot. */
  readonly loads: readonly Hook[];
}

export type InitName =
  | "sysvinit"
  | "openrc-init"
  | "runit"
  | "finit"
  | "BusyBox init"
  | "s6-svscan";

const pivotCall = /^[^#]*\bexitrd pivot\b/m;
const loadCall = /^[^#]*\bexitrd load\b/m;

const OPENRC = "/sbin/openrc";
// Debian's runit then runs no script of sysvinit.
const NATIVE_RUNIT = "/etc/runit/native.boot.run";

/** The package's init script, as update-rc.d(8) links it. */
const sysvPivot: Hook = { directory: "/etc/rc0.d", name: /^K[0-9]{2}exitrd-pivot$/ };
const sysvLoad: Hook = { directory: "/etc/rcS.d", name: /^S[0-9]{2}exitrd-load$/ };

const openrcPivot: Hook = { directory: "/etc/runlevels/shutdown", name: /^exitrd-last$/ };
const openrcLoads: readonly Hook[] = ["sysinit", "boot", "default"].map((level) => ({
  directory: `/etc/runlevels/${level}`,
  name: /^exitrd-load$/,
}));

const finitBoth: Hook = { directory: "/etc/finit.d", name: /^exitrd\.conf$/ };

export const knownInits: readonly KnownInit[] = [
  {
    name: "sysvinit",
    programs: ["init"],
    pivots: [
      { ...sysvPivot, unless: OPENRC },
      { ...openrcPivot, needs: OPENRC },
      { file: "/etc/rc.d/rc.6", text: pivotCall },
    ],
    loads: [sysvLoad, ...openrcLoads, { file: "/etc/rc.d/rc.S", text: loadCall }],
  },
  {
    name: "openrc-init",
    programs: ["openrc-init"],
    pivots: [openrcPivot],
    loads: openrcLoads,
  },
  {
    name: "runit",
    programs: ["runit", "runit-init"],
    pivots: [
      { directory: "/etc/runit/shutdown.d", name: /exitrd/ },
      { directory: "/etc/runit/shutdown-run", name: /exitrd/, needs: NATIVE_RUNIT },
      { ...sysvPivot, unless: NATIVE_RUNIT },
      { file: "/etc/runit/3", text: pivotCall },
    ],
    loads: [
      { directory: "/etc/runit/core-services", name: /exitrd/ },
      sysvLoad,
      { file: "/etc/runit/1", text: loadCall },
    ],
  },
  {
    name: "finit",
    programs: ["finit"],
    pivots: [finitBoth],
    loads: [finitBoth],
  },
  {
    name: "BusyBox init",
    programs: ["busybox", "busybox.static"],
    pivots: [
      {
        file: "/etc/inittab",
        text: /^[^#]*:(?:.*exitrd pivot\b|\/usr\/lib\/exitrd\/inits\/busybox)/m,
      },
      // As in Alpine.
      {
        ...{ file: "/etc/inittab", text: /^[^#]*:\/sbin\/openrc shutdown\b/m },
        needs: "/etc/runlevels/shutdown/exitrd-last",
      },
    ],
    loads: [{ file: "/etc/inittab", text: loadCall }, ...openrcLoads],
  },
  {
    name: "s6-svscan",
    programs: ["s6-svscan"],
    pivots: [{ file: "/etc/s6-linux-init/current/scripts/rc.shutdown.final", text: pivotCall }],
    loads: [{ file: "/etc/s6-linux-init/current/scripts/rc.init", text: loadCall }],
  },
];

const largestScript = 1024 * 1024;

/** Whether one of `hooks` exists. */
export function hasHook(hooks: readonly Hook[], files: FileReader): boolean {
  const exists = (path: string): boolean => attempt(() => files.status(path)) !== undefined;
  return hooks.some((hook) => {
    if (hook.needs !== undefined && !exists(hook.needs)) return false;
    if (hook.unless !== undefined && exists(hook.unless)) return false;
    if ("directory" in hook) {
      const names = attempt(() => files.readDir(hook.directory)) ?? [];
      return names.some((name) => hook.name.test(name));
    }
    const text = attempt(() => files.readText(hook.file, largestScript));
    return text !== undefined && hook.text.test(text);
  });
}
