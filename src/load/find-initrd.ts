import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { isOnLoadersDisk } from "./beside-loader.ts";
import { variablePath } from "./efi-variables.ts";
import { isSecureBootOn } from "./secure-boot.ts";

/** Set by systemd-stub(7), which is part of a unified kernel image. */
const stubVariable = variablePath("StubInfo", "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");

/** The initrd of the next boot. Debian's links lead to that of the newest kernel, the default. */
export function findNextInitrd(release: string, files: FileReader): string | undefined {
  return findFirst(["/initrd.img", "/boot/initrd.img", ...listNames(release, files)], files);
}

/** The initrd of the running kernel, or the kernel image that contains it. */
export function findRunningInitrd(release: string, files: FileReader): string | undefined {
  return findFirst([...listNames(release, files), ...listKernelImages(release, files)], files);
}

/**
 * Whether the firmware verified the initrd that was booted, but this file may have been replaced
 * since: anyone who can write to the ESP or /boot could add files to an image that is trusted.
 */
export function isUnverifiedInitrd(path: string, files: FileReader): boolean {
  const isUnified = attempt(() => files.status(stubVariable)) !== undefined;
  return isUnified && isSecureBootOn(files) && !isOnLoadersDisk(path, files);
}

function findFirst(names: readonly string[], files: FileReader): string | undefined {
  return names.map((name) => files.realPath(name)).find((real) => real !== undefined);
}

/** As initramfs-tools, dracut, kernel-install(8) and mkinitcpio name them. */
function listNames(release: string, files: FileReader): readonly string[] {
  return [
    `/boot/initrd.img-${release}`,
    ...[`/boot/initramfs-${release}.img`, `/usr/lib/modules/${release}/initrd`],
    ...listEntryDirectories(files).map((folder) => `${folder}/${release}/initrd`),
    `/boot/initramfs-${readPackage(release, files)}.img`,
  ];
}

/** The package of Arch's kernel, "linux-lts", by which mkinitcpio names its initrd. */
function readPackage(release: string, files: FileReader): string {
  const text = attempt(() => files.readText(`/usr/lib/modules/${release}/pkgbase`, 256));
  return text === undefined ? "linux" : text.trim();
}

/** The directories of kernel-install(8), with a subdirectory for each kernel. */
function listEntryDirectories(files: FileReader): readonly string[] {
  const id = attempt(() => files.readText("/etc/machine-id", 64))?.trim() ?? "";
  return id === "" ? [] : ["/efi", "/boot", "/boot/efi"].map((root) => `${root}/${id}`);
}

/** What may follow the release: a machine ID or a root hash with more, or the counters of boot tries. */
const afterRelease = /^(?:-[0-9a-f]{32}.*|\+\d+(?:-\d+)?)?\.efi$/;

/** Whether a name is that of this release, not of a longer one: 6.6.1 is also in 6.6.10 and 16.6.1. */
function isImageOf(release: string, name: string): boolean {
  const at = name.indexOf(release);
  if (at === -1 || /[\d.]$/.test(name.slice(0, at))) return false;
  return afterRelease.test(name.slice(at + release.length));
}

/** Unified kernel images of this release, the last one first: a name may begin with a machine ID. */
function listKernelImages(release: string, files: FileReader): readonly string[] {
  return ["/efi", "/boot", "/boot/efi"].flatMap((root) => {
    const folder = `${root}/EFI/Linux`;
    const names = attempt(() => files.readDir(folder)) ?? [];
    return names
      .filter((name) => isImageOf(release, name))
      .map((name) => `${folder}/${name}`)
      .reverse();
  });
}
