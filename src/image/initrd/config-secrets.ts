import { toByteString } from "../../text/bytes.ts";

/** dracut and initramfs-tools read these like the kernel command line. */
export const parameterFile = /^\/(?:etc\/cmdline(?:\.d\/[^/]+\.conf)?|conf\/.*)$/;

/**
 * Configuration that everybody may read, although it may contain a secret: a line with one, and a line
 * that names a file with one.
 */
const rules = [
  {
    // WireGuard, MACsec, and the passwords of 802.1X.
    path: /\/systemd\/network\//,
    secret: /^\s*(?:PrivateKey|PresharedKey|Key|PrivateKeyPassword|Password)\s*=\s*\S/,
    key: /^\s*(?:PrivateKey|PresharedKey|Key)File\s*=\s*(\/\S+)/,
  },
  {
    // systemd.exec(5)
    path: /\/systemd\/system\/.*\.(?:service|socket|mount|swap|conf)$/,
    secret: /^\s*SetCredential(?:Encrypted)?\s*=\s*\S/,
    key: /^\s*LoadCredential(?:Encrypted)?\s*=\s*[^:\s]+:(\/\S+)/,
  },
  // A hash instead of "x", "*" or "!".
  { path: /\/etc\/(?:passwd|group)-?$/, secret: /^[^:]*:[^:]{2,}:/ },
  {
    // mount.cifs(8)
    path: /^\/etc\/fstab(?:\.d\/.*)?$/,
    secret: /^\s*[^#\s].*[\s,](?:pass|password|passwd|password2|secret)=/,
    key: /^\s*[^#\s].*[\s,](?:cred|credentials|secretfile)=(\/[^\s,]+)/,
  },
  // interfaces(5)
  {
    path: /^\/etc\/network\/interfaces(?:\.d\/.*)?$/,
    secret: /^\s*(?:wpa-(?:psk|pass)|wireless-key)/,
  },
  {
    path: parameterFile,
    secret: /(?:password|passphrase|secret|psk)=|(?:iscsi:|:\/\/)[^\s/@]*:[^\s/@]*@/i,
  },
];

function findRules(paths: readonly string[]) {
  return rules.filter(({ path }) => paths.some((one) => path.test(one)));
}

function splitLines(data: Uint8Array): readonly string[] {
  return toByteString(data).split("\n");
}

/** `paths` are all names of the file. */
export function hasConfigSecret(paths: readonly string[], data: Uint8Array): boolean {
  const found = findRules(paths);
  return (
    found.length > 0 && splitLines(data).some((line) => found.some((one) => one.secret.test(line)))
  );
}

/** The files with keys that it names. */
export function listConfigKeys(paths: readonly string[], data: Uint8Array): readonly string[] {
  const keys = findRules(paths).flatMap(({ key }) => key ?? []);
  if (keys.length === 0) return [];
  return splitLines(data).flatMap((line) => keys.flatMap((key) => key.exec(line)?.[1] ?? []));
}
