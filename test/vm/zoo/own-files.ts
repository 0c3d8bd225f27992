import { join } from "node:path";
import { provideStaticProgram } from "../build/static-program.ts";

const dist = join(import.meta.dirname, "..", "..", "..", "dist");

/** The programs under test from dist/, and helpers: name in the guest → path here. */
export async function listOwnFiles(): Promise<Readonly<Record<string, string>>> {
  return {
    crowd: await provideStaticProgram("crowd"),
    exitrd: join(dist, "exitrd"),
    "exitrd.img": join(dist, "package/usr/lib/exitrd/exitrd.img"),
    ublk: await provideStaticProgram("ublk"),
  };
}
