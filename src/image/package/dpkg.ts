import type { Owner } from "./owner.ts";

/**
 * The package with the file list `listName`, such as "libc6:amd64.list" in /var/lib/dpkg/info, and
 * its version according to /var/lib/dpkg/status (dpkg(1), deb-control(5)).
 */
export function findDpkgOwner(listName: string, status: string): Owner | undefined {
  const [name = "", architecture] = listName.slice(0, -".list".length).split(":");
  const text = `\n\n${status}`;
  const head = `\n\nPackage: ${name}\n`;
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at + head.length)) {
    const end = text.indexOf("\n\n", at + head.length);
    const lines = text.slice(at + 2, end < 0 ? undefined : end).split("\n");
    const version = readField(lines, "Version");
    const isMeant = architecture === undefined || readField(lines, "Architecture") === architecture;
    if (version !== undefined && isMeant) return { package: name, version };
  }
  return undefined;
}

function readField(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
}
