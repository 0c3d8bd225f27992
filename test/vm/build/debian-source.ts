import { debianMirror } from "../../../tools/mirror.ts";

// On a mirror that is not updated, the release file of such a suite has expired.
const expiringSuites = ["sid", "experimental"];

/** Returns a line of sources.list(5) for a suite of Debian's own archive. */
export function debianSource(suite: string, components: string): string {
  const expiry = expiringSuites.includes(suite) ? " check-valid-until=no" : "";
  const options = `signed-by=/usr/share/keyrings/debian-archive-keyring.gpg${expiry}`;
  return `deb [${options}] ${debianMirror()} ${suite} ${components}`;
}
