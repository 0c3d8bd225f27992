import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { defaultImage, defaultTarget } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { numberVersion, parseImageVersion } from "../../src/image/image-version.ts";
import { findKernelKeyrings } from "../../src/image/sign/proc-keys.ts";
import { decidePolicy } from "../../src/image/sign/verify-policy.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import type { Identity } from "../fake/openssl.ts";
import { OpenSsl } from "../fake/openssl.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const signer = openssl.identity("Signer", { key: "P-256", extensions: [] });
const stranger = openssl.identity("Stranger", { key: "P-256", extensions: [] });
const image = makeImage(imageInput, 0, fakeCodec);
const variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const anchor = "/usr/lib/exitrd/trusted.d/signer.pem";

/** With the image, signed by `by`, and one trusted certificate. */
function makeHost(by: Identity | undefined, trusted: Identity | undefined): FakeHost {
  const host = new FakeHost();
  host.putFile(defaultImage, image);
  if (by !== undefined) host.putFile(`${defaultImage}.p7s`, openssl.sign(image, by));
  if (trusted !== undefined) host.putFile(anchor, readPem(trusted));
  return host;
}

function readPem({ cert }: Identity): string {
  return readFileSync(cert, "latin1");
}

function load(host: FakeHost): string {
  host.said.length = 0;
  const code = run(["load"], host);
  expect(host.files.isExecutable(`${defaultTarget}/shutdown`)).toBe(code === 0);
  return host.said.join("\n");
}

test.each([
  [undefined, signer, /\nnot signed\n/],
  [
    signer,
    signer,
    /\nsigned by 'Signer' \(P-256, sha256\), trusted through 'Signer', verified by /,
  ],
  [stranger, signer, /\nsigned, but 'Stranger', certified by 'Stranger', is not trusted\n/],
  [stranger, undefined, /\nsigned, but 'Stranger', certified by 'Stranger', is not trusted\n/],
])("inspect tells who signed, and fails for none", (by, trusted, said) => {
  const host = makeHost(by, trusted);
  expect(run(["inspect", defaultImage], host)).toBe(0);
  expect(host.printed).toMatch(said);
});

test("inspect tells of a signature that is another image's", () => {
  const host = makeHost(undefined, signer);
  host.putFile(`${defaultImage}.p7s`, openssl.sign(Buffer.from("another"), signer));
  expect(run(["inspect", "--json", defaultImage], host)).toBe(0);
  const { signature } = JSON.parse(host.printed);
  expect(signature).toMatch(/^its signature does not match this file/);
});

describe("what the firmware's dbx has", () => {
  const dbx = "/sys/firmware/efi/efivars/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
  const list = (type: string, data: Uint8Array): Uint8Array => {
    const made = Buffer.alloc(28 + 16 + data.length);
    made.write(type, "hex");
    made.writeUInt32LE(made.length, 16);
    made.writeUInt32LE(16 + data.length, 24);
    made.set(data, 44);
    return made;
  };
  const { der, tbs } = openssl.certificate(signer);
  const digest = createHash("sha256").update(tbs).digest();
  // With the time from which on it counts.
  const byHash = list(
    "92a4d23bc0967940b420fcf98ef103ed",
    Buffer.concat([digest, Buffer.alloc(16)]),
  );
  const whole = list("a159c0a5e494a74a87b5ab155c2bf072", der);
  const program = list("2616c4c14c509240aca941f936934328", digest);

  test.each([
    ["its signer by hash", byHash, true],
    ["its signer as a whole", whole, true],
    ["that behind others", Buffer.concat([program, byHash]), true],
    ["the hash of a program", program, false],
    ["a list that is cut off", byHash.subarray(0, -1), false],
    ["a list without an end", list("92a4d23bc0967940b420fcf98ef103ed", Buffer.alloc(0)), false],
  ])("%s", (_, lists, isRevoked) => {
    const host = makeHost(signer, signer);
    host.putFile(dbx, Buffer.concat([Buffer.from([7, 0, 0, 0]), lists]));
    const said = load(host);
    expect(/the certificate of 'Signer' is revoked/.test(said)).toBe(isRevoked);
  });
});

