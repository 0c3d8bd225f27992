import { unescapeOctal } from "../../text/escapes.ts";
import type { Export, ExportProtocol } from "./state.ts";

/**
 * Parses what one of `PLACES` exports. `read` returns the text of a file there, or "". Undefined if
 * nothing is open.
 */
export function parseExport(
  protocol: ExportProtocol,
  read: (file: string) => string,
): Pick<Export, "paths" | "dev"> | undefined {
  switch (protocol) {
    case "lio":
      return parseBackstore(read("info"));
    case "nvmet":
      return read("enable") === "1" ? { paths: [read("device_path")] } : undefined;
    case "usb-gadget":
      return read("file") === "" ? undefined : { paths: [read("file")] };
    case "nfsd": {
      // Not `threads`: reading it waits for a server that is being stopped.
      const paths = parseNfsExports(read("exports"));
      return paths.length === 0 ? undefined : { paths };
    }
    case "ksmbd":
      // "2 running 4294 10" (kernel: fs/smb/server/server.c). Only the daemon knew what is shared.
      return read("stats").includes(" running ") ? { paths: [] } : undefined;
  }
}

/**
 * Parses `info` of a backstore, as target_core_iblock.c and target_core_file.c write it: a path is
 * not escaped and may contain blanks. Undefined for a backstore in memory or one that a process
 * serves.
 */
function parseBackstore(text: string): Pick<Export, "paths" | "dev"> | undefined {
  const path = text.split("File: ")[1]?.split("  Size: ")[0];
  if (path !== undefined) return { paths: [path] };
  const [, major, minor] = /Major: ([0-9]+) Minor: ([0-9]+)/.exec(text) ?? [];
  return major === undefined ? undefined : { paths: [], dev: `${major}:${minor}` };
}

/**
 * The directories in the server's cache, which it keeps busy, once for each client (kernel:
 * fs/nfsd/export.c). Lines with "#" contain the version and refused requests.
 */
function parseNfsExports(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line.startsWith("/"));
  return [...new Set(lines.map((line) => unescapeOctal(line.split("\t")[0] ?? "")))];
}
