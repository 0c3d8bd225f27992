import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
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

/** A copy of the image in a folder of its own. */
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

  test("with an elliptic curve, which this kernel may not have", () => {
    const file = copyImage("curve");
    expect(sign(file, curve).status).toBe(0);
    const json = runProgram(programs.exitrd, ["verify", "--json", "--trust", curve.cert, file]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ image: file, good: true, version: "0.0.0+test", imageVersion: 7 },
      ...{ name: "Curve", key: "P-256", hash: "sha256", anchor: "Curve" },
    });
  });

  test("says what is wrong, in one line, and leaves the old signature", () => {
    const file = copyImage("wrong");
    writeFileSync(`${file}.p7s`, "old");
    const small = openssl.identity("Small", { key: "rsa:1024" });
    const cases: readonly (readonly [Ended, RegExp])[] = [
      [sign(file, { key: "/nothing", cert: vendor.cert }), /: openssl: .*\/nothing.*--key/],
      [sign(file, { key: vendor.key, cert: "/nothing" }), /cannot read '\/nothing'/],
      [sign(file, { key: vendor.key, cert: vendor.key }), /no certificate in PEM/],
      [sign(file, { key: vendor.key, cert: machineKey.cert }), /: openssl: /],
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

  test("without openssl, says which package has it", () => {
    const { exitrd } = programs;
    const args = ["-i", "PATH=/nothing", exitrd, "sign", "--key", vendor.key, "--cert"];
    expect(runProgram("/usr/bin/env", [...args, vendor.cert, image])).toMatchObject({
      status: 1,
      stderr: `exitrd: cannot sign '${image}': openssl not found: install the package openssl\n`,
    });
  });
});

test("exitrd verify refuses with a reason and a cure", () => {
  const file = copyImage("refused");
  expect(verify(file, root).stderr).toMatch(/it is not signed: sign it with 'exitrd sign'/);
  sign(file, vendor, "--chain", between.cert);
  expect(verify(file, machineKey)).toMatchObject({
    status: 1,
    stderr: `exitrd: cannot verify '${file}': 'Between', certified by 'Root', is not trusted: add its certificate to /etc/exitrd/trusted.d in order to trust it\n`,
  });
  const other = copyImage("other");
  writeFileSync(other, Buffer.concat([readFileSync(image), Buffer.from("x")]));
  copyFileSync(`${file}.p7s`, `${other}.p7s`);
  expect(verify(other, root).stderr).toMatch(/its signature does not match this file/);
});

/** A machine whose /etc and /usr/lib are this one's, with changes of its own. */
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
  return { run: machine.run, copy, load, isLoaded, write };
}

describe("exitrd load", () => {
  const p7s = "/usr/lib/exitrd/exitrd.img.p7s";

  test("takes an unsigned image where nothing is trusted, and says so", async () => {
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

  test("wants a good signature as soon as a certificate is trusted", async () => {
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
    expect(status.verification).toMatchObject({
      ...{ policy: "require", anchors: 1, floor: 0, accepted: true, state: "signed" },
      signer: { name: "Vendor", anchor: "Root" },
    });
  });

  test("refuses what is revoked, rolled back, or cannot be judged", async () => {
    const machine = await openMachine();
    const signed = copyImage("judged");
    sign(signed, vendor, "--chain", between.cert);
    machine.copy(root.cert, "/usr/lib/exitrd/trusted.d/vendor.pem");
    machine.copy(`${signed}.p7s`, p7s);
    const refusals: readonly (readonly [() => void, () => void, RegExp])[] = [
      [
        () => machine.copy(vendor.cert, "/etc/exitrd/revoked.d/vendor.pem"),
        () => machine.write("/etc/exitrd/revoked.d/vendor.pem", ""),
        /'Vendor' is revoked/,
      ],
      [
        () => machine.write("/etc/exitrd/revoked.d/vendor.pem", "rubbish"),
        () => machine.write("/etc/exitrd/revoked.d/vendor.pem", ""),
        /vendor.pem': no certificate in PEM/,
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

  test("an empty file of the same name takes a certificate's trust away", async () => {
    const machine = await openMachine();
    machine.copy(root.cert, "/usr/lib/exitrd/trusted.d/vendor.pem");
    machine.write("/etc/exitrd/trusted.d/vendor.pem", "");
    const signed = copyImage("masked");
    sign(signed, vendor, "--chain", between.cert);
    machine.copy(`${signed}.p7s`, p7s);
    // Nothing is trusted any more, so that a stranger's signature counts as none.
    expect(machine.load()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("signed, but 'Between', certified by 'Root', is not trusted"),
    });
  });

  test("refuses a signature that is bad, even if none has to be there", async () => {
    const machine = await openMachine();
    const other = copyImage("another");
    writeFileSync(other, "another");
    sign(other, machineKey);
    machine.copy(`${other}.p7s`, p7s);
    expect(machine.load()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("its signature does not match this file"),
    });
    expect(machine.isLoaded()).toBe(false);
  });
});
