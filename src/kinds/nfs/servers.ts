import { splitWords } from "../../text/words.ts";

/**
 * Parses /proc/fs/nfsfs/servers: the names of the servers of this machine, each once (kernel:
 * fs/nfs/client.c, nfs_server_list_show).
 */
export function parseNfsServers(text: string): readonly string[] {
  const names = text.split("\n").flatMap((line) => {
    const [version, , , , name] = splitWords(line);
    return version?.startsWith("v") && name !== undefined ? [name] : [];
  });
  return [...new Set(names)];
}
