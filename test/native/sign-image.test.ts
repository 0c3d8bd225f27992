import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { caExtensions, type Identity, OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, type Ended, type Programs, runProgram } from "./exitrd-program.ts";
import { openRun } from "./fake-run.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const key = "rsa:2048";
const root = openssl.identity("Root", { key });
const between = openssl.identity("Between", { key, issuer: root, extensions: caExtensions });
const vendor = openssl.identity("Vendor", { key, issuer: between });
const machineKey = openssl.identity("Machine", { extensions: [] });
const curve = openssl.identity("Curve", { key: "P-256", extensions: [] });

let programs: Programs;
let dir: string;
let image: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = join(openssl.dir, "images");
  mkdirSync(dir);
  image = join(dir, "exitrd.img");
  const { exitrd, shutdown } = programs;
  const build = ["build", "--shutdown", shutdown, "--output", image, "--image-version", "7"];
  expect(runProgram(exitrd, build).status).toBe(0);
});

/** Copies the image into a folder of its own. */
function copyImage(name: string): string {
  const folder = join(dir, name);
  mkdirSync(folder);
  const copy = join(folder, "exitrd.img");
  copyFileSync(image, copy);
  return copy;
}

function sign(file: string, { key, cert }: Identity, ...more: readonly string[]): Ended {
  return runProgram(programs.exitrd, ["sign", "--key", key, "--cert", cert, ...more, file]);
}

function verify(file: string, ...trusted: readonly Identity[]): Ended {
  const trust = trusted.flatMap(({ cert }) => ["--trust", cert]);
  return runProgram(programs.exitrd, ["verify", ...trust, file]);
}

describe("exitrd sign", () => {
  test("writes what openssl cms -verify and exitrd verify accept", () => {
    const file = copyImage("signed");
    const chain = ["--chain", between.cert];
    expect(sign(file, vendor, ...chain)).toMatchObject({ status: 0, stdout: "" });
    expect(readdirSync(join(file, ".."))).toEqual(["exitrd.img", "exitrd.img.p7s"]);
    const check = ["cms", "-verify", "-binary", "-inform", "DER", "-in", `${file}.p7s`];
    const by = ["-content", file, "-CAfile", root.cert, "-purpose", "any", "-out", "/dev/null"];
    openssl.run(...check, ...by);
    expect(verify(file, root)).toEqual({
      status: 0,
      stdout: `${file}: signed by 'Vendor' (RSA-2048, sha256), trusted through 'Root', verified by the kernel\n`,
      stderr: "",
    });
  });

  test("takes certificates from both files, in any order and number", () => {
    const pem = (...list: readonly Identity[]) => openssl.bundle(list);
    const cases: readonly (readonly [Identity, ...string[]])[] = [
      [{ ...vendor, cert: pem(vendor, between) }],
      [{ ...vendor, cert: pem(vendor, between, root) }],
      [vendor, "--chain", pem(root, between, vendor)],
      [{ ...vendor, cert: pem(vendor, between) }, "--chain", pem(between, root)],
    ];
    for (const [i, [identity, ...chain]] of cases.entries()) {
      const file = copyImage(`bundle-${i}`);
      expect(sign(file, identity, ...chain)).toMatchObject({ status: 0, stdout: "" });
      expect(readdirSync(join(file, ".."))).toEqual(["exitrd.img", "exitrd.img.p7s"]);
      expect(verify(file, root)).toMatchObject({ status: 0, stderr: "" });
    }
  });

  test("names the type of a key that cannot be used", () => {
    const file = copyImage("keys");
    const make = (name: string, ...options: readonly string[]): Identity => {
      const [key, cert] = [openssl.file(""), openssl.file("")];
      openssl.run("genpkey", ...options, "-out", key);
      openssl.run("req", "-x509", "-key", key, "-subj", `/CN=${name}`, "-out", cert);
      return { key, cert };
    };
    const curve = (name: string) => ["-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${name}`];
    const identities: readonly (readonly [Identity, string])[] = [
      [make("Ed", "-algorithm", "ed25519"), "Ed25519"],
      [make("Koblitz", ...curve("secp256k1")), "EC with the curve secp256k1"],
      [make("Brain", ...curve("brainpoolP256r1")), "EC with the curve 1.3.36.3.3.2.8.1.1.7"],
      [
        make("Explicit", ...curve("P-256"), "-pkeyopt", "ec_param_enc:explicit"),
        "EC with explicit parameters",
      ],
    ];
    for (const [identity, words] of identities) {
      const { status, stderr } = sign(file, identity);
      expect(status).toBe(1);
      expect(stderr).toContain(`uses ${words}, which is not supported: use an RSA key of`);
    }
  });

  test("with an elliptic curve, which this kernel may not support", () => {
    const file = copyImage("curve");
    expect(sign(file, curve).status).toBe(0);
    const json = runProgram(programs.exitrd, ["verify", "--json", "--trust", curve.cert, file]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      result: {
        ...{ path: file, version: "0.0.0+test", imageVersion: 7 },
        signer: { name: "Curve", key: "P-256", hash: "sha256", anchor: "Curve" },
      },
    });
  });

  test("reports an error in one line, and leaves the old signature", () => {
    const file = copyImage("wrong");
    writeFileSync(`${file}.p7s`, "old");
    const program = join(dir, "program");
    copyFileSync(programs.shutdown, program);
    const small = openssl.identity("Small", { key: "rsa:1024" });
    const cases: readonly (readonly [Ended, RegExp])[] = [
      [sign(file, { key: "/nothing", cert: vendor.cert }), /: openssl: .*\/nothing.*--key/],
      [sign(file, { key: vendor.key, cert: "/nothing" }), /cannot read '\/nothing'/],
      [sign(file, { key: vendor.key, cert: vendor.key }), /no certificate in PEM/],
      [
        sign(file, { key: vendor.key, cert: machineKey.cert }),
        /: the key and the certificate do not belong together: /,
      ],
      [sign(file, vendor, "--chain", root.cert), /unrelated certificate of 'Root': .*--chain/],
      [sign(program, machineKey), /neither a whole exitrd image nor an extension/],
      [sign(file, small), /no machine would accept it: .*RSA with 1024 bits/],
      [sign(file, vendor, "--provider", "nothing"), /: openssl: /],
      [sign("/nothing", vendor), /cannot sign '\/nothing': No such file/],
    ];
    for (const [ended, reason] of cases) {
      expect(ended).toMatchObject({ status: 1, stdout: "" });
      expect(ended.stderr).toMatch(reason);
      expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    }
    expect(runProgram(programs.exitrd, ["sign", file]).status).toBe(2);
    expect(readFileSync(`${file}.p7s`, "utf8")).toBe("old");
    expect(readdirSync(join(file, ".."))).toHaveLength(2);
  });

  test("without openssl, reports its package", () => {
    const { exitrd } = programs;
    const args = ["-i", "PATH=/nothing", exitrd, "sign", "--key", vendor.key, "--cert"];
    expect(runProgram("/usr/bin/env", [...args, vendor.cert, image])).toMatchObject({
      status: 1,
      stderr: `exitrd: cannot sign '${image}': openssl not found: install the package openssl\n`,
    });
  });
});

