import { systemShutdownPath } from "../added-program.ts";
import { parentOf } from "../check-path.ts";
import { type CpioEntry, linkMode } from "../cpio-entry.ts";
import { makeTarget } from "../relative-path.ts";

/** A shutdown hook of another program, found in an initrd. */
export interface InitrdHook {
  /** "/usr/lib/dracut/hooks/shutdown/40-stop.sh" */
  readonly path: string;
  /** One of PID 1's stages, or after the last sync, as systemd-shutdown(8) does. */
  readonly stage: "before-umount" | "after-umount" | "last";
}

export interface InitrdHooks {
  /** Those that will run, by stage and path. */
  readonly ran: readonly InitrdHook[];
  /** Those left out because PID 1 does their work. */
  readonly needless: readonly string[];
}

/** dracut runs pre-shutdown before the old root is unmounted, shutdown afterwards. */
const dracutHook =
  /^(?:etc|var\/lib|(?:usr\/)?lib)\/dracut\/hooks\/((?:pre-)?shutdown)\/[^/]*\.sh$/;
const dracutStorage =
  /\/[0-9]*-?(?:dm-shutdown|md-shutdown|mdmon-pre-shutdown|multipath-shutdown)\.sh$/;
/** finalrd copies its own scripts to the directory of systemd-shutdown's. */
const script =
  /^(?:(?:usr\/)?lib\/systemd\/system-shutdown\/[^/]+|(?:etc|usr\/share)\/finalrd\/[^/]+\.finalrd)$/;
const executable = 0o111;

/**
 * Finds the shutdown hooks in the tree of an initrd: those of dracut's modules and of administrators,
 * of finalrd and of systemd-shutdown(8). mkinitcpio has only its own /shutdown. Returns the tree with
 * links for PID 1 to find the scripts by, and without dracut's hooks that take storage apart.
 */
export function takeHooks(
  entries: readonly CpioEntry[],
): InitrdHooks & { readonly entries: readonly CpioEntry[] } {
  const needless = entries.filter(({ path }) => dracutHook.test(path) && dracutStorage.test(path));
  const left = entries.filter((entry) => !needless.includes(entry));
  const scripts = left.filter(isScript).map(({ path }) => path);
  const dracut = (point: string, stage: InitrdHook["stage"]) =>
    left
      .filter(({ path }) => dracutHook.exec(path)?.[1] === point)
      .map(({ path }) => ({ path: `/${path}`, stage }));
  return {
    entries: addLinks(left, scripts),
    ran: [
      ...dracut("pre-shutdown", "before-umount"),
      ...dracut("shutdown", "after-umount"),
      ...scripts.map((path) => ({ path: `/${path}`, stage: "last" }) as const),
    ],
    needless: needless.map(({ path }) => `/${path}`),
  };
}

/** Whether there are hooks of dracut, which need its library of functions. */
export function hasDracutHook(hooks: readonly InitrdHook[]): boolean {
  return hooks.some(({ stage }) => stage !== "last");
}

function isScript({ kind, path, mode }: CpioEntry): boolean {
  return kind !== "directory" && (mode & executable) !== 0 && script.test(path);
}

function addLinks(entries: readonly CpioEntry[], scripts: readonly string[]): readonly CpioEntry[] {
  const known = new Set(entries.map(({ path }) => path));
  const links = scripts
    .map((path) => ({ path, at: `${systemShutdownPath}/${path.slice(path.lastIndexOf("/") + 1)}` }))
    .filter(({ at }) => !known.has(at))
    .map(({ path, at }): CpioEntry => {
      return { kind: "link", path: at, mode: linkMode, target: makeTarget(parentOf(at), path) };
    });
  const parents = systemShutdownPath.split("/").map((_, i, all) => all.slice(0, i + 1).join("/"));
  const directories = parents
    .filter((path) => links.length > 0 && !known.has(path))
    .map((path): CpioEntry => ({ kind: "directory", path, mode: 0o755 }));
  return [...entries, ...directories, ...links].sort((a, b) => (a.path < b.path ? -1 : 1));
}
