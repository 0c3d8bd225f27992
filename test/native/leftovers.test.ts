import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { buildScript, readResult, runCommand } from "./native-program.ts";

const directory = cacheDir("test-native");
const unruly = join(directory, "unruly");
await run("gcc", [
  ...["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"],
  ...["-o", unruly, join(import.meta.dirname, "unruly.c")],
]);
const program = await buildScript("leftovers", "musl");

interface Killed {
  readonly before: {
    readonly alive: readonly string[];
    readonly hopping: boolean;
    readonly segments: number;
  };
  /** Processes reported as still alive. */
  readonly names: readonly string[];
  readonly tookMs: number;
  readonly hopping: boolean;
  readonly alive: readonly string[];
  readonly segments: number;
}

/** Kills leftover processes as PID 1 of a namespace; each is given as "argv[0]=what it does". */
function killAmong(...words: readonly string[]): Killed {
  // A place where a user has access.
  const folder = mkdtempSync(join(tmpdir(), "left-"));
  chmodSync(folder, 0o755);
  const own = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--ipc"];
  try {
    return readResult(runCommand("unshare", ...own, program, folder, unruly, ...words)) as Killed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("processes that a user leaves before a shutdown", () => {
  test("a process that forks and exits every 300 µs is killed", () => {
    const { before, hopping, tookMs } = killAmong("hopper=hop");
    expect(before.hopping).toBe(true);
    expect(hopping).toBe(false);
    expect(tookMs).toBeLessThan(1_000);
  });

  test("it is also killed together with the storage daemons", () => {
    const { before, hopping } = killAmong("@server=daemon", "hopper=hop", "politely");
    expect(before.hopping).toBe(true);
    expect(hopping).toBe(false);
  });

  test("one that changes its name after SIGTERM is killed", () => {
    expect(killAmong("@server=daemon", "politely")).toMatchObject({ names: [], alive: [] });
  });

  test("the mark of a storage daemon spares processes of root, and no others", () => {
    const { alive, names } = killAmong("@root=daemon", "@user=user", "plain=daemon");
    expect(alive).toEqual(["@root"]);
    expect(names).toEqual([]);
  });

  test("a process whose memory cannot be read does not prevent the others from being killed", () => {
    const { before, alive, names, tookMs } = killAmong("stuck=lock", "sleep=user", "@root=daemon");
    expect(before.alive).toContain("stuck");
    expect(alive).toEqual(["@root"]);
    expect(names).toEqual([]);
    expect(tookMs).toBeLessThan(3_000);
  });

  test("a FUSE that waits for itself is aborted, and its process dies", () => {
    const { before, alive, names, tookMs } = killAmong("stuck=deadlock");
    expect(before.alive).toEqual(["stuck"]);
    expect(alive).toEqual([]);
    expect(names).toEqual([]);
    expect(tookMs).toBeLessThan(3_000);
  });

  test("it is also aborted in the user's own namespaces, where it keeps all file systems busy", () => {
    const { before, alive, names } = killAmong("stuck=private");
    expect(before.alive).toEqual(["stuck"]);
    expect(alive).toEqual([]);
    expect(names).toEqual([]);
  });

  test("it is aborted at once although the user filled the tables of his namespaces", () => {
    const { before, alive, names, tookMs } = killAmong("a=crowded", "b=crowded", "c=crowded");
    expect(before.alive).toEqual(["a", "b", "c"]);
    expect(alive).toEqual([]);
    expect(names).toEqual([]);
    expect(tookMs).toBeLessThan(3_000);
  });

  test("a FUSE that does not answer is examined nevertheless", () => {
    expect(killAmong("mute=mute")).toMatchObject({ seen: "done", alive: [], names: [] });
  });

  test("shared memory is removed after its users", () => {
    const { before, segments } = killAmong("share=share");
    expect(before.segments).toBe(1);
    expect(segments).toBe(0);
  });
});
