import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../tools/bundle.ts";

/** The values of a setting of a unit, in order. */
export function readSetting(unit: string, key: string): readonly string[] {
  const lines = readFileSync(join(projectRoot, unit), "utf8").split("\n");
  return lines.filter((line) => line.startsWith(`${key}=`)).map((l) => l.slice(key.length + 1));
}

export function compileFilter(output: string): void {
  execFileSync("gcc", ["-o", output, join(import.meta.dirname, "allow-calls.c")]);
}

/**
 * The command that starts a program with the capabilities and the system calls of a unit. A call that
 * systemd would only refuse kills here: an error that is ignored would not be noticed.
 */
export function restrictAs(unit: string, filter: string): readonly string[] {
  const [capabilities = ""] = readSetting(unit, "CapabilityBoundingSet");
  const kept = capabilities.split(" ").map((name) => `+${name.replace("CAP_", "").toLowerCase()}`);
  const set = ["-all", ...kept].join(",");
  const numbers = readNumbers();
  const calls = listCalls(unit).flatMap((name) => numbers.get(name) ?? []);
  return ["setpriv", "--no-new-privs", "--bounding-set", set, "--", filter, calls.join(",")];
}

function listCalls(unit: string): readonly string[] {
  const allowed = new Set<string>();
  for (const value of readSetting(unit, "SystemCallFilter")) {
    const names = value.replace("~", "").split(" ").flatMap(expand);
    for (const name of names) value.startsWith("~") ? allowed.delete(name) : allowed.add(name);
  }
  return [...allowed];
}

function expand(name: string): readonly string[] {
  if (!name.startsWith("@")) return [name];
  const text = execFileSync("systemd-analyze", ["syscall-filter", "--no-pager", name]).toString();
  const lines = text
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).flatMap(expand);
}

function readNumbers(): ReadonlyMap<string, number> {
  const input = "#include <sys/syscall.h>\n";
  const text = execFileSync("gcc", ["-E", "-dM", "-"], { input }).toString();
  const found = text.matchAll(/^#define __NR_(\w+) (\d+)$/gm);
  return new Map([...found].map(([, name = "", number]) => [name, Number(number)]));
}
