import { splitWords } from "../../text/words.ts";

/**
 * Names of the servers in /proc/fs/nfsfs/servers that this machine is a client
 * of (kernel: fs/nfs/client.c, nfs_server_list_show), each once.
 */
export function parseNfsServers(text: string): readonly string[] {
  const names = text.split("\n").flatMap((line) => {
    const [version, , , , name] = splitWords(line);
    return version?.startsWith("v") && name !== undefined ? [name] : [];
  });
  return [...new Set(names)];
}
