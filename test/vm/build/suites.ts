import { join } from "node:path";
import { debianMirror } from "../../../tools/mirror.ts";
import { type Base, type BaseExtras, provideBase } from "./base.ts";

type Say = (line: string) => void;

/**
 * Which systemd shuts the machine down: 252, 254, 257, or that of the next Debian; and the
 * initramfs generator, if it is not initramfs-tools, and the architecture, if it is not amd64.
 */
export type Suite =
  | "bookworm"
  | "bookworm-backports"
  | "trixie"
  | "forky"
  | "sid"
  | DracutSuite
  | InitSuite
  | "bookworm-tiny"
  | "bookworm-selinux"
  | "bookworm-arm64"
  | "busybox-arm64";

/** dracut 059, 106, and 112 or later. */
type DracutSuite = `${keyof typeof dracutPackages}-dracut`;

/** What dracut needs to find a root on LVM on LUKS. */
const newer = ["dracut", "cryptsetup", "systemd-cryptsetup", "mount", "passwd"];
const dracutPackages = {
  bookworm: ["dracut", "cryptsetup"],
  trixie: newer,
  forky: newer,
  sid: newer,
};

/** Debian 12 with another init. */
export type InitSuite = "sysvinit" | "openrc" | "runit" | "finit" | "busybox" | "s6";

const initFolder = join(import.meta.dirname, "..", "inits");

interface InitPackages {
  /** The package with /sbin/init; if absent, a script creates it. */
  readonly init?: string;
  readonly packages: readonly string[];
  readonly without?: readonly string[];
  /** A script in `initFolder`, run on the host with the new root. */
  readonly script?: string;
}

const initPackages: Readonly<Record<InitSuite, InitPackages>> = {
  sysvinit: { init: "sysvinit-core", packages: [] },
  openrc: {
    ...{ init: "sysvinit-core", packages: ["openrc"], script: "openrc.sh" },
    // OpenRC stops its service when the machine powers off, and "stop" is a restart.
    without: ["kexec-tools"],
  },
  runit: { init: "runit-init", packages: [] },
  finit: { init: "finit-sysv", packages: ["mount"] },
  busybox: { packages: ["mount", "passwd"], script: "busybox.sh" },
  s6: { packages: ["mount", "passwd", "s6"], script: "s6.sh" },
};

const systemdPackages = [
  "libnss-systemd",
  "libpam-systemd",
  "libsystemd-shared",
  "libsystemd0",
  "libudev1",
  "systemd",
  "systemd-sysv",
  "udev",
];

/** Returns the base system of a suite, or of bookworm with the systemd of its backports. */
export async function provideSuite(suite: Suite, say: Say): Promise<Base> {
  const name = suite.replaceAll("-", "");
  switch (suite) {
    case "bookworm":
      return provideBase(say);
    case "bookworm-backports":
      return provideBase(say, {
        name,
        packages: systemdPackages.map((one) => `${one}/${suite}`),
        hooks: [],
        sources: [`deb ${debianMirror()} ${suite} main`],
      });
    case "sysvinit":
    case "openrc":
    case "runit":
    case "finit":
    case "busybox":
    case "s6":
      return provideBase(say, describeInit(suite, name));
    case "trixie":
    case "forky":
    case "sid":
      return provideBase(say, { name, packages: ["mount", "passwd"], hooks: [], suite });
    case "bookworm-dracut":
      return provideDracut("bookworm", say);
    case "trixie-dracut":
      return provideDracut("trixie", say);
    case "forky-dracut":
      return provideDracut("forky", say);
    case "sid-dracut":
      return provideDracut("sid", say);
    case "bookworm-tiny":
      return provideGenerator("bookworm", "tiny-initramfs", ["tiny-initramfs"], say);
    case "bookworm-selinux":
      return provideBase(say, {
        ...{ name, packages: ["policycoreutils", "selinux-policy-default"], hooks: [] },
      });
    case "bookworm-arm64":
      return provideBase(say, { name, packages: [], hooks: [], ...arm64 });
    case "busybox-arm64":
      return provideBase(say, { ...describeInit("busybox", name), ...arm64 });
  }
}

const arm64 = {
  architecture: "arm64",
  early: join(import.meta.dirname, "../arm64/early.sh"),
} as const;

function describeInit(suite: InitSuite, name: string): BaseExtras {
  const { init, packages, without, script } = initPackages[suite];
  return {
    name,
    packages,
    ...(without === undefined ? {} : { without }),
    hooks: script === undefined ? [] : [join(initFolder, script)],
    init: {
      package: init,
      customize: join(initFolder, "customize.sh"),
      files: join(initFolder, "files"),
    },
  };
}

async function provideDracut(suite: keyof typeof dracutPackages, say: Say): Promise<Base> {
  return provideGenerator(suite, "dracut", dracutPackages[suite], say);
}

/** A suite whose initrd is made by another generator, which has a folder of its own. */
async function provideGenerator(
  suite: string,
  generator: string,
  packages: readonly string[],
  say: Say,
): Promise<Base> {
  return provideBase(say, {
    ...{ name: `${suite}${generator}`, packages, suite, hooks: [] },
    without: ["initramfs-tools", "cryptsetup-initramfs"],
    early: join(import.meta.dirname, "../generators", generator, "early.sh"),
  });
}
