import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath } from "./hash-inputs.ts";

/** Returns an initrd that prints `tinyInitLine` and powers off. */
export async function provideTinyInitrd(): Promise<string> {
  const source = join(import.meta.dirname, "tiny-init.c");
  const folder = join(cacheDir("vm"), `tiny-${hashPath(source)}`);
  await provideFolder(folder, async (partial) => {
    const program = join(partial, "init");
    await run("musl-gcc", ["-Os", "-s", "-static", "-o", program, source]);
    const entries = [formatEntry("init", 0o100755, readFileSync(program)), trailer];
    writeFileSync(join(partial, "initrd"), Buffer.concat(entries));
  });
  return join(folder, "initrd");
}

export const tinyInitLine = "tiny-init: this kernel is up";

function formatEntry(name: string, mode: number, data: Buffer): Buffer {
  const fields = [0, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const hex = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return Buffer.concat([padTo4(Buffer.from(`070701${hex}${name}\0`)), padTo4(data)]);
}

function padTo4(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

const trailer = formatEntry("TRAILER!!!", 0, Buffer.alloc(0));
