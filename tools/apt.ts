import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "./cache.ts";
import { debianMirror } from "./mirror.ts";
import { run } from "./run.ts";

/**
 * A private apt: this machine's mirror and Debian's keys, but its own lists, a single source and
 * its own architecture.
 */
export interface PrivateApt {
  /** Runs `apt-get` in a folder, for example to download into it. */
  run(args: readonly string[], cwd: string): Promise<void>;
}

/**
 * Prepares an apt for one kind of package of one suite, and updates its lists.
 *
 * apt checks the archive's signature with Debian's keyring.
 */
export async function openPrivateApt(
  kind: "deb" | "deb-src",
  suite: string,
  architecture: string,
): Promise<PrivateApt> {
  const state = cacheDir("apt", `${kind}-${suite}-${architecture}`);
  const list = join(state, "sources.list");
  const keys = "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(list, `${kind} [${keys}] ${debianMirror()} ${suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${cacheDir("apt", `${kind}-${suite}-${architecture}`, "lists")}`,
    `Dir::Cache=${cacheDir("apt", `${kind}-${suite}-${architecture}`, "cache")}`,
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    // If run by root, apt downloads as _apt, who cannot enter a cache below /root.
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const apt = async (args: readonly string[], cwd: string): Promise<void> => {
    await run("apt-get", [...options, "-q", ...args], { cwd });
  };
  await apt(["update"], state);
  return { run: apt };
}
