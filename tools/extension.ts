import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { openPrivateApt } from "./apt.ts";
import { cacheDir } from "./cache.ts";
import { run } from "./run.ts";
import { moveIntoPlace } from "./sources.ts";

/** Debian 12, like the compiler of the programs. */
const suite = "bookworm";

/** Debian's architecture → the name in ARCHITECTURE= (os-release(5)). */
const names: ReadonlyMap<string, string> = new Map([
  ["amd64", "x86-64"],
  ["arm64", "arm64"],
  ["ppc64el", "ppc64-le"],
  ["riscv64", "riscv64"],
  ["loong64", "loongarch64"],
]);

/**
 * Builds the extension with a shell for exitrd.break=: Debian's static busybox as /usr/bin/sh, in a
 * squashfs. `epoch` is in seconds; the same busybox gives the same bytes.
 */
export async function buildDebugExtension(
  output: string,
  architecture: string,
  epoch: string,
): Promise<void> {
  const staging = mkdtempSync(join(cacheDir("extension"), ".new-"));
  try {
    const busybox = await fetchBusybox(architecture);
    // Without Debian's epoch: systemd does not allow its colon in a version.
    const version = readFileSync(join(busybox, "version"), "latin1").trim().replace(/^\d+:/, "");
    const text = [
      "ID=_any",
      `ARCHITECTURE=${names.get(architecture) ?? architecture}`,
      "SYSEXT_SCOPE=initrd",
      "SYSEXT_ID=exitrd-debug",
      `SYSEXT_IMAGE_VERSION=${version}`,
      "",
    ].join("\n");
    const put = (path: string, data: string | Uint8Array, mode: number) => {
      mkdirSync(dirname(join(staging, path)), { recursive: true });
      writeFileSync(join(staging, path), data);
      chmodSync(join(staging, path), mode);
    };
    const copyright = "usr/share/doc/busybox-static/copyright";
    put("usr/bin/sh", readFileSync(join(busybox, "bin/busybox")), 0o755);
    put("usr/lib/extension-release.d/extension-release.exitrd-debug", text, 0o644);
    put(copyright, readFileSync(join(busybox, copyright)), 0o644);
    rmSync(output, { force: true });
    const times = ["-mkfs-time", epoch, "-all-time", epoch];
    const options = ["-all-root", "-no-xattrs", "-comp", "xz", "-noappend", "-quiet"];
    await run("mksquashfs", [staging, output, ...times, ...options, "-no-progress"]);
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/** Returns a folder with the contents of Debian's package; the file `version` has its version. */
async function fetchBusybox(architecture: string): Promise<string> {
  const unpacked = join(cacheDir("sources"), `busybox-static-${architecture}`);
  if (existsSync(unpacked)) return unpacked;
  const staging = mkdtempSync(join(cacheDir("sources"), ".new-"));
  try {
    const apt = await openPrivateApt("deb", suite, architecture);
    await apt.run(["download", "busybox-static"], staging);
    const script = 'cd "$0"; dpkg-deb -x *.deb tree; dpkg-deb -f *.deb Version >tree/version';
    await run("sh", ["-ec", script, staging]);
    moveIntoPlace(join(staging, "tree"), unpacked);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return unpacked;
}
