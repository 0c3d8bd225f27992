import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { parseKernelCommandLine } from "../teardown/parse/cmdline.ts";
import { parseMemAvailable } from "../teardown/parse/meminfo.ts";
import type { Config } from "../teardown/settings/parse-config.ts";
import { parseParameters } from "../teardown/settings/parse-parameters.ts";
import { splitWords } from "../text/words.ts";

const LONGEST = 65_536;
const KIB_PER_GIB = 1024 * 1024;

/** A passphrase of this machine may stay in RAM after a shutdown, because no free memory is erased. */
export interface PassphraseRisk {
  /** Memory that would be erased now, in GiB; undefined if it is not known. */
  readonly freeGib: number | undefined;
}

/**
 * Undefined if no dm-crypt device with a lasting key is active, if the kernel erases what is freed (`init_on_free=1`), or
 * if the administrator has decided with `Wipe=` or `exitrd.wipe=`, in either way.
 */
export function findPassphraseRisk(
  { origins }: Pick<Config, "origins">,
  commandLine: string,
  files: FileReader,
): PassphraseRisk | undefined {
  const isDecided = origins.has("wipe") || parseParameters(commandLine).settings.wipe !== undefined;
  if (isDecided || erasesWhenFreed(commandLine) || !hasCrypt(files)) return undefined;
  const available = parseMemAvailable(
    attempt(() => files.readText("/proc/meminfo", LONGEST)) ?? "",
  );
  return { freeGib: available === undefined ? undefined : available / KIB_PER_GIB };
}

/** A boolean of the kernel (kstrtobool); the last one is used. */
function erasesWhenFreed(commandLine: string): boolean {
  const words = parseKernelCommandLine(commandLine).filter(({ key }) => key === "init_on_free");
  return /^(?:1|y|t|on)/i.test(words.at(-1)?.value ?? "");
}

/** Whether a device has the UUID that cryptsetup(8) gives to dm-crypt, and a key that lasts. */
function hasCrypt(files: FileReader): boolean {
  const names = attempt(() => files.readDir("/sys/class/block")) ?? [];
  const random = listRandomlyKeyed(files);
  return names.some((name) => {
    if (!name.startsWith("dm-")) return false;
    const read = (file: string): string =>
      attempt(() => files.readText(`/sys/class/block/${name}/dm/${file}`, LONGEST)) ?? "";
    const uuid = read("uuid");
    // veritysetup(8) and integritysetup(8) have no passphrases, but use the same prefix.
    if (!uuid.startsWith("CRYPT-") || /^CRYPT-(?:VERITY|INTEGRITY)-/.test(uuid)) return false;
    return !(uuid.startsWith("CRYPT-PLAIN-") && random.has(read("name").trimEnd()));
  });
}

const RANDOM = ["/dev/urandom", "/dev/random", "/dev/hwrng", "/dev/hw_random"];

/** The names of devices in crypttab(5) that get a new random key at each boot, such as swap. */
function listRandomlyKeyed(files: FileReader): ReadonlySet<string> {
  const text = attempt(() => files.readText("/etc/crypttab", LONGEST)) ?? "";
  return new Set(
    text.split("\n").flatMap((line) => {
      const [name = "", , key = ""] = splitWords(line);
      return RANDOM.includes(key) && !name.startsWith("#") ? [name] : [];
    }),
  );
}
