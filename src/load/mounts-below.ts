import { parseMountinfo } from "../kinds/mount/mountinfo.ts";
import type { FileReader } from "../port/loader.ts";
import { attempt } from "../port/sys-error.ts";
import { toByteString } from "../text/bytes.ts";
import { mountPoints } from "../text/tree-paths.ts";
import type { CheckedImage } from "./check-image.ts";
import type { LoadFailure } from "./load-failure.ts";
import type { LoadRequest } from "./load-request.ts";
import type { Occupant } from "./look-at-target.ts";

const largestTable = 16 * 1024 * 1024;

/**
 * The names in `target` on or below which something is mounted, which our tree would hide: dracut
 * mounts the medium and the layers of a live system below /run/initramfs, and programs of the
 * running system look for them there.
 */
export function listMountsBelow(
  target: string,
  occupant: Occupant,
  files: FileReader,
): readonly string[] {
  const bytes = attempt(() => files.readBytes("/proc/self/mountinfo", largestTable));
  if (bytes === undefined) return [];
  const prefix = `${target}/`;
  const names = parseMountinfo(toByteString(bytes))
    .filter((mount) => mount.target.startsWith(prefix))
    .map((mount) => mount.target.slice(prefix.length).split("/")[0] ?? "");
  const own = occupant.kind === "ours" ? mountPoints : [];
  return [...new Set(names)].filter((name) => !own.includes(name)).sort();
}

/**
 * A sealed tree has no place to mount them on: directories cannot be added to it, and no file of
 * the image moves.
 */
export function refuseBelow(
  { target, force }: LoadRequest,
  { entries, sealed }: CheckedImage,
  below: readonly string[],
): LoadFailure | undefined {
  if (force) return undefined;
  const taken = new Set(entries.map(({ path }) => path.split("/")[0]));
  const name = below.find((one) => sealed !== undefined || taken.has(one));
  return name === undefined ? undefined : { kind: "mounts-below", target, name };
}
