import { splitWords } from "./words.ts";

/**
 * The serial numbers that /proc/keys (proc_keys(5)) gives for keyrings of these
 * names. They are hints only: the kernel prints descriptions raw, so that a user
 * whose description holds a newline writes any line into this file.
 */
export function findKeyringHints(text: string, names: readonly string[]): readonly number[] {
  return text.split("\n").flatMap((line) => {
    const [serial = "", , , , , uid, , type, description = ""] = splitWords(line);
    const isMeant = type === "keyring" && uid === "0" && names.includes(description.slice(0, -1));
    return isMeant ? [Number.parseInt(serial, 16)] : [];
  });
}

/**
 * Whether what KEYCTL_DESCRIBE says of one key is a keyring of the kernel's with
 * one of these names. Of keyrings only the kernel can make one whose name begins
 * with a dot (add_key and KEYCTL_JOIN_SESSION_KEYRING, security/keys/keyctl.c).
 */
export function isKernelKeyring(description: string, names: readonly string[]): boolean {
  const [, name] = /^keyring;0;\d+;[0-9a-f]+;(.*)$/s.exec(description) ?? [];
  return name !== undefined && names.includes(name);
}
