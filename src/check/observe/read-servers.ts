import type { Snapshot } from "../../kinds/kinds.ts";
import { servesStorage } from "../../observe/storage-daemons.ts";
import { attempt } from "../../port/sys-error.ts";
import type { Reader } from "../../port/teardown.ts";
import { parseProcStat } from "../../teardown/parse/proc-stat.ts";
import type { ServerFacts } from "../facts.ts";

/**
 * The processes that connected NBD devices and still run. With netlink, they may have exited and
 * left the connection to the kernel, and their PID may belong to another process: only programs
 * named like an NBD client or server are listed.
 */
export function readServers({ devices }: Snapshot, reader: Reader): readonly ServerFacts[] {
  return devices.flatMap(({ name, nbd, partitionOf }): readonly ServerFacts[] => {
    if (nbd === undefined || partitionOf !== undefined) return [];
    const stat = parseProcStat(attempt(() => reader.readText(`/proc/${nbd.pid}/stat`)) ?? "");
    if (stat === undefined || !/nbd/.test(stat.command)) return [];
    const isMarked = servesStorage(String(stat.pid), stat.command, reader);
    return [{ device: name, pid: stat.pid, command: stat.command, isMarked }];
  });
}
