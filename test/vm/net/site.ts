import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { registerCleanUp } from "../machine/clean-up.ts";
import { readLines } from "../machine/line-reader.ts";
import type { Server } from "./server.ts";

const readyLimitMs = 60_000;

/**
 * Servers on this host, in namespaces of their own: only processes that enter these can reach them.
 */
export interface Site {
  /** The command prefix that runs a program inside. */
  readonly enter: readonly string[];
  /** Ends all servers, and removes everything that they have mounted. */
  end(): Promise<void>;
}

/** Starts a server for the disk "disk0.img" in `folder`; resolves when it answers. */
export async function openSite(server: Server, tree: string, folder: string): Promise<Site> {
  writeFileSync(join(folder, "start.sh"), server.start);
  const script = join(import.meta.dirname, "site.sh");
  const child = spawn(
    "unshare",
    [
      ...["--net", "--mount", "--pid", "--fork", "--kill-child"],
      ...["sh", script, tree, folder, server.serves],
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const forget = registerCleanUp(() => child.kill("SIGKILL"));
  const ended = new Promise<void>((resolve) => {
    child.on("close", () => resolve());
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    readLines(child.stdout, (line) => {
      if (line === "site: ready") resolve();
    });
    ended.then(() => reject(new Error(`the server did not start:\n${readStartLog(folder)}`)));
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), readyLimitMs);
  await ready.finally(() => clearTimeout(timer));
  const namespace = (kind: string): string => `/proc/${child.pid}/ns/${kind}`;
  return {
    enter: ["nsenter", `--net=${namespace("net")}`, `--mount=${namespace("mnt")}`],
    end: async () => {
      child.stdin.end();
      await ended;
      forget();
    },
  };
}

function readStartLog(folder: string): string {
  try {
    return readFileSync(join(folder, "start.log"), "utf8");
  } catch {
    return "";
  }
}
