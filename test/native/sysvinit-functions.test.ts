import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";
import { runCommand } from "./native-program.ts";

const functions = join(projectRoot, "integration/sysvinit/functions");

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "exitrd-sysvinit-"));
  for (const name of ["default", "init.d", "apcupsd"]) mkdirSync(join(root, name));
});

afterEach(() => rmSync(root, { recursive: true }));

/** Runs a function with our /etc; `exitrd` prints how it is called. */
function call(words: string, environment: readonly string[] = []): string {
  const script = `exitrd() { echo "exitrd $*"; }; upsmon() { return 1; }; . ${functions}; ${words}`;
  const binds = `mount --bind ${root} /etc && mkdir -p /run/initramfs && mount -t tmpfs none /run/initramfs`;
  const inside = `${binds} && exec env ${environment.join(" ")} sh -c '${script}'`;
  return runCommand("unshare", "--mount", "sh", "-c", inside).stdout.trim();
}

test.each([
  ["nothing", [], undefined, "poweroff"],
  ["halt -H", ["INIT_HALT=HALT"], undefined, "halt"],
  ["halt -P", ["INIT_HALT=POWEROFF"], "HALT=halt", "poweroff"],
  ["the configuration", [], "HALT=halt", "halt"],
])("the verb comes from %s", (_, environment, configured, verb) => {
  if (configured !== undefined) writeFileSync(join(root, "default/halt"), `${configured}\n`);
  expect(call("find_halt_verb", environment)).toBe(verb);
});

test("a tree that was unmounted is loaded again before the pivot", () => {
  expect(call("enter_unless_power_failure poweroff")).toBe("exitrd load\nexitrd pivot poweroff");
});

test("after a power failure, halt has the UPS cut the power, and reboot enters exitrd", () => {
  writeFileSync(join(root, "init.d/ups-monitor"), "", { mode: 0o755 });
  writeFileSync(join(root, "apcupsd/powerfail"), "");
  expect(call("enter_unless_power_failure poweroff")).toBe("");
  expect(call("enter_unless_power_failure reboot")).toContain("exitrd pivot reboot");
  rmSync(join(root, "apcupsd/powerfail"));
  expect(call("enter_unless_power_failure poweroff")).toContain("exitrd pivot poweroff");
});

test("a container is known by the environment of its init, and a machine is none", () => {
  const isContainer = (environment: string): boolean => {
    const script = `. ${functions}; is_container`;
    const args = ["--pid", "--fork", "--mount", "--mount-proc", "env", environment];
    return runCommand("unshare", ...args, "sh", "-c", script).status === 0;
  };
  expect(isContainer("container=lxc")).toBe(true);
  expect(isContainer("container=")).toBe(false);
});
