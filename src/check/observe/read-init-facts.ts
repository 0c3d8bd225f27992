import { listOrNone, readOrEmpty } from "../../port/best-effort.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseTimeSpan } from "../../text/time-span.ts";
import type { InitFacts } from "../facts.ts";
import { readLastKey } from "../read-last-key.ts";

const LIBRARIES = [
  ...["/usr/lib/systemd", "/usr/lib64/systemd", "/lib/systemd"],
  // NixOS
  "/run/current-system/systemd/lib/systemd",
];
const WANTS = ["/etc", "/usr/lib"].map((root) => `${root}/systemd/system/sysinit.target.wants`);
// systemd-system.conf(5): the file, then the drop-ins of all directories in the order of their
// names.
const CONFIG_ROOTS = ["/usr/lib", "/usr/local/lib", "/run", "/etc"];

/**
 * The full version of systemd, its limit for a shutdown, and programs that build another exitrd.
 */
export function readInitFacts(reader: Reader): InitFacts {
  const stopTimeout = readStopTimeout(reader);
  return {
    systemd: readVersion(reader),
    ...(stopTimeout === undefined ? {} : { stopTimeout }),
    hasFinalrd: hasFinalrd(reader),
  };
}

/** Whether it is enabled and not masked. */
function hasFinalrd(reader: Reader): boolean {
  const unit = "finalrd.service";
  const mask = attempt(() => reader.readLink(`/etc/systemd/system/${unit}`));
  return mask !== "/dev/null" && WANTS.some((one) => listOrNone(one, reader).includes(unit));
}

/** From the name of the library that it is linked with: "252", "254-1", "257.9-1~deb13u1". */
function readVersion(reader: Reader): string {
  const multiarch = listOrNone("/usr/lib", reader)
    .filter((name) => name.includes("-linux-"))
    .map((name) => `/usr/lib/${name}/systemd`);
  for (const folder of [...LIBRARIES, ...multiarch]) {
    for (const name of listOrNone(folder, reader)) {
      const version = /^libsystemd-shared-([0-9].*)\.so$/.exec(name)?.[1];
      if (version !== undefined) return version;
    }
  }
  return "";
}

function readStopTimeout(reader: Reader): InitFacts["stopTimeout"] {
  const main = CONFIG_ROOTS.map((root) => `${root}/systemd/system.conf`).findLast(
    (path) => attempt(() => reader.stat(path)) !== undefined,
  );
  const dropIns = new Map<string, string>();
  for (const root of CONFIG_ROOTS) {
    const folder = `${root}/systemd/system.conf.d`;
    for (const name of listOrNone(folder, reader)) {
      if (name.endsWith(".conf")) dropIns.set(name, `${folder}/${name}`);
    }
  }
  const sorted = [...dropIns.keys()].sort().map((name) => dropIns.get(name) ?? "");
  let found: InitFacts["stopTimeout"];
  for (const file of [...(main === undefined ? [] : [main]), ...sorted]) {
    const text = readLastKey("DefaultTimeoutStopSec", [readOrEmpty(file, reader)]);
    const ms = text === undefined ? undefined : parseTimeSpan(text);
    // "infinity" does not survive the JSON of a child; systemd-shutdown reads both as its default.
    if (ms !== undefined) found = { ms: Number.isFinite(ms) ? ms : 0, file };
  }
  return found;
}
