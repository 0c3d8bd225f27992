import { equalBytes, toByteString } from "../../text/bytes.ts";
import { unescapeOctal } from "../../text/escapes.ts";
import { splitWords } from "../../text/words.ts";
import { parentOf } from "../check-path.ts";
import { hasConfigSecret, listConfigKeys, parameterFile } from "./config-secrets.ts";

/** A file of an initrd. */
export interface InitrdFile {
  readonly mode: number;
  readonly data: Uint8Array;
}

type Files = ReadonlyMap<string, InitrdFile>;

/** All paths begin with a slash. */
export interface InitrdNames {
  readonly files: Files;
  readonly links: readonly string[];
  /** The path without links; undefined for one that leads in a circle. */
  resolve(path: string): string | undefined;
}

// Where programs look for keys and passwords.
const places = [
  // cryptsetup: cryptroot/keyfiles is Debian's, and where systemd looks is the second.
  /^\/cryptroot\/keyfiles\//,
  /^\/(?:etc|(?:usr\/)?lib)\/cryptsetup-keys\.d\//,
  /^\/(?:etc|(?:usr\/)?lib)\/credstore(?:\.encrypted)?\//,
  /^\/\.extra\//,
  /^\/etc\/(?:luks|keys|zfs\/keys)[^/]*\//,
  // Servers and clients in the initrd itself.
  /^\/etc\/(?:dropbear|tinyssh|iscsi|iscsi\.initramfs|nvme|wireguard|wpa_supplicant|ceph)(?:\/|$)/,
  /^\/etc\/(?:netplan|openvpn|swanctl|ipsec\.d|samba)\//,
  /^\/etc\/ssh\/ssh_host_/,
  /\/NetworkManager\/system-connections\//,
  /^\/etc\/ppp\/(?:chap|pap)-secrets$/,
  /^\/var\/lib\/(?:iwd|iscsi|connman)\//,
  /\/\.(?:ssh|gnupg)\//,
  /\/\.netrc$/,
  /\/authorized_keys[0-9]?$/,
  /\/etc\/g?shadow-?$/,
  /^\/etc\/(?:ipsec\.secrets|security\/opasswd|krb5\.keytab|wpa_supplicant\.conf)$/,
  /^\/var\/lib\/systemd\/(?:random-seed|credential\.secret)$/,
];

const names =
  /(?:\.(?:key|keyfile|keytab|keyring|jwe|jwk|p12|pfx|luks|psk)|_host_(?:[a-z0-9]+_)?key|\/(?:crypto_)?key_?file[^/]*)$/i;

/** How key material begins. */
const beginnings = [
  "LUKS\xba\xbe",
  "SKUL\xba\xbe",
  "-----BEGIN OPENSSH PRIVATE KEY",
  "PuTTY-User-Key",
];
const keyWords = ["AGE-SECRET-KEY-1", "-----BEGIN OpenVPN Static key"];
const pemKey = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;
const longestPemHeader = 80;
/** Where all formats are looked for. */
const startLength = 16_384;
const othersRead = 0o004;
/** Shorter contents may be equal by chance: "yes", "1". */
const shortestCopy = 8;

/**
 * Lists the files that may contain a secret: by their path, including every name that links give
 * them; keys that crypttab(5) and the kernel command line name; by their contents; files that are not
 * world-readable and not programs; and copies of all these. Too many rather than too few: nothing is
 * unlocked at shutdown.
 */
export function findSecrets(tree: InitrdNames, commandLine: string): readonly string[] {
  const { files, resolve } = tree;
  const parameters = [...files].flatMap(([path, { data }]) =>
    parameterFile.test(path) ? [toByteString(data)] : [],
  );
  const listAliases = makeAliases(tree);
  const namesOf = (path: string) => [path, ...listAliases(path)];
  const named = new Set(
    [
      ...listTabKeys(tree),
      ...[...files].flatMap(([path, { data }]) => listConfigKeys(namesOf(path), data)),
      ...[commandLine, ...parameters].flatMap(listParameterKeys),
    ].flatMap((path) => resolve(path) ?? []),
  );
  const secrets = new Set(
    [...files].flatMap(([path, file]) => {
      const isFound = named.has(path) || isSecret(namesOf(path), file);
      return isFound ? [path] : [];
    }),
  );
  const isCopy = findCopies([...secrets].flatMap((path) => files.get(path)?.data ?? []));
  return [...files].flatMap(([path, { data }]) =>
    secrets.has(path) || isCopy(data) ? [path] : [],
  );
}

