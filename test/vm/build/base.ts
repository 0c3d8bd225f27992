import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { debianMirror } from "../../../tools/mirror.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath, hashTexts } from "./hash-inputs.ts";

export const guestFolder = join(import.meta.dirname, "..", "guest");

const packages = [
  "systemd-sysv",
  "udev",
  "dbus",
  "linux-image-amd64",
  "initramfs-tools",
  "busybox",
  "cryptsetup-initramfs",
  "lvm2",
  "kexec-tools",
  "zstd",
  "e2fsprogs",
];

// Hardware that no guest has. Half of the unpacked kernel, and of depmod's time.
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

/** What a kind of base system has beyond the common one. */
export interface BaseExtras {
  /** Names its folder in the cache. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Scripts, run on the host with the new root as $1, before the common customize.sh. */
  readonly hooks: readonly string[];
  /** "bookworm" where it is absent. */
  readonly suite?: string;
  /** Further lines of its sources.list. */
  readonly sources?: readonly string[];
  /** Drivers that it needs of those that the others lack: paths below /lib/modules/VERSION/kernel. */
  readonly drivers?: readonly string[];
}

/** An installed Debian, before it is put on any storage stack. */
export interface Base {
  readonly folder: string;
  /** Root file system, label exitrd-root, with an empty /boot. */
  readonly root: string;
  /** /boot file system, label exitrd-boot, with a generic initrd. */
  readonly boot: string;
  readonly kernel: string;
}

/** Returns the base system, built by mmdebstrap (as root) when it is not cached. */
export async function provideBase(say: (line: string) => void, extras?: BaseExtras): Promise<Base> {
  const all = [...packages, ...(extras?.packages ?? [])];
  const parts = [...all, ...excludes, hashPath(guestFolder)];
  const sources = extras?.sources ?? [];
  const suite = extras?.suite ?? "bookworm";
  const drivers = (extras?.drivers ?? []).map((path) => `/lib/modules/*/kernel/${path}`);
  const inputs =
    extras === undefined ? [] : [...extras.hooks.map(hashPath), ...sources, ...drivers];
  const key = hashTexts([...parts, ...inputs, ...(suite === "bookworm" ? [] : [suite])]);
  const name = extras === undefined ? "base" : `base-${extras.name}`;
  const folder = await provideFolder(join(cacheDir("vm"), `${name}-${key}`), async (partial) => {
    say(`installing Debian (${suite}) with mmdebstrap (${name})`);
    const hooks = [
      ...(extras?.hooks ?? []).map((hook) => `sh ${hook} "$1"`),
      `sh ${join(guestFolder, "customize.sh")} "$1" ${join(guestFolder, "files")} ${partial}`,
    ];
    await run("mmdebstrap", [
      "--variant=apt",
      `--include=${all.join(",")}`,
      ...excludes.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...drivers.map((pattern) => `--dpkgopt=path-include=${pattern}`),
      // A mirror that is not kept up to date holds a release file of sid that has expired.
      ...(suite === "sid" ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
      "--format=null",
      ...hooks.map((hook) => `--customize-hook=${hook}`),
      suite,
      "/dev/null",
      debianMirror(),
      ...sources,
    ]);
  });
  return {
    folder,
    root: join(folder, "root.ext4"),
    boot: join(folder, "boot.ext4"),
    kernel: join(folder, "kernel"),
  };
}
