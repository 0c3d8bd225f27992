import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";

const LONGEST = 65_536;

/** Written by PID 1 or the container manager, for as long as the container runs. */
const markers = ["/run/.containerenv", "/run/host/container-manager"];

/**
 * Where this is not a machine, for a sentence that ends in it; undefined on a machine. In the order of
 * systemd-detect-virt(1), because systemd-shutdown(8) pivots only where that finds no container.
 *
 * A file that is left of a container image, in which a machine now boots, stops systemd too; an init
 * that is known to run scripts of ours does not care about it.
 */
export function findContainer(
  files: FileReader,
  init: "trusts-files" | "is-known",
): string | undefined {
  const exists = (path: string) => attempt(() => files.status(path)) !== undefined;
  if (exists("/proc/vz") && !exists("/proc/bc")) return "in a container";
  const read = (path: string) => attempt(() => files.readText(path, LONGEST)) ?? "";
  const release = read("/proc/sys/kernel/osrelease");
  if (release.includes("Microsoft") || release.includes("WSL")) return "in WSL";
  // PID 1 itself writes this file: "Container Interface" of systemd.
  if (exists("/run/systemd/container")) return "in a container";
  // Only root can read it.
  const environment = read("/proc/1/environ").split("\0");
  if (environment.some((one) => /^container=./.test(one))) return "in a container";
  const found = [...markers, ...(init === "trusts-files" ? ["/.dockerenv"] : [])].find(exists);
  return found === undefined ? undefined : `in a container: '${found}' exists`;
}
