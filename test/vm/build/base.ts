import { dirname, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import type { Architecture } from "../machine/platform.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath, hashTexts } from "./hash-inputs.ts";
import { registerEmulator } from "./register-emulator.ts";

export const guestFolder = join(import.meta.dirname, "..", "guest");

const systemd = "systemd-sysv";

function listPackages(architecture: Architecture): readonly string[] {
  return [
    "udev",
    "dbus",
    `linux-image-${architecture}`,
    "initramfs-tools",
    "busybox",
    "cryptsetup-initramfs",
    "lvm2",
    "kexec-tools",
    "zstd",
    "e2fsprogs",
  ];
}

// Drivers for hardware that no guest has: half of the unpacked kernel, and half of depmod's time.
const absentDrivers = [
  "drivers/gpu",
  "drivers/media",
  "drivers/net",
  "drivers/infiniband",
  "drivers/iio",
  "drivers/staging",
  "drivers/usb",
  "drivers/hid",
  "drivers/isdn",
  "sound",
];

const excludes = [
  ...absentDrivers.map((folder) => `/lib/modules/*/kernel/${folder}/*`),
  "/usr/share/doc/*",
  "/usr/share/man/*",
  "/usr/share/info/*",
  "/usr/share/locale/*",
  "/usr/share/i18n/*",
];

/** What a kind of base system has in addition to the common one. */
export interface BaseExtras {
  /** Used in the name of its folder in the cache. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Common packages that it does not have. */
  readonly without?: readonly string[];
  /**
   * A script that runs on the host with the new root as $1, before all packages but the essential
   * ones are installed.
   */
  readonly early?: string;
  /** Scripts that run on the host with the new root as $1, before the common customize.sh. */
  readonly hooks: readonly string[];
  /** "bookworm" if absent. */
  readonly suite?: string;
  /** "amd64" if absent. */
  readonly architecture?: Architecture;
  /** Further lines of its sources.list. */
  readonly sources?: readonly string[];
  /** Drivers that only this base system keeps: paths below /lib/modules/VERSION/kernel. */
  readonly drivers?: readonly string[];
  /** Another init than systemd. */
  readonly init?: Init;
}

export interface Init {
  /** The package that contains /sbin/init; undefined if a file or a hook creates it. */
  readonly package: string | undefined;
  /** Replaces the common customize.sh, with the same arguments. */
  readonly customize: string;
  /** Replaces the common files. */
  readonly files: string;
}

/** An installed Debian that is not yet on a storage stack. */
export interface Base {
  readonly architecture: Architecture;
  readonly folder: string;
  /** Root file system, label exitrd-root, with an empty /boot. */
  readonly root: string;
  /** /boot file system, label exitrd-boot, with a generic initrd. */
  readonly boot: string;
  readonly kernel: string;
}

/** Returns the base system, built by mmdebstrap (as root) when it is not cached. */
export async function provideBase(say: (line: string) => void, extras?: BaseExtras): Promise<Base> {
  const { init } = extras ?? {};
  const first = init === undefined ? systemd : init.package;
  const architecture = extras?.architecture ?? "amd64";
  const common = listPackages(architecture).filter((one) => !extras?.without?.includes(one));
  const listed = [...common, ...(extras?.packages ?? [])];
  const all = first === undefined ? listed : [first, ...listed];
  const customize = init?.customize ?? join(guestFolder, "customize.sh");
  const files = init?.files ?? join(guestFolder, "files");
  const own = init === undefined ? [guestFolder] : [guestFolder, init.customize, init.files];
  const parts = [...all, ...excludes, ...own.map(hashPath)];
  const sources = extras?.sources ?? [];
  const suite = extras?.suite ?? "bookworm";
  const drivers = (extras?.drivers ?? []).map((path) => `/lib/modules/*/kernel/${path}`);
  const inputs =
    extras === undefined
      ? []
      : [...extras.hooks.map(hashPath), ...sources, ...drivers, ...hashEarly(extras.early)];
  const key = hashTexts([...parts, ...inputs, ...(suite === "bookworm" ? [] : [suite])]);
  const name = extras === undefined ? "base" : `base-${extras.name}`;
  const folder = await provideFolder(join(cacheDir("vm"), `${name}-${key}`), async (partial) => {
    say(`installing Debian (${suite}) with mmdebstrap (${name})`);
    registerEmulator(architecture);
    const hooks = [
      ...(extras?.hooks ?? []).map((hook) => `sh ${hook} "$1"`),
      `sh ${customize} "$1" ${files} ${partial}`,
    ];
    await run("mmdebstrap", [
      "--variant=apt",
      `--architectures=${architecture}`,
      `--include=${all.join(",")}`,
      ...excludes.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...drivers.map((pattern) => `--dpkgopt=path-include=${pattern}`),
      // On a mirror that is not updated, the release files of these have expired.
      ...(suite === "sid" || suite === "forky"
        ? ['--aptopt=Acquire::Check-Valid-Until "false"']
        : []),
      "--format=null",
      ...(extras?.early === undefined ? [] : [`--essential-hook=sh ${extras.early} "$1"`]),
      ...hooks.map((hook) => `--customize-hook=${hook}`),
      suite,
      "/dev/null",
      debianMirror(),
      ...sources,
    ]);
  });
  return {
    architecture,
    folder,
    root: join(folder, "root.ext4"),
    boot: join(folder, "boot.ext4"),
    kernel: join(folder, "kernel"),
  };
}

/** Includes the files next to it. */
function hashEarly(script: string | undefined): readonly string[] {
  return script === undefined ? [] : [hashPath(dirname(script))];
}
