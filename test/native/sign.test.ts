import { afterAll, describe, expect, test } from "vitest";
import { toBytes } from "../../src/text/bytes.ts";
import { type Identity, OpenSsl } from "../fake/openssl.ts";
import { buildScript, readResult, runCommand, variants } from "./native-program.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const content = openssl.file(toBytes("an image\n"));
const withIds = ["subjectKeyIdentifier=hash"];
const root = openssl.identity("Root", {
  key: "rsa:2048",
  extensions: [...withIds, "basicConstraints=critical,CA:TRUE"],
});
const leaf = openssl.identity("Leaf", {
  key: "rsa:2048",
  issuer: root,
  extensions: [...withIds, "authorityKeyIdentifier=keyid", "keyUsage=digitalSignature"],
});
const curves = (["P-256", "P-384", "P-521"] as const).map((key) =>
  openssl.identity(key, { key, extensions: [] }),
);

function run(program: string, anchor: Identity, signer: Identity, ...more: string[]): unknown {
  const signature = openssl.sign(toBytes("an image\n"), signer, ...more);
  const [anchorFile, leafFile] = [anchor, signer].map((one) =>
    openssl.file(openssl.certificate(one).der),
  );
  return readResult(
    runCommand(program, anchorFile ?? "", content, openssl.file(signature), leafFile ?? ""),
  );
}

describe.each(variants)("signatures under %s", async (variant) => {
  const program = await buildScript("sign", variant);

  test.each(["sha256", "sha384", "sha512"])("this kernel verifies RSA with %s", (hash) => {
    expect(run(program, root, leaf, "-md", hash)).toMatchObject({
      host: {
        good: { ok: true, value: { name: "Leaf", hash, anchor: "Root", by: "kernel" } },
        damaged: { problem: { kind: "bad-signature", signer: "Leaf" } },
        untrusted: { problem: { kind: "untrusted", name: "Leaf", issuer: "Root" } },
      },
      script: {
        good: { ok: true, value: { name: "Leaf", hash, anchor: "Root", by: "exitrd" } },
        damaged: { problem: { kind: "bad-signature", signer: "Leaf" } },
      },
    });
  });

  test("a keyring that is restricted to a trusted key accepts only certificates signed by it", () => {
    expect(run(program, root, leaf)).toMatchObject({
      keyrings: { before: false, leaf: true, anchor: true, builtin: false, nonsense: false },
    });
  });

  test.each(curves)(
    "%# of the ECDSA curves is verified, whether this kernel supports it or not",
    (identity) => {
      const { name } = openssl.certificate(identity);
      const good = { ok: true, value: { key: name, anchor: name } };
      const damaged = { problem: { kind: "bad-signature" } };
      const both = { good, damaged };
      expect(run(program, identity, identity)).toMatchObject({ host: both, script: both });
    },
  );
});
