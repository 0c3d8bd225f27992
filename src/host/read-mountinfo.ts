import { O_RDONLY, readText } from "exitrd:sys";
import { clipPaths, LONGEST_PATH } from "../kinds/mount/mountinfo.ts";
import { withOpen } from "./with-open.ts";

const PART = 65_536;

/** Reads a table of mounts of any size, in parts, without the ends of paths that are too long. */
export function readMountinfo(path: string): string {
  return withOpen(path, O_RDONLY, (fd) => {
    const lines: string[] = [];
    let rest = "";
    for (;;) {
      const part = readText(fd, PART);
      if (part === "") return lines.join("");
      // Only more of a path that is too long already: most of a table of 1 GB.
      const isCut = rest.lastIndexOf(" ") === rest.length - LONGEST_PATH - 2;
      if (isCut && !part.includes(" ")) continue;
      const end = part.lastIndexOf("\n") + 1;
      if (end > 0) {
        lines.push((rest + part.slice(0, end)).split("\n").map(clipPaths).join("\n"));
        rest = "";
      }
      rest = clipPaths(rest + part.slice(end));
    }
  });
}
