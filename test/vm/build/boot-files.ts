import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import { bootPartition } from "./disk-layout.ts";

/** Copies kernel and initrd from the /boot partition of a disk, without mounting it. */
export async function extractBootFiles(disk: string, folder: string): Promise<void> {
  const image = `${disk}?offset=${bootPartition.offset}`;
  const listing = await run("debugfs", ["-R", "ls -p /", image]);
  for (const [prefix, name] of [
    ["vmlinuz-", "kernel"],
    ["initrd.img-", "initrd"],
  ] as const) {
    const file = findName(listing, prefix);
    await run("debugfs", ["-R", `dump /${file} ${join(folder, name)}`, image]);
  }
}

/** Finds the only name with `prefix` in the output of debugfs's "ls -p". */
export function findName(listing: string, prefix: string): string {
  const names = listing
    .split("\n")
    .map((line) => line.split("/")[5] ?? "")
    .filter((name) => name.startsWith(prefix) && !name.endsWith(".bak"));
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error(`expected one '${prefix}*' in /boot, found ${names.length}`);
  }
  return name;
}
