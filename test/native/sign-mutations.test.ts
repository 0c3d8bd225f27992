import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { makeElf } from "../fake/image-inputs.ts";
import { OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, runProgram } from "./exitrd-program.ts";
import { buildScript, runCommand } from "./native-program.ts";

// As many as are asked for: 200,000 take 80 minutes under the sanitizers.
const count = Number(process.env.EXITRD_TEST_MUTATIONS ?? "400");
const seed = Number(process.env.EXITRD_TEST_SEED ?? Date.now() % 2 ** 31);
/** In one process: it ends within the minute that one may take. */
const portion = 100;

const openssl = new OpenSsl();
const dir = mkdtempSync(join(cacheDir("test-native"), "mutations-"));
afterAll(() => {
  openssl.close();
  rmSync(dir, { recursive: true, force: true });
});

test(
  "no changed image and no changed signature is accepted, and none makes the sanitizers speak",
  async () => {
    const program = await buildScript("sign-mutations", "sanitize");
    const { exitrd } = await buildPrograms();
    const image = join(dir, "exitrd.img");
    // As small as can be: what matters is hit more often, and each takes a tenth of the time.
    const shutdown = join(dir, "shutdown");
    writeFileSync(shutdown, makeElf());
    expect(runProgram(exitrd, ["build", "--shutdown", shutdown, "--output", image]).status).toBe(0);
    const root = openssl.identity("Root", { key: "rsa:2048" });
    const leaf = openssl.identity("Leaf", { key: "rsa:2048", issuer: root });
    const anchor = openssl.file(openssl.certificate(root).der);
    const signature = openssl.file(openssl.sign(readFileSync(image), leaf));
    const sealed = join(dir, "exitrd.raw");
    const by = ["--key", leaf.key, "--cert", leaf.cert, "--chain", root.cert];
    expect(runProgram(exitrd, ["sign", ...by, "--seal", sealed, image]).status).toBe(0);
    console.log(`EXITRD_TEST_SEED=${seed} EXITRD_TEST_MUTATIONS=${count}`);
    const reasons: Record<string, number> = {};
    for (let at = 0; at < count; at += portion) {
      const numbers = [Math.min(portion, count - at), seed + at].map(String);
      const ended = runCommand(program, anchor, image, signature, sealed, ...numbers);
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      const result = JSON.parse(ended.stdout);
      expect(result).toMatchObject({ good: true, unpacks: true, accepted: 0 });
      for (const [kind, found] of Object.entries(result.reasons)) {
        reasons[kind] = (reasons[kind] ?? 0) + Number(found);
      }
    }
    console.log(JSON.stringify(reasons));
  },
  Math.max(120_000, count * 1_000),
);