describe("what has to be signed", () => {
  test.each([
    [undefined, undefined, false, false, "prefer"],
    [undefined, undefined, false, true, "require"],
    [undefined, undefined, true, false, "require"],
    [undefined, "prefer", false, true, "prefer"],
    [undefined, "off", false, true, "off"],
    [undefined, "require", false, false, "require"],
    ["off", "require", true, true, "off"],
    ["prefer", undefined, true, false, "prefer"],
  ] as const)("%s on the command line, %s in a file, Secure Boot %s, anchors %s: %s", (...row) => {
    const [parameter, configured, secureBoot, hasAnchors, policy] = row;
    const decided = decidePolicy({ parameter, configured, secureBoot, hasAnchors });
    expect(decided).toEqual({ policy, overruled: false });
  });

  test("a file cannot lower what Secure Boot requires, and the user is warned", () => {
    const host = makeHost(undefined, undefined);
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nVerify=off\n");
    host.putFile(variable, Uint8Array.of(6, 0, 0, 0, 1));
    expect(load(host)).toBe(
      `exitrd: cannot lower Verify= while Secure Boot is on, ignoring\nexitrd: cannot load '${defaultImage}': it is not signed: sign it with 'exitrd sign', or reinstall the signed original`,
    );
    host.putFile("/proc/cmdline", "quiet exitrd.verify=off\n");
    expect(load(host)).toMatch(/, not verified; /);
  });

  test.each([
    ["/etc/exitrd.conf", "[Exitrd]\nVerify=of\n", "/etc/exitrd.conf:2: cannot read Verify='of'"],
    ["/proc/cmdline", "exitrd.verify=of\n", "/proc/cmdline: cannot read 'exitrd.verify=of'"],
  ])("a typing error in %s requires a signature, and is reported", (path, text, line) => {
    const host = makeHost(undefined, undefined);
    host.putFile(path, text);
    const note = `${line}: expected require, prefer or off, using require`;
    expect(load(host)).toMatch(/^exitrd: .*\nexitrd: cannot load .*: it is not signed/);
    expect(load(host)).toContain(`exitrd: ${note}\n`);
    run(["status"], host);
    expect(host.printed).toContain(`\nwarning:  ${note}\n`);
    expect(host.printed).toContain("(Verify=require)\n");
  });

  test("Secure Boot is off where the firmware says so, or says nothing", () => {
    for (const value of [[6, 0, 0, 0, 0], [1], [6, 0, 0, 0, 1, 1]]) {
      const host = makeHost(undefined, undefined);
      host.putFile(variable, Uint8Array.from(value));
      expect(load(host)).toMatch(/, not signed; /);
    }
  });

  test("without efivarfs what the kernel's EFI stub saw counts", () => {
    const host = makeHost(undefined, undefined);
    const parameters = new Uint8Array(4096);
    parameters[0x1ec] = 3;
    host.putFile("/sys/kernel/boot_params/data", parameters);
    expect(load(host)).toContain("it is not signed");
    parameters[0x1ec] = 2;
    expect(load(host)).toMatch(/, not signed; /);
  });
});

describe("a stranger's signature", () => {
  test("is as good as none where none has to be there", () => {
    expect(load(makeHost(stranger, undefined))).toContain(
      "signed, but 'Stranger', certified by 'Stranger', is not trusted;",
    );
  });

  test("is refused where one has to", () => {
    expect(load(makeHost(stranger, signer))).toContain(
      "is not trusted: add its certificate to /etc/exitrd/trusted.d in order to trust it",
    );
  });
});

