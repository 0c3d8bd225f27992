import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";

test("setup reports a Node.js that is too old before it installs anything", () => {
  const dir = mkdtempSync(join(tmpdir(), "exitrd-setup-"));
  const scripts = {
    node: "echo v18.20.4",
    "dpkg-query": "exit 1",
    "apt-get": `touch '${dir}/installed'; exit 1`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const env = { PATH: `${dir}:/usr/bin:/bin` };
  const setup = join(projectRoot, "tools/setup.sh");
  const { status, stdout, stderr } = spawnSync("sh", [setup], { env, encoding: "utf8" });
  const left = readdirSync(dir);
  rmSync(dir, { recursive: true });
  expect([status, stdout, stderr]).toEqual([
    1,
    "",
    "exitrd: cannot build with Node.js v18.20.4: install version 20.19 or later, for example from https://nodejs.org\n",
  ]);
  expect(left).not.toContain("installed");
});
