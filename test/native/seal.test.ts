import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, type Ended, type Programs, runProgram } from "./exitrd-program.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const vendor = openssl.identity("Vendor", { key: "rsa:2048", extensions: [] });
const stranger = openssl.identity("Stranger", { extensions: [] });
const sector = 512;

let programs: Programs;
let image: string;
let sealed: string;

function seal(output: string, from = image): Ended {
  const by = ["--key", vendor.key, "--cert", vendor.cert];
  return runProgram(programs.exitrd, ["sign", ...by, "--seal", output, from]);
}

beforeAll(async () => {
  programs = await buildPrograms();
  image = join(openssl.dir, "exitrd.img");
  sealed = join(openssl.dir, "exitrd.raw");
  const build = ["build", "--shutdown", programs.shutdown, "--output", image];
  expect(runProgram(programs.exitrd, build).status).toBe(0);
  expect(seal(sealed)).toMatchObject({
    status: 0,
    stdout: "",
    stderr: expect.stringMatching(/^exitrd: wrote '.*exitrd\.raw': signed by 'Vendor' /),
  });
});

function read(file: string, args: readonly string[]): string {
  const ended = runProgram(file, args);
  expect(ended).toMatchObject({ status: 0 });
  return ended.stdout;
}

interface Partition {
  readonly start: number;
  readonly size: number;
}

/** Cuts a partition out, at the offset that sfdisk(8) reports. */
function cutOut(index: number): string {
  const table = JSON.parse(read("/sbin/sfdisk", ["--json", sealed]));
  const { start, size }: Partition = table.partitiontable.partitions[index];
  const file = join(openssl.dir, `partition-${index}`);
  const bytes = Buffer.alloc(size * sector);
  const from = openSync(sealed, "r");
  readSync(from, bytes, 0, bytes.length, start * sector);
  closeSync(from);
  writeFileSync(file, bytes);
  return file;
}

describe("the output of exitrd sign --seal", () => {
  test("is a valid disk image for other tools, with the same tree as veritysetup", () => {
    expect(read("/sbin/sfdisk", ["--verify", sealed])).toContain("No errors detected");
    const [data, verity, signature] = [0, 1, 2].map(cutOut);
    if (data === undefined || verity === undefined || signature === undefined) throw new Error();
    const text = readFileSync(signature, "latin1");
    const { rootHash, ...claim } = JSON.parse(text.slice(0, text.indexOf("\0")));
    read("/usr/bin/fsck.erofs", [data]);
    read("/sbin/veritysetup", ["verify", data, verity, rootHash]);
    const [p7s, content] = [join(openssl.dir, "root.p7s"), join(openssl.dir, "root.hash")];
    writeFileSync(p7s, Buffer.from(claim.signature, "base64"));
    writeFileSync(content, rootHash);
    const check = ["cms", "-verify", "-binary", "-inform", "DER", "-in", p7s];
    const by = ["-content", content, "-CAfile", vendor.cert, "-purpose", "any"];
    openssl.run(...check, ...by, "-out", "/dev/null");
    const fingerprint = openssl.run(
      "x509",
      "-in",
      vendor.cert,
      "-noout",
      "-fingerprint",
      "-sha256",
    );
    expect(Buffer.from(fingerprint).toString().replaceAll(":", "").toLowerCase()).toContain(
      claim.certificateFingerprint,
    );
  });

  test("has the contents of the image, and is verified and inspected like it", () => {
    const { exitrd } = programs;
    expect(read(exitrd, ["diff", image, sealed])).toBe("");
    expect(read(exitrd, ["verify", "--trust", vendor.cert, sealed])).toContain("'Vendor'");
    expect(runProgram(exitrd, ["verify", "--trust", stranger.cert, sealed])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("'Vendor', certified by 'Vendor', is not trusted"),
    });
    expect(read(exitrd, ["inspect", sealed])).toMatch(/^0555 .* shutdown$/m);
  });

  test("contains the same tree each time, whoever makes it", () => {
    const again = join(openssl.dir, "again.raw");
    expect(seal(again).status).toBe(0);
    // The signature, RSA with PKCS #1 v1.5 and without attributes, is also the same.
    expect(readFileSync(again).equals(readFileSync(sealed))).toBe(true);
    const resealed = join(openssl.dir, "resealed.raw");
    expect(seal(resealed, sealed).status).toBe(0);
    expect(readFileSync(resealed).equals(readFileSync(sealed))).toBe(true);
  });

  test("is not created from an invalid image, and leaves no files", () => {
    const bad = join(openssl.dir, "bad.img");
    writeFileSync(bad, "rubbish");
    const output = join(openssl.dir, "bad.raw");
    expect(seal(output, bad)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^exitrd: cannot seal '.*bad\.img': .*: build it with/),
    });
    const absent = join(openssl.dir, "nowhere", "bad.raw");
    expect(seal(absent)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/: cannot write '.*': .*\n$/),
    });
    expect(runProgram("/bin/ls", [openssl.dir]).stdout).not.toMatch(/roothash|bad\.raw/);
  });
});
