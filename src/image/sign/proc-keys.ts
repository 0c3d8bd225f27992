import { splitWords } from "../../text/words.ts";

/**
 * The serial numbers of the kernel's own keyrings of these names, in
 * /proc/keys (proc_keys(5)). Only the kernel can make one whose name begins
 * with a dot (security/keys/keyctl.c).
 */
export function findKernelKeyrings(text: string, names: readonly string[]): readonly number[] {
  return text.split("\n").flatMap((line) => {
    const [serial = "", , , , , uid, , type, description = ""] = splitWords(line);
    const isMeant = type === "keyring" && uid === "0" && names.includes(description.slice(0, -1));
    return isMeant ? [Number.parseInt(serial, 16)] : [];
  });
}
