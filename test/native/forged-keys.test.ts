import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { toBytes } from "../../src/text/bytes.ts";
import { cacheDir } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";
import { OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, runProgram } from "./exitrd-program.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const { exitrd } = await buildPrograms();
const built = join(cacheDir("test-native"), "forge-keyring");
await run("musl-gcc", [
  ...["-Os", "-static", "-o", built],
  join(import.meta.dirname, "forge-keyring.c"),
]);
// The other user needs access.
chmodSync(openssl.dir, 0o755);
const forger = openssl.file("");
copyFileSync(built, forger);
chmodSync(forger, 0o755);

const user = ["--reuid=4242", "--regid=4242", "--clear-groups"];
const nothing = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];

// RSA, because the kernel of Debian 12 has no ECDSA; self-signed, like the keys of a machine's
// owner.
const mallory = openssl.identity("Mallory", { key: "rsa:2048", extensions: [] });
const image = openssl.file("an image\n");
copyFileSync(openssl.file(openssl.sign(toBytes("an image\n"), mallory)), `${image}.p7s`);

describe.each([".machine", ".platform", ".builtin_trusted_keys"])(
  "a user's key that looks like %s in /proc/keys",
  (name) => {
    test("adds no trust", async () => {
      const certificate = openssl.file(openssl.certificate(mallory).der);
      chmodSync(certificate, 0o644);
      const command = ["--", forger, certificate, name];
      const child = spawn("setpriv", [...user, ...nothing, ...command], { stdio: "pipe" });
      onTestFinished(() => void child.kill("SIGKILL"));
      const [said] = (await once(child.stdout, "data")) as [Buffer];
      // Otherwise there would be no forged line to mistake.
      const forged = `\n${said.toString().trim()} I--Q--- `;
      expect(readFileSync("/proc/keys", "latin1")).toContain(forged);

      const { status, stderr } = runProgram(exitrd, ["verify", image]);
      expect(stderr).toContain("'Mallory', certified by 'Mallory', is not trusted");
      expect(status).toBe(1);
      child.stdin.end();
      await once(child, "close");
    });
  },
);
