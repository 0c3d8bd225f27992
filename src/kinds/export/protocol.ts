import { unescapeOctal } from "../../text/escapes.ts";
import type { Export, ExportProtocol } from "./state.ts";

/**
 * What one of `PLACES` exports, by its files, of which `read` has the texts, or "". Undefined for
 * what has nothing open.
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
      // `threads` waits for a server that is being stopped.
      const paths = parseNfsExports(read("exports"));
      return paths.length === 0 ? undefined : { paths };
    }
    case "ksmbd":
      // "2 running 4294 10" (kernel: fs/smb/server/server.c). Only its daemon knew what it shares.
      return read("stats").includes(" running ") ? { paths: [] } : undefined;
  }
}

/**
 * `info` of a backstore, as target_core_iblock.c and target_core_file.c write it: a path stands
 * there as it is, whatever blanks it has. Undefined for memory, and for what a process serves.
 */
function parseBackstore(text: string): Pick<Export, "paths" | "dev"> | undefined {
  const path = text.split("File: ")[1]?.split("  Size: ")[0];
  if (path !== undefined) return { paths: [path] };
  const [, major, minor] = /Major: ([0-9]+) Minor: ([0-9]+)/.exec(text) ?? [];
  return major === undefined ? undefined : { paths: [], dev: `${major}:${minor}` };
}

/**
 * The directories that the server has in its cache, and keeps busy, each as often as there are
 * clients (kernel: fs/nfsd/export.c). Behind "#" stand the version, and refusals.
 */
function parseNfsExports(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line.startsWith("/"));
  return [...new Set(lines.map((line) => unescapeOctal(line.split("\t")[0] ?? "")))];
}
