import { join } from "node:path";
import { run } from "../../../tools/run.ts";
import { cutLink, slowLink, startCapture } from "../machine/arguments.ts";
import type { Cue, MachineSpec } from "../machine/spec.ts";
import type { Server } from "../net/server.ts";
import { provideServersTree } from "../net/servers-tree.ts";
import { openSite } from "../net/site.ts";
import type { BuiltRoot } from "./provide-root.ts";
import type { RootStack } from "./root-stack.ts";
import { startServerMachine } from "./server-machine.ts";

/** The machine prints this before it begins to shut down. */
export const beginsLine = "case: the shutdown begins";

/** The server of a root, for as long as its machine runs. */
export interface ServedRoot {
  readonly spec: Pick<MachineSpec, "network" | "share" | "cues">;
  /** The server maps the guest's RAM. */
  readonly needsSharedRam: boolean;
  end(): Promise<void>;
  /** The recorded packets. */
  readFacts(): Promise<readonly string[]>;
}

const unserved: ServedRoot = {
  spec: {},
  needsSharedRam: false,
  end: async () => {},
  readFacts: async () => [],
};

/** Serves the disk of a stack that lies in `folder`, if it has a server. */
export async function serveRoot(
  { server, serverGoneAt, slowsLink }: RootStack,
  built: BuiltRoot,
  folder: string,
  say: (line: string) => void,
): Promise<ServedRoot> {
  if (server === undefined) return unserved;
  const tree = await provideServersTree(say);
  const site = await openSite(server, tree, folder);
  const { enter } = site;
  const endMachine =
    server.machine && (await startServerMachine(built, server.machine, enter, folder));
  const captureFile = join(folder, "capture");
  const cues: Cue[] = [{ text: beginsLine, command: startCapture }];
  if (slowsLink === true) cues.push({ text: beginsLine, command: slowLink });
  if (serverGoneAt !== undefined) cues.push({ text: serverGoneAt, command: cutLink });
  return {
    spec: { network: { enter, captureFile }, cues, ...findShare(server, folder) },
    needsSharedRam: server.share === "virtiofs",
    end: async () => {
      await endMachine?.();
      await site.end();
    },
    readFacts: async () => {
      if (server.sessionEnd === undefined) return [];
      const found = await findPackets(tree, captureFile, server.sessionEnd);
      return [`session: ${found === "" ? "left open" : "closed"}`];
    },
  };
}

function findShare({ share }: Server, folder: string): Pick<MachineSpec, "share"> {
  if (share === undefined) return {};
  if (share === "9p") return { share: { kind: share, folder: join(folder, "export") } };
  return { share: { kind: share, socket: join(folder, "share") } };
}

/** The numbers of the packets, one per line. */
function findPackets(tree: string, captureFile: string, filter: string): Promise<string> {
  const command = 'exec chroot "$1" tshark -r - -Y "$2" -T fields -e frame.number <"$3"';
  return run("sh", ["-c", command, "sh", tree, filter, captureFile]);
}