test("exitrd verify fails with a reason and an action", () => {
  const file = copyImage("refused");
  expect(verify(file, root).stderr).toMatch(/it is not signed: sign it with 'exitrd sign'/);
  sign(file, vendor, "--chain", between.cert);
  expect(verify(file, machineKey)).toMatchObject({
    status: 1,
    stderr: `exitrd: cannot verify '${file}': 'Between', certified by 'Root', is not trusted: add the certificate of 'Root' to /etc/exitrd/trusted.d, or to the signature by 'exitrd sign --chain'\n`,
  });
  const other = copyImage("other");
  writeFileSync(other, Buffer.concat([readFileSync(image), Buffer.from("x")]));
  copyFileSync(`${file}.p7s`, `${other}.p7s`);
  expect(verify(other, root).stderr).toMatch(/its signature does not match this file/);
});

/** A machine whose /etc and /usr/lib are copies of this one's, so that they can be changed. */
async function openMachine() {
  const overlay = (path: string, name: string) =>
    `mkdir -p /run/${name}/u /run/${name}/w && mount -t overlay -o lowerdir=${path},upperdir=/run/${name}/u,workdir=/run/${name}/w ${name} ${path}`;
  const directories = "/etc/exitrd/trusted.d /etc/exitrd/revoked.d /usr/lib/exitrd/trusted.d";
  const machine = await openRun(
    "mode=0755,noexec",
    `${overlay("/etc", "etc")} && ${overlay("/usr/lib", "lib")} && mkdir -p ${directories}`,
  );
  onTestFinished(() => machine.close());
  const copy = (from: string, to: string) => copyFileSync(from, machine.path(to));
  copy(image, "/usr/lib/exitrd/exitrd.img");
  const load = () => machine.run(programs.exitrd, "load");
  const isLoaded = () => existsSync(machine.path("/run/initramfs/shutdown"));
  const write = (path: string, text: string) => writeFileSync(machine.path(path), text);
  const remove = (path: string) => rmSync(machine.path(path));
  return { run: machine.run, copy, load, isLoaded, write, remove };
}

