import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import type { SecureBootKeys } from "./provide-keys.ts";

export interface UkiParts {
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

const stub = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";

/** Builds a unified kernel image with systemd-stub(7), and signs it with the key of db. */
export async function buildUki(
  parts: UkiParts,
  keys: SecureBootKeys,
  output: string,
): Promise<void> {
  const unsigned = `${output}.unsigned`;
  const text = (name: string, content: string) => {
    const path = `${output}.${name}`;
    writeFileSync(path, content);
    return path;
  };
  await run("objcopy", [
    ...addSection("osrel", text("osrel", "ID=debian\nVERSION_ID=12\n"), 0x20000),
    ...addSection("cmdline", text("cmdline", parts.commandLine), 0x30000),
    ...addSection("linux", parts.kernel, 0x2000000),
    ...addSection("initrd", parts.initrd, 0x3000000),
    ...[stub, unsigned],
  ]);
  const key = (end: string) => join(keys.folder, `db.${end}`);
  await run("sbsign", ["--key", key("key"), "--cert", key("crt"), "--output", output, unsigned]);
}

function addSection(name: string, file: string, address: number): readonly string[] {
  const section = `.${name}`;
  return [
    ...["--add-section", `${section}=${file}`],
    ...["--change-section-vma", `${section}=0x${address.toString(16)}`],
  ];
}

const sampleSize = 64;

/**
 * Changes one byte of exitrd's image inside a UKI. It can be found there, because the compression
 * of the initrd does not change data that zstd has already compressed.
 */
export function tamper(uki: string, image: string): void {
  const bytes = readFileSync(uki);
  const wanted = readFileSync(image);
  for (let at = 0; at + sampleSize <= wanted.length; at += sampleSize) {
    const found = bytes.indexOf(wanted.subarray(at, at + sampleSize));
    if (found < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(found) ^ 1, found);
    writeFileSync(uki, bytes);
    return;
  }
  throw new Error(`nothing of '${image}' is in '${uki}'`);
}
