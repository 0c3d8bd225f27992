import { join } from "node:path";

const dist = join(import.meta.dirname, "..", "..", "..", "dist");

/** The programs under test, straight from dist/: name in the guest → path here. */
export function listOwnFiles(): Readonly<Record<string, string>> {
  return {
    exitrd: join(dist, "exitrd"),
    "exitrd.img": join(dist, "package/usr/lib/exitrd/exitrd.img"),
  };
}