describe("exitrd load", () => {
  const p7s = "/usr/lib/exitrd/exitrd.img.p7s";

  test("accepts an unsigned image if nothing is trusted, and reports that", async () => {
    const machine = await openMachine();
    expect(machine.load()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(", not signed; "),
    });
    expect(machine.isLoaded()).toBe(true);
    expect(machine.run(programs.exitrd, "status").stdout).toContain(
      "\nsigned:   not signed (Verify=prefer)\n",
    );
  });

  test("requires a valid signature as soon as a certificate is trusted", async () => {
    const machine = await openMachine();
    machine.copy(root.cert, "/usr/lib/exitrd/trusted.d/vendor.pem");
    expect(machine.load()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("it is not signed"),
    });
    expect(machine.isLoaded()).toBe(false);
    const signed = copyImage("machine");
    sign(signed, vendor, "--chain", between.cert);
    machine.copy(`${signed}.p7s`, p7s);
    expect(machine.load()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(", signed by 'Vendor'; "),
    });
    expect(machine.isLoaded()).toBe(true);
    const status = JSON.parse(machine.run(programs.exitrd, "status", "--json").stdout);
    expect(status.result.verification).toMatchObject({
      ...{ policy: "require", anchors: 1, imageVersionFloor: 0, ok: true, state: "signed" },
      signer: { name: "Vendor", anchor: "Root" },
    });
  });

  test("refuses images that are revoked, rolled back, or cannot be judged", async () => {
    const machine = await openMachine();
    const signed = copyImage("judged");
    sign(signed, vendor, "--chain", between.cert);
    machine.copy(root.cert, "/usr/lib/exitrd/trusted.d/vendor.pem");
    machine.copy(`${signed}.p7s`, p7s);
    const refusals: readonly (readonly [() => void, () => void, RegExp])[] = [
      [
        () => machine.copy(vendor.cert, "/etc/exitrd/revoked.d/vendor.pem"),
        () => machine.remove("/etc/exitrd/revoked.d/vendor.pem"),
        /'Vendor' is revoked/,
      ],
      [
        () => machine.write("/etc/exitrd/revoked.d/vendor.pem", "rubbish"),
        () => machine.remove("/etc/exitrd/revoked.d/vendor.pem"),
        /vendor.pem': no certificate in PEM/,
      ],
      [
        () => machine.write("/etc/exitrd/revoked.d/vendor.pem", ""),
        () => machine.remove("/etc/exitrd/revoked.d/vendor.pem"),
        /vendor.pem': it is empty/,
      ],
      [
        () => machine.write("/etc/exitrd/image-version-floor", "8\n"),
        () => machine.write("/etc/exitrd/image-version-floor", "7\n"),
        /its IMAGE_VERSION 7 is below 8/,
      ],
    ];
    for (const [spoil, mend, reason] of refusals) {
      spoil();
      const ended = machine.load();
      expect(ended.stderr).toMatch(reason);
      expect(ended.status).toBe(1);
      expect(machine.isLoaded()).toBe(false);
      mend();
    }
    expect(machine.load().status).toBe(0);
  });

  test("an empty file of the same name revokes the trust in a certificate", async () => {
    const machine = await openMachine();
    machine.copy(root.cert, "/usr/lib/exitrd/trusted.d/vendor.pem");
    machine.write("/etc/exitrd/trusted.d/vendor.pem", "");
    const signed = copyImage("masked");
    sign(signed, vendor, "--chain", between.cert);
    machine.copy(`${signed}.p7s`, p7s);
    // Nothing is trusted any more, so a stranger's signature is the same as none.
    expect(machine.load()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("signed, but 'Between', certified by 'Root', is not trusted"),
    });
  });

  test("rejects an invalid signature, even if none is required", async () => {
    const machine = await openMachine();
    const other = copyImage("another");
    writeFileSync(other, Buffer.concat([readFileSync(image), Buffer.from("x")]));
    writeFileSync(`${other}.p7s`, openssl.sign(readFileSync(other), machineKey));
    machine.copy(`${other}.p7s`, p7s);
    expect(machine.load()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("its signature does not match this file"),
    });
    expect(machine.isLoaded()).toBe(false);
  });
});
