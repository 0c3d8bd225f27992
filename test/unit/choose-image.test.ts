import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { defaultShutdown } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { buildConf, localImage, packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, makeShutdown } from "../fake/image-inputs.ts";
import { OpenSsl } from "../fake/openssl.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const signer = openssl.identity("Own", { extensions: [] });
const pem = readFileSync(signer.cert, "latin1");
const anchor = "/etc/exitrd/trusted.d/own.pem";

function imageOf(version: string): Uint8Array {
  return makeImage({ ...imageInput, version }, 0, fakeCodec);
}

function makeHost(local: Uint8Array | string | undefined, shipped = imageOf("1.2.3")): FakeHost {
  const host = new FakeHost();
  host.putFile(defaultShutdown, makeShutdown());
  host.putFile(packageImage, shipped);
  if (local !== undefined) host.putFile(localImage, local);
  return host;
}

function load(host: FakeHost) {
  host.said.length = 0;
  const code = run(["load"], host);
  return { code, said: host.said.map((line) => line.replace(/ into .*/, "")) };
}

function status(host: FakeHost) {
  host.printed = "";
  run(["status", "--json"], host);
  return JSON.parse(host.printed).result.image;
}

describe("without signatures", () => {
  test("the package's image is loaded if there is no other", () => {
    expect(load(makeHost(undefined)).said).toEqual([`exitrd: loaded '${packageImage}'`]);
  });

  test("the machine's own image is loaded if its version is the package's or newer", () => {
    for (const version of ["1.2.3", "2.0.0"]) {
      const host = makeHost(imageOf(version));
      expect(load(host).said).toEqual([`exitrd: loaded '${localImage}'`]);
      expect(status(host)).toMatchObject({ path: localImage, passedOver: null });
    }
  });

  test("an image of an older exitrd is skipped with a message", () => {
    const host = makeHost(imageOf("1.2.2"));
    const words = `cannot load '${localImage}': exitrd 1.2.2 built it, and the package has 1.2.3: build it again, or remove it`;
    expect(load(host).said).toEqual([
      `exitrd: ${words}, ignoring`,
      `exitrd: loaded '${packageImage}'`,
    ]);
    expect(status(host)).toMatchObject({ path: packageImage, passedOver: { message: words } });
  });

  test("but not if build.conf requests a build: the rebuild failed and reported that", () => {
    const host = makeHost(imageOf("1.2.2"));
    host.putFile(buildConf, "[Build]\n");
    expect(load(host).said).toEqual([`exitrd: loaded '${localImage}'`]);
  });

  test("a damaged one is skipped, and reported if there is no other", () => {
    const host = makeHost("rubbish");
    expect(load(host).said).toEqual([
      `exitrd: cannot load '${localImage}': it is not a complete exitrd image (no zstd data): reinstall the package or run 'exitrd build', ignoring`,
      `exitrd: loaded '${packageImage}'`,
    ]);
    host.files.removeFile(packageImage);
    expect(load(host)).toMatchObject({
      code: 1,
      said: [
        expect.stringContaining(`cannot load '${localImage}': it is not a complete exitrd image`),
      ],
    });
  });

  test("a dangling link is reported", () => {
    const host = makeHost(undefined);
    host.putLink(localImage);
    expect(load(host).said[0]).toContain(`cannot load '${localImage}': No such file`);
  });
});

describe("if only signed images are loaded", () => {
  function requireSignatures(host: FakeHost): FakeHost {
    host.putFile(anchor, pem);
    return host;
  }

  test("an old signed one outlives an upgrade to a package without a signature", () => {
    const image = imageOf("1.0.0");
    const host = requireSignatures(makeHost(image));
    host.putFile(`${localImage}.p7s`, openssl.sign(image, signer));
    expect(load(host)).toEqual({ code: 0, said: [`exitrd: loaded '${localImage}'`] });
  });

  test("a newer package that is also signed replaces it", () => {
    const [image, shipped] = [imageOf("1.0.0"), imageOf("1.2.3")];
    const host = requireSignatures(makeHost(image, shipped));
    host.putFile(`${localImage}.p7s`, openssl.sign(image, signer));
    host.putFile(`${packageImage}.p7s`, openssl.sign(shipped, signer));
    expect(load(host).said.at(-1)).toBe(`exitrd: loaded '${packageImage}'`);
  });

  test("a signed package is loaded if the machine's own image has the signature of another image", () => {
    const shipped = imageOf("1.2.3");
    const host = requireSignatures(makeHost(imageOf("2.0.0"), shipped));
    host.putFile(`${localImage}.p7s`, openssl.sign(shipped, signer));
    host.putFile(`${packageImage}.p7s`, openssl.sign(shipped, signer));
    expect(load(host).said).toEqual([
      expect.stringMatching(/its signature does not match this file.*, ignoring$/),
      `exitrd: loaded '${packageImage}'`,
    ]);
  });

  test("a build leaves the signed one, unless a file is named", () => {
    const image = imageOf("1.0.0");
    const host = requireSignatures(makeHost(image));
    host.putFile(`${localImage}.p7s`, openssl.sign(image, signer));
    host.said.length = 0;
    expect(run(["build"], host)).toBe(1);
    expect(host.said).toEqual([
      expect.stringContaining(`cannot replace '${localImage}': it is signed`),
    ]);
    expect(load(host).code).toBe(0);
    expect(run(["build", "--output", localImage], host)).toBe(0);
    expect(host.text(`${localImage}.p7s`)).toBeUndefined();
  });
});

describe("status --print-image", () => {
  function print(host: FakeHost) {
    host.printed = "";
    host.said.length = 0;
    const code = run(["status", "--print-image"], host);
    return { code, printed: host.printed, said: [...host.said] };
  }

  test("prints the image that load would choose, with a warning if load would refuse it now", () => {
    const host = makeHost(imageOf("1.2.3"));
    expect(print(host)).toEqual({ code: 0, printed: `${localImage}\n`, said: [] });
    host.putFile(anchor, pem);
    expect(print(host)).toEqual({
      ...{ code: 0, printed: `${localImage}\n` },
      said: [expect.stringContaining(`cannot load '${localImage}': it is not signed`)],
    });
  });

  test("prints nothing if no image is valid", () => {
    const host = makeHost("rubbish");
    host.putFile(packageImage, "rubbish");
    expect(print(host)).toMatchObject({ code: 1, printed: "" });
  });
});