describe("files of trust", () => {
  test("are read, and one that is damaged is named and trusts nobody", () => {
    const host = makeHost(signer, signer);
    host.putFile("/etc/exitrd/trusted.d/other.pem", "rubbish");
    host.putFile("/etc/exitrd/trusted.d/README", "rubbish");
    expect(load(host)).toBe(
      `exitrd: cannot trust '/etc/exitrd/trusted.d/other.pem': no certificate in PEM, ignoring\nexitrd: loaded '${defaultImage}' into '${defaultTarget}' (tmpfs, version 1.2.3, signed by 'Signer'; not measured: no TPM 2.0)`,
    );
  });

  test("a damaged certificate within a file takes its others with it", () => {
    const host = makeHost(signer, undefined);
    const damaged = readPem(signer).replace("MII", "AAA");
    host.putFile(anchor, readPem(signer) + damaged);
    expect(load(host)).toContain("cannot trust");
  });

  test("a revoked key, a revocation that cannot be read, and a floor that is none are refused", () => {
    const host = makeHost(signer, signer);
    const revoked = "/usr/lib/exitrd/revoked.d/signer.pem";
    host.putFile(revoked, readPem(signer));
    expect(load(host)).toContain("the certificate of 'Signer' is revoked");
    host.putFile("/etc/exitrd/revoked.d/signer.pem", "rubbish");
    expect(load(host)).toContain("revoked.d/signer.pem': no certificate in PEM: correct");
    host.putFile("/etc/exitrd/revoked.d/signer.pem", "");
    host.putFile("/etc/exitrd/image-version-floor", "soon");
    expect(load(host)).toContain("image-version-floor': not a whole number: correct");
    host.putFile("/etc/exitrd/image-version-floor", "1\n");
    host.putFile("/usr/lib/exitrd/image-version-floor", "1002004\n");
    expect(load(host)).toContain("its IMAGE_VERSION 1002003 is below 1002004");
    host.putFile("/usr/lib/exitrd/image-version-floor", "1002003\n");
    expect(load(host)).toContain("signed by 'Signer'");
  });

  test("an expired certificate is refused by this machine's clock", () => {
    const host = makeHost(signer, signer);
    host.clock = Date.UTC(2100, 0, 1);
    expect(load(host)).toContain("the certificate of 'Signer' expired on 2099-01-01");
  });
});

test("status says who signed, and what would be refused", () => {
  const host = makeHost(signer, signer);
  load(host);
  run(["status"], host);
  expect(host.printed).toContain(
    "\nsigned:   signed by 'Signer' (P-256, sha256), trusted through 'Signer', verified by exitrd because this kernel cannot (Verify=require)\n",
  );
  host.printed = "";
  host.putFile(`${defaultImage}.p7s`, "rubbish");
  run(["status", "--json"], host);
  expect(JSON.parse(host.printed).verification).toMatchObject({
    ...{ policy: "require", secureBoot: false, anchors: 1, accepted: false, signer: null },
    problem: expect.stringContaining("its signature is not valid DER at byte 1"),
  });
});

test("verify asks for a signature whatever the policy is, and needs an image", () => {
  const host = makeHost(signer, signer);
  host.putFile("/proc/cmdline", "exitrd.verify=off");
  expect(run(["verify", defaultImage], host)).toBe(0);
  host.putFile("/tmp/text", "text");
  host.putFile("/tmp/text.p7s", openssl.sign(Buffer.from("text"), signer));
  expect(run(["verify", "/tmp/text"], host)).toBe(1);
  expect(host.said.at(-1)).toBe(
    "exitrd: cannot verify '/tmp/text': no zstd data: sign a whole image",
  );
});

test("sign says that there is no openssl", () => {
  const host = makeHost(undefined, signer);
  expect(run(["sign", "--key", "key", "--cert", anchor, defaultImage], host)).toBe(1);
  expect(host.said.at(-1)).toBe(
    `exitrd: cannot sign '${defaultImage}': openssl not found: install the package openssl`,
  );
});

test("a later version is never a lower number", () => {
  const versions = ["0.1.0", "0.1.1", "0.2.0~rc1", "0.10.0", "1.0.0", "1.0.10", "12.0.3"];
  const numbers = versions.map(numberVersion);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(numberVersion("unknown")).toBe(0);
  for (const text of ["", "-1", "1.0", "9999999999", "1 "]) {
    expect(parseImageVersion(text)).toBeUndefined();
  }
});

test("the kernel's keyrings are found by name, and a user's of that name are not", () => {
  const text = [
    "0b37d91e I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: empty",
    "2aa6c3e1 I------     1 perm 1f0f0000     0     0 keyring   .platform: 4",
    "10d92d3f I--Q---     1 perm 39010000     0     0 asymmetri .platform: X509.rsa ccb0aac6 []",
    "3ab0fa3f I--Q---     1 perm 3f010000  1000     0 keyring   .platform: empty",
    "",
  ].join("\n");
  expect(findKernelKeyrings(text, [".machine", ".platform"])).toEqual([0x2aa6c3e1]);
});
