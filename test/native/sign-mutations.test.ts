import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { makeDiskImage, makeVeritySignature, rootTypes } from "../fake/disk-image.ts";
import { makeShutdown } from "../fake/image-inputs.ts";
import { caExtensions, OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, runProgram } from "./exitrd-program.ts";
import { formatVerity } from "./make-disk-image.ts";
import { buildScript, runCommandFor } from "./native-program.ts";

// CONTRIBUTING.md has the time that different numbers take.
const count = Number(process.env.EXITRD_TEST_MUTATIONS ?? "400");
const seed = Number(process.env.EXITRD_TEST_SEED ?? Date.now() % 2 ** 31);
/** For one process, with its time limit: 10 s are usual, and many times that on a busy machine. */
const portion = 200;
const limit = 1_800_000;

const openssl = new OpenSsl();
const dir = mkdtempSync(join(cacheDir("test-native"), "mutations-"));
const inDir = (name: string) => join(dir, name);
afterAll(() => {
  openssl.close();
  rmSync(dir, { recursive: true, force: true });
});

/** All files that are changed. The smaller they are, the more often something relevant is hit. */
async function makeFiles(): Promise<void> {
  const key = "rsa:2048";
  const root = openssl.identity("Root", { key });
  const middle = openssl.identity("Middle", { key, issuer: root, extensions: caExtensions });
  const leaf = openssl.identity("Leaf", { key, issuer: middle });
  const sign = (content: Uint8Array) => openssl.sign(content, leaf, "-certfile", middle.cert);
  writeFileSync(inDir("root.der"), openssl.certificate(root).der);

  const { exitrd } = await buildPrograms();
  const [image, shutdown] = [inDir("exitrd.img"), inDir("shutdown")];
  writeFileSync(shutdown, makeShutdown());
  expect(runProgram(exitrd, ["build", "--shutdown", shutdown, "--output", image]).status).toBe(0);
  writeFileSync(`${image}.p7s`, sign(readFileSync(image)));
  const by = ["--key", leaf.key, "--cert", leaf.cert, "--chain", middle.cert];
  const sealed = ["--seal", inDir("exitrd.raw"), image];
  expect(runProgram(exitrd, ["sign", ...by, ...sealed]).status).toBe(0);

  const [tree, extension] = [inDir("one"), inDir("one.raw")];
  mkdirSync(join(tree, "usr/lib/extension-release.d"), { recursive: true });
  writeFileSync(join(tree, "usr/lib/extension-release.d/extension-release.one"), "ID=exitrd\n");
  execFileSync("mksquashfs", [tree, extension, "-quiet", "-no-progress", "-noappend"]);
  writeFileSync(`${extension}.p7s`, sign(readFileSync(extension)));
  const rootHash = formatVerity(extension, inDir("hashes"));
  const signature = makeVeritySignature(rootHash, sign(Buffer.from(rootHash)));
  const parts = [readFileSync(extension), readFileSync(inDir("hashes")), signature];
  const partitions = parts.map((data, i) => ({ type: rootTypes[i] ?? "", data }));
  writeFileSync(inDir("disk.raw"), makeDiskImage(partitions));
}

test(
  "no changed image, signature, certificate or extension is accepted, and none makes the sanitizers speak",
  async () => {
    const program = await buildScript("sign-mutations", "sanitize");
    await makeFiles();
    console.log(`EXITRD_TEST_SEED=${seed} EXITRD_TEST_MUTATIONS=${count}`);
    const reasons: Record<string, number> = {};
    const accepted: unknown[] = [];
    let tried = 0;
    for (let at = 0; at < count; at += portion) {
      const numbers = [Math.min(portion, count - at), seed + at].map(String);
      const ended = runCommandFor(limit, program, dir, ...numbers);
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      const result = JSON.parse(ended.stdout);
      expect(result).toMatchObject({
        good: {
          ...{ image: "accepted", extension: "accepted" },
          ...{ sealed: true, diskImage: true, unpacks: true },
        },
      });
      tried += result.tried;
      accepted.push(...result.accepted);
      for (const [kind, found] of Object.entries(result.reasons)) {
        reasons[kind] = (reasons[kind] ?? 0) + Number(found);
      }
    }
    expect(tried).toBe(count);
    expect(accepted).toEqual([]);
    console.log(JSON.stringify(reasons));
  },
  Math.max(120_000, count * 2_000),
);
