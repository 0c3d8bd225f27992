import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "exitrd-s6-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

writeFileSync(join(folder, "exitrd"), '#!/bin/sh\necho "$*"\n', { mode: 0o755 });
const script = join(projectRoot, "integration/s6/rc.shutdown.final");

// s6-linux-init 1.2.0.2, src/shutdown/s6-linux-init-shutdownd.c, prepare_stage4.
test.each([
  ["s6-linux-init-hpr -f -r", "pivot reboot"],
  ["s6-linux-init-hpr -f -h", "pivot halt"],
  ["s6-linux-init-hpr -f -p", "pivot poweroff"],
])("s6-linux-init that will call '%s' ends as it was asked to", (last, call) => {
  const stage4 = `#!/bin/execlineb -P\nforeground { tryexec { ${script} } }\n${last}\n`;
  writeFileSync(join(folder, "stage 4"), stage4);
  const PATH = `${folder}:${process.env.PATH}`;
  const { stdout } = spawnSync("sh", [script], { cwd: folder, env: { PATH }, encoding: "utf8" });
  expect(stdout.trim().split("\n").at(-1)).toBe(call);
});