function isSecret(paths: readonly string[], { mode, data }: InitrdFile): boolean {
  if (paths.some((path) => names.test(path) || places.some((place) => place.test(path)))) {
    return true;
  }
  if ((mode & othersRead) === 0 && !isProgram(data)) return true;
  const start = toByteString(data.subarray(0, startLength));
  if (beginnings.some((words) => start.startsWith(words))) return true;
  if (keyWords.some((words) => start.includes(words)) || pemKey.test(start)) return true;
  // Libraries of programs contain such a line, because they read and write keys.
  return hasConfigSecret(paths, data) || (!isProgram(data) && hasPemKey(data));
}

/** Anywhere: a key may follow the certificates of a long chain. */
function hasPemKey(data: Uint8Array): boolean {
  // The rarest letter of "PRIVATE KEY" in text. Converting all files to strings takes seconds.
  const rare = 0x56;
  for (let at = data.indexOf(rare); at !== -1; at = data.indexOf(rare, at + 1)) {
    // "PRIVATE"
    if (data[at - 1] !== 0x49 || data[at + 1] !== 0x41) continue;
    const around = data.subarray(Math.max(0, at - longestPemHeader), at + longestPemHeader);
    if (pemKey.test(toByteString(around))) return true;
  }
  return false;
}

/** Decided by the contents: a key may have mode 0700. */
function isProgram(data: Uint8Array): boolean {
  const start = toByteString(data.subarray(0, 4));
  return start === "\x7fELF" || start.startsWith("#!");
}

/** The other names of a file, through links to it or to a directory above it. */
function makeAliases({ links, resolve }: InitrdNames): (path: string) => readonly string[] {
  const byEnd = new Map<string, string[]>();
  for (const link of links) {
    const end = resolve(link);
    if (end !== undefined) byEnd.set(end, [...(byEnd.get(end) ?? []), link]);
  }
  return (path) => {
    const aliases = [...(byEnd.get(path) ?? [])];
    for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
      for (const link of byEnd.get(at) ?? []) aliases.push(link + path.slice(at.length));
    }
    return aliases;
  };
}

/** Returns a function that is true for the same contents as one of `secrets`. */
function findCopies(secrets: readonly Uint8Array[]): (data: Uint8Array) => boolean {
  const byLength = new Map<number, Uint8Array[]>();
  for (const secret of secrets) {
    if (secret.length < shortestCopy) continue;
    byLength.set(secret.length, [...(byLength.get(secret.length) ?? []), secret]);
  }
  return (data) => byLength.get(data.length)?.some((one) => equalBytes(one, data)) ?? false;
}

/** The third field of crypttab(5), detached headers, and scripts, which may print a passphrase. */
function listTabKeys({ files, resolve }: InitrdNames): readonly string[] {
  const tabs = ["/etc/crypttab", "/cryptroot/crypttab", "/etc/integritytab"].flatMap(
    (path) => files.get(resolve(path) ?? "") ?? [],
  );
  return tabs.flatMap(({ data }) =>
    toByteString(data)
      .split("\n")
      .filter((line) => !line.trimStart().startsWith("#"))
      .flatMap((line) => {
        const [, , key = "", options = ""] = splitWords(line);
        const others = options
          .split(",")
          .flatMap((one) => /^(?:header|tcrypt-keyfile|keyscript)=(.*)$/.exec(one)?.[1] ?? []);
        // A device may follow; initramfs-tools knows the escapes.
        return [key, ...others].flatMap((one) => [
          one,
          one.split(":")[0] ?? "",
          unescapeOctal(one),
        ]);
      })
      .filter((path) => path.startsWith("/")),
  );
}

/** "rd.luks.key=/a:LABEL=b", "luks.key=UUID=/a", "cryptkey=rootfs:/a" */
function listParameterKeys(commandLine: string): readonly string[] {
  return splitWords(commandLine.replaceAll("\n", " ").replaceAll('"', ""))
    .filter((word) => /^(?:(?:rd\.)?luks\.key|cryptkey)=/.test(word))
    .flatMap((word) =>
      word
        .replaceAll(":", "=")
        .split("=")
        .filter((part) => part.startsWith("/")),
    );
}
