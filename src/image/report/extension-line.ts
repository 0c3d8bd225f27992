import { quote, showBytes } from "../../text/show-bytes.ts";
import type { ExtensionIdentity } from "../extension/extension.ts";
import type { LoadedExtension } from "../extension/record.ts";

/** "sysext exitrd-debug 1.35", safe to print. */
export function nameOfExtension(extension: ExtensionIdentity): string {
  const { name, version } = extension;
  return `${extension.class} ${name}${version === "" ? "" : ` ${showBytes(version)}`}`;
}

/** "sysext exitrd-debug 1.35 of '/etc/…', signed by 'CN=…'". */
export function extensionLine(extension: Omit<LoadedExtension, "entries">): string {
  const { path, signer } = extension;
  const vouched = signer === "" ? "not signed" : `signed by ${quote(signer)}`;
  return `${nameOfExtension(extension)} of ${quote(path)}, ${vouched}`;
}
