import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { numberVersion, parseImageVersion } from "../../src/image/image-version.ts";
import { decidePolicy } from "../../src/image/sign/verify-policy.ts";
import { localImage, packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";
import { type Identity, OpenSsl } from "../fake/openssl.ts";

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const signer = openssl.identity("Signer", { key: "P-256", extensions: [] });
const stranger = openssl.identity("Stranger", { key: "P-256", extensions: [] });
const image = makeImage(imageInput, 0, fakeCodec);
const variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const anchor = "/usr/lib/exitrd/trusted.d/signer.pem";

/** A machine with the image, signed by `by`, and one trusted certificate. */
function makeHost(by: Identity | undefined, trusted: Identity | undefined): FakeHost {
  const host = new FakeHost();
  host.putFile(packageImage, image);
  if (by !== undefined) host.putFile(`${packageImage}.p7s`, openssl.sign(image, by));
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
])("inspect prints the signer, and fails for none", (by, trusted, said) => {
  const host = makeHost(by, trusted);
  expect(run(["inspect", packageImage], host)).toBe(0);
  expect(host.printed).toMatch(said);
});

test("an image whose replacement was interrupted is verified with the new signature next to it", () => {
  const host = makeHost(undefined, signer);
  host.putFile(`${packageImage}.p7s`, openssl.sign(Buffer.from("the old image"), signer));
  expect(load(host)).toContain("its signature does not match this file");
  host.putFile(`${packageImage}.p7s.next`, openssl.sign(image, stranger));
  expect(load(host)).toContain("its signature does not match this file");
  host.putFile(`${packageImage}.p7s.next`, openssl.sign(image, signer));
  expect(load(host)).toMatch(/^exitrd: loaded .*, signed by 'Signer'; /);
});

test("inspect reports a signature of another image", () => {
  const host = makeHost(undefined, signer);
  host.putFile(`${packageImage}.p7s`, openssl.sign(Buffer.from("another"), signer));
  expect(run(["inspect", "--json", packageImage], host)).toBe(0);
  const { signature } = JSON.parse(host.printed).result;
  expect(signature.message).toMatch(/^its signature does not match this file/);
});

describe("the firmware's and shim's keys", () => {
  const efivars = "/sys/firmware/efi/efivars";
  const db = `${efivars}/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f`;
  const dbx = `${efivars}/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f`;
  const mok = (name: string) => `${efivars}/${name}-605dab50-e046-4300-abb6-3dd810dd8b23`;
  const table = (name: string) => `/sys/firmware/efi/mok-variables/${name}`;

  const list = (type: string, data: Uint8Array): Uint8Array => {
    const made = Buffer.alloc(28 + 16 + data.length);
    made.write(type, "hex");
    made.writeUInt32LE(made.length, 16);
    made.writeUInt32LE(16 + data.length, 24);
    made.set(data, 44);
    return made;
  };
  const whole = (...identities: readonly Identity[]): Uint8Array => {
    const ders = identities.map((identity) => openssl.certificate(identity).der);
    return Buffer.concat(ders.map((der) => list("a159c0a5e494a74a87b5ab155c2bf072", der)));
  };
  const byHash = (hash: string, identity: Identity, size = 0): Uint8Array => {
    const digest = createHash(hash).update(openssl.certificate(identity).tbs).digest();
    // Followed by the time from which the revocation is valid.
    return Buffer.concat([digest, Buffer.alloc(16)]).subarray(size);
  };
  const sha256 = list("92a4d23bc0967940b420fcf98ef103ed", byHash("sha256", signer));
  const program = list(
    "2616c4c14c509240aca941f936934328",
    byHash("sha256", signer).subarray(0, 32),
  );

  /** With the attributes of db and dbx; shim's variables are volatile. */
  const kept = (lists: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from([0x27, 0, 0, 0]), lists]);
  const volatile = (lists: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from([6, 0, 0, 0]), lists]);

  const ca = openssl.identity("CA");
  const below = openssl.identity("Below", { issuer: ca });
  const notCa = openssl.identity("Not a CA", { extensions: ["basicConstraints=CA:FALSE"] });
  const underNotCa = openssl.identity("Under", { issuer: notCa });
  const modules = openssl.identity("Modules", {
    extensions: ["extendedKeyUsage=codeSigning,1.3.6.1.4.1.2312.16.1.2"],
  });
  const old = openssl.identity("Old", { from: "20200101000000Z", to: "20210101000000Z" });

  test.each([
    ["its signer by hash", sha256],
    ["its signer as a whole", whole(signer)],
    ["its signer after other entries", Buffer.concat([program, sha256])],
  ])("dbx with %s", (_, lists) => {
    const host = makeHost(signer, signer);
    host.putFile(dbx, kept(lists));
    expect(load(host)).toContain("the certificate of 'Signer' is revoked");
  });

  test("dbx with the hash of a program revokes no certificate", () => {
    const host = makeHost(signer, signer);
    host.putFile(dbx, kept(program));
    expect(load(host)).toContain("signed by 'Signer'");
  });

  test.each([
    ["a truncated list", sha256.subarray(0, -1)],
    ["a list without an end", list("92a4d23bc0967940b420fcf98ef103ed", Buffer.alloc(0))],
    [
      "a hash that is too short",
      list("92a4d23bc0967940b420fcf98ef103ed", byHash("sha256", signer, 40)),
    ],
    ["rubbish", Buffer.from("rubbish")],
    ["an invalid certificate", list("a159c0a5e494a74a87b5ab155c2bf072", Buffer.from("rubbish"))],
  ])("dbx with %s stops loading", (_, lists) => {
    const host = makeHost(signer, signer);
    host.putFile(dbx, kept(lists));
    expect(load(host)).toMatch(/dbx-.*damaged: mount efivarfs, or update the firmware$/);
  });

  test("dbx that cannot be read stops loading", () => {
    for (const code of ["EIO", "EACCES"]) {
      const host = makeHost(signer, signer);
      host.failures.set(`open ${dbx}`, code);
      expect(load(host)).toMatch(/cannot load .*dbx-/);
    }
    const host = makeHost(signer, signer);
    host.putFile(dbx, new Uint8Array(1024 * 1024 + 1));
    expect(load(host)).toMatch(/cannot load .*dbx-.*File too large/);
  });

  test("with Secure Boot on, efivarfs is required, and dbx is not", () => {
    const host = makeHost(signer, signer);
    const parameters = new Uint8Array(4096);
    parameters[0x1ec] = 3;
    host.putFile("/sys/kernel/boot_params/data", parameters);
    expect(load(host)).toMatch(
      /dbx-.*: Secure Boot is on, but efivarfs is not mounted: mount efivarfs/,
    );
    host.putFile(variable, Uint8Array.of(6, 0, 0, 0, 1));
    expect(load(host)).toContain("signed by 'Signer'");
  });

  test.each([
    ["db", { [db]: kept(whole(ca)) }],
    ["shim's list", { [mok("MokListRT")]: volatile(whole(ca)) }],
    ["the second part of it", { [mok("MokListRT1")]: volatile(whole(stranger, ca)) }],
    ["the kernel's copy of it", { [table("MokListRT")]: whole(ca) }],
  ])("a CA of %s is trusted, which does not require signatures", (_, files) => {
    const host = makeHost(below, undefined);
    host.putFile(variable, Uint8Array.of(6, 0, 0, 0, 0));
    for (const [path, data] of Object.entries(files)) host.putFile(path, data);
    expect(run(["verify", packageImage], host)).toBe(0);
    expect(host.printed).toContain("signed by 'Below' (P-256, sha256), trusted through 'CA'");
    host.files.removeFile(`${packageImage}.p7s`);
    expect(load(host)).toMatch(/, not signed; /);
  });

  test.each([
    ["no CA", notCa, underNotCa, "'Not a CA' is not allowed to be a CA"],
    ["for modules only", modules, modules, "'Modules' is not allowed to sign code"],
    ["expired", old, old, "'Old' expired on 2021-01-01"],
  ])("a certificate %s is checked as in trusted.d", (_, trusted, by, reason) => {
    for (const [path, data] of [
      [db, kept(whole(trusted))],
      [mok("MokListRT"), volatile(whole(trusted))],
    ] as const) {
      const host = makeHost(by, undefined);
      host.putFile(path, data);
      expect(load(host)).toContain(reason);
    }
  });

  test.each([
    ["dbx", dbx, kept(whole(ca))],
    ["shim's list of revocations", mok("MokListXRT"), volatile(whole(ca))],
    ["the kernel's copy of that", table("MokListXRT"), whole(ca)],
  ])("a CA of db that is also in %s is revoked", (_, path, data) => {
    const host = makeHost(below, undefined);
    host.putFile(db, kept(whole(ca, below)));
    host.putFile(path, data);
    expect(load(host)).toMatch(/the certificate of '(CA|Below)' is revoked/);
  });

  test("a non-volatile list of shim is ignored, because shim does not make any", () => {
    const host = makeHost(below, undefined);
    host.putFile(mok("MokListRT"), kept(whole(ca)));
    expect(load(host)).toMatch(/cannot trust '.*MokListRT-.*': it was not made by shim/);
    expect(run(["verify", packageImage], host)).toBe(1);
  });

  test("db is ignored if shim is configured not to trust its keys", () => {
    for (const path of [mok("MokIgnoreDB"), table("MokIgnoreDB")]) {
      const host = makeHost(below, undefined);
      host.putFile(db, kept(whole(ca)));
      host.putFile(path, Uint8Array.of(6, 0, 0, 0, 1));
      expect(run(["verify", packageImage], host)).toBe(1);
    }
  });

  test("a damaged certificate in db is reported, and the others are used", () => {
    const host = makeHost(below, undefined);
    const damaged = list("a159c0a5e494a74a87b5ab155c2bf072", Buffer.from("rubbish"));
    host.putFile(db, kept(Buffer.concat([damaged, whole(ca)])));
    expect(load(host)).toMatch(/cannot trust '.*db-.*': .* damaged, ignoring\n.*signed by 'Below'/);
  });

  test("a user who cannot read the kernel's copy reads shim's variable", () => {
    const host = makeHost(below, undefined);
    for (const name of ["MokListRT", "MokListXRT"])
      host.failures.set(`open ${table(name)}`, "EACCES");
    host.putFile(mok("MokListRT"), volatile(whole(ca)));
    expect(load(host)).toMatch(/cannot load .*mok-variables\/MokListXRT': Permission denied/);
    host.putFile(mok("MokListXRT"), volatile(whole(stranger)));
    expect(load(host)).toContain("signed by 'Below'");
  });
});

describe("when a signature is required", () => {
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
    const inputs = { parameter, configured, secureBoot, hasAnchors };
    expect(decidePolicy({ ...inputs, besideLoader: false })).toEqual({ policy, overruled: false });
    // The default applies only with Secure Boot on, and nothing configured.
    const isDefault = secureBoot && parameter === undefined && !hasAnchors;
    expect(decidePolicy({ ...inputs, besideLoader: true })).toEqual({
      policy: isDefault ? "prefer" : policy,
      overruled: false,
    });
  });

  test.each(["off", "prefer", "require"] as const)(
    "Verify=%s does not lower what Secure Boot requires, wherever the image is",
    (configured) => {
      const inputs = { parameter: undefined, configured, secureBoot: true, hasAnchors: false };
      for (const besideLoader of [false, true]) {
        expect(decidePolicy({ ...inputs, besideLoader })).toEqual({
          policy: "require",
          overruled: configured !== "require",
        });
      }
    },
  );

  const root = (fsType: string) => `29 1 253:1 / / rw,relatime shared:1 - ${fsType} /dev/x rw\n`;
  /** Secure Boot is on, nothing is configured, and the image is on its loader's disk. */
  const makePlain = () => {
    const host = makeHost(undefined, undefined);
    host.putFile(variable, Uint8Array.of(6, 0, 0, 0, 1));
    host.putFile("/usr/bin/exitrd", "program");
    host.putFile("/proc/self/mountinfo", root("ext4"));
    return host;
  };

  test("an image on its loader's disk is loaded with Secure Boot on, with a message", () => {
    const host = makePlain();
    expect(load(host)).toMatch(/^exitrd: loaded .*, not signed; /);
    expect(host.text(`${packageImage}.p7s`)).toBeUndefined();
  });

  test.each<[string, (host: FakeHost) => void]>([
    ["in an initrd", (host) => host.putFile("/etc/initrd-release", "")],
    ["with a root in RAM", (host) => host.putFile("/proc/self/mountinfo", root("rootfs"))],
    ["without /proc", (host) => host.files.removeFile("/proc/self/mountinfo")],
    ["with the loader elsewhere", (host) => host.files.removeFile("/usr/bin/exitrd")],
    [
      "with an image on another file system",
      (host) => {
        const node = { kind: "file", mode: 0o644, dev: "0:7", data: image } as const;
        host.layers[0]?.nodes.set(localImage, node);
      },
    ],
    ["with a policy", (host) => host.putFile("/etc/exitrd.conf", "[Exitrd]\nVerify=prefer\n")],
  ])("%s, it is not", (_, change) => {
    const host = makePlain();
    change(host);
    expect(load(host)).toContain("it is not signed");
  });

  test("a named image on another file system is not loaded", () => {
    const host = makePlain();
    host.putFile("/mnt/exitrd.img", image);
    const node = { kind: "file", mode: 0o644, dev: "0:7", data: image } as const;
    host.layers[0]?.nodes.set("/mnt/exitrd.img", node);
    expect(run(["load", "--image", "/mnt/exitrd.img"], host)).toBe(1);
    expect(host.said.join("\n")).toContain("it is not signed");
  });

  test("a bad signature is refused on the loader's disk as well", () => {
    const host = makePlain();
    host.putFile(`${packageImage}.p7s`, openssl.sign(Buffer.from("another"), signer));
    expect(load(host)).toContain("its signature does not match this file");
  });

  test("a file cannot lower what Secure Boot requires, and the user is warned", () => {
    const host = makeHost(undefined, undefined);
    host.putFile("/etc/exitrd.conf", "[Exitrd]\nVerify=off\n");
    host.putFile(variable, Uint8Array.of(6, 0, 0, 0, 1));
    expect(load(host)).toBe(
      `exitrd: cannot lower Verify= while Secure Boot is on, ignoring\nexitrd: cannot load '${packageImage}': it is not signed: sign it with 'exitrd sign', or reinstall the signed original`,
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

  test("Secure Boot is off if the firmware reports so, or has no variable for it", () => {
    const host = makeHost(undefined, undefined);
    host.putFile(variable, Uint8Array.of(6, 0, 0, 0, 0));
    expect(load(host)).toMatch(/, not signed; /);
    const other = makeHost(undefined, undefined);
    other.putFile("/sys/firmware/efi/efivars/Boot0000-8be4df61-93ca-11d2-aa0d-00e098032b8c", "");
    expect(load(other)).toMatch(/, not signed; /);
  });

  test("Secure Boot is on if the firmware does not report that it is off, or cannot be read", () => {
    for (const value of [[1], [6, 0, 0, 0, 1, 1], [6, 0, 0, 0, 2], []]) {
      const host = makeHost(undefined, undefined);
      host.putFile(variable, Uint8Array.from(value));
      expect(load(host)).toContain("it is not signed");
    }
    const unreadable = makeHost(undefined, undefined);
    unreadable.failures.set(`open ${variable}`, "EIO");
    expect(load(unreadable)).toContain("Secure Boot is on");
    const unknown = makeHost(undefined, undefined);
    unknown.putDirectory("/sys/firmware/efi");
    expect(load(unknown)).toContain("Secure Boot is on");
  });

  test("without efivarfs the state recorded by the kernel's EFI stub is used", () => {
    const host = makeHost(undefined, undefined);
    const parameters = new Uint8Array(4096);
    parameters[0x1ec] = 3;
    host.putFile("/sys/kernel/boot_params/data", parameters);
    expect(load(host)).toContain("Secure Boot is on");
    parameters[0x1ec] = 2;
    expect(load(host)).toMatch(/, not signed; /);
  });

  test.each([0, 1])(
    "if the kernel does not know (%i), it is assumed to be on if EFI booted the machine",
    (state) => {
      const host = makeHost(undefined, undefined);
      const parameters = new Uint8Array(4096);
      parameters[0x1ec] = state;
      host.putFile("/sys/kernel/boot_params/data", parameters);
      expect(load(host)).toMatch(/, not signed; /);
      const other = makeHost(undefined, undefined);
      other.putFile("/sys/kernel/boot_params/data", parameters);
      other.putDirectory("/sys/firmware/efi");
      expect(load(other)).toContain("Secure Boot is on");
    },
  );
});

describe("a stranger's signature", () => {
  test("is ignored if no signature is required", () => {
    expect(load(makeHost(stranger, undefined))).toContain(
      "signed, but 'Stranger', certified by 'Stranger', is not trusted;",
    );
  });

  test("is rejected if a signature is required", () => {
    expect(load(makeHost(stranger, signer))).toContain(
      "is not trusted: add its certificate to /etc/exitrd/trusted.d in order to trust it",
    );
  });
});

describe("files of trust", () => {
  test("are read, and what is damaged or has another name is reported and adds no trust", () => {
    const host = makeHost(signer, signer);
    host.putFile("/etc/exitrd/trusted.d/other.pem", "rubbish");
    host.putFile("/etc/exitrd/trusted.d/README", "rubbish");
    host.putFile("/etc/exitrd/revoked.d/signer.crt", readPem(signer));
    const name = "its name does not end in '.pem'";
    expect(load(host).split("\n")).toEqual([
      `exitrd: cannot trust '/etc/exitrd/trusted.d/README': ${name}, ignoring`,
      "exitrd: cannot trust '/etc/exitrd/trusted.d/other.pem': no certificate in PEM, ignoring",
      `exitrd: cannot use '/etc/exitrd/revoked.d/signer.crt': ${name}, ignoring`,
      `exitrd: loaded '${packageImage}' into '${defaultTarget}' (tmpfs, version 1.2.3, signed by 'Signer'; not measured: no TPM 2.0)`,
    ]);
  });

  const file = readPem(signer);
  test.each([
    ["cut off", file.slice(0, 300)],
    ["of another kind", file.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE")],
    ["in DER", openssl.certificate(signer).der],
    ["rubbish", "rubbish"],
  ])("a certificate that is %s requires signatures nevertheless", (_, data) => {
    const host = makeHost(undefined, undefined);
    host.putFile("/etc/exitrd/trusted.d/a.pem", data);
    expect(load(host)).toMatch(/cannot trust '.*a\.pem': .*\n.*it is not signed/);
  });

  test("an unreadable one does so, and one that masks another does not", () => {
    const host = makeHost(undefined, signer);
    host.putFile("/etc/exitrd/trusted.d/signer.pem", "");
    expect(load(host)).toMatch(/, not signed; /);
    const other = makeHost(undefined, undefined);
    other.putLink("/etc/exitrd/trusted.d/a.pem");
    expect(load(other)).toContain("it is not signed");
  });

  test.each(["/etc/exitrd", "/usr/lib/exitrd"])(
    "an empty one in %s that masks nothing is damaged: a power failure may have emptied it",
    (root) => {
      const host = makeHost(undefined, undefined);
      host.putFile(`${root}/trusted.d/a.pem`, "");
      expect(load(host)).toMatch(/cannot trust '.*a\.pem': it is empty.*\n.*it is not signed/);
      const other = makeHost(signer, signer);
      other.putFile(`${root}/revoked.d/a.pem`, "");
      expect(load(other)).toMatch(/cannot load '.*': '.*a\.pem': it is empty.*: correct or remove/);
    },
  );

  test("a link to /dev/null masks, whether there is anything to mask or not", () => {
    const host = makeHost(undefined, undefined);
    host.putDevice("/dev/null");
    host.putLink("/etc/exitrd/trusted.d/a.pem", "/dev/null");
    host.putLink("/etc/exitrd/revoked.d/a.pem", "/dev/null");
    expect(load(host)).toMatch(/, not signed; /);
  });

  test.each(["/etc/exitrd", "/usr/lib/exitrd"])(
    "directories of %s that cannot be listed stop loading",
    (root) => {
      for (const directory of [`${root}/trusted.d`, `${root}/revoked.d`]) {
        for (const code of ["ELOOP", "EIO", "EACCES"]) {
          const host = makeHost(signer, signer);
          host.failures.set(`readdir ${directory}`, code);
          expect(load(host)).toContain(`cannot load '${packageImage}': '${directory}': `);
        }
        const host = makeHost(signer, undefined);
        host.putFile(directory, "a file");
        expect(load(host)).toContain(`'${directory}': Not a directory: correct or remove it`);
        const dangling = makeHost(signer, undefined);
        dangling.putLink(directory);
        expect(load(dangling)).toContain(`'${directory}': No such file or directory`);
      }
    },
  );

  test("a dangling directory above them prevents loading", () => {
    const host = makeHost(undefined, undefined);
    host.putLink("/etc/exitrd");
    expect(load(host)).toContain("'/etc/exitrd/trusted.d': No such file or directory");
  });

  test("a damaged certificate in a file invalidates the others in it", () => {
    const host = makeHost(signer, undefined);
    const damaged = readPem(signer).replace("MII", "AAA");
    host.putFile(anchor, readPem(signer) + damaged);
    expect(load(host)).toContain("cannot trust");
  });

  test("a revoked key, an unreadable revocation and an invalid floor are refused", () => {
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

test("status prints the signer, or why the image would be refused", () => {
  const host = makeHost(signer, signer);
  load(host);
  run(["status"], host);
  expect(host.printed).toContain(
    "\nsigned:   signed by 'Signer' (P-256, sha256), trusted through 'Signer', verified by exitrd because this kernel cannot (Verify=require)\n",
  );
  host.printed = "";
  host.putFile(`${packageImage}.p7s`, "rubbish");
  run(["status", "--json"], host);
  expect(JSON.parse(host.printed).result.verification).toMatchObject({
    ...{ policy: "require", secureBoot: false, anchors: 1, ok: false, signer: null },
    problem: {
      message: expect.stringContaining("its signature is not valid DER at byte 1"),
    },
  });
});

test("verify requires a signature whatever the policy is, and needs an image", () => {
  const host = makeHost(signer, signer);
  host.putFile("/proc/cmdline", "exitrd.verify=off");
  expect(run(["verify", packageImage], host)).toBe(0);
  host.putFile("/tmp/text", "text");
  host.putFile("/tmp/text.p7s", openssl.sign(Buffer.from("text"), signer));
  expect(run(["verify", "/tmp/text"], host)).toBe(1);
  expect(host.said.at(-1)).toBe(
    "exitrd: cannot verify '/tmp/text': it is not a complete exitrd image (no zstd data): sign a whole image",
  );
});

test("verify and sign need an image or an extension", () => {
  const host = makeHost(undefined, signer);
  host.putFile("/tmp/text", "text");
  expect(run(["verify", "/tmp/text"], host)).toBe(1);
  expect(run(["sign", "--key", "key", "--cert", anchor, "/tmp/text"], host)).toBe(1);
  expect(host.said).toEqual([
    "exitrd: cannot verify '/tmp/text': it is neither a whole exitrd image nor an extension",
    "exitrd: cannot sign '/tmp/text': it is neither a whole exitrd image nor an extension: build one with 'exitrd build'",
  ]);
});

test("a certificate whose issuer is missing can be trusted itself, or through a chain", () => {
  const root = openssl.identity("Root");
  const leaf = openssl.identity("Leaf", { issuer: root });
  expect(load(makeHost(leaf, signer))).toContain(
    "'Leaf', certified by 'Root', is not trusted: add the certificate of 'Root' to /etc/exitrd/trusted.d, or to the signature by 'exitrd sign --chain'",
  );
});

test("sign reports a missing openssl", () => {
  const host = makeHost(undefined, signer);
  expect(run(["sign", "--key", "key", "--cert", anchor, packageImage], host)).toBe(1);
  expect(host.said.at(-1)).toBe(
    `exitrd: cannot sign '${packageImage}': openssl not found: install the package openssl`,
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

test("verify accepts an extension, whose contents the loader checks", () => {
  const host = makeHost(signer, signer);
  host.putFile("/tools.raw", "hsqs");
  host.putFile("/tools.raw.p7s", openssl.sign(Buffer.from("hsqs"), signer));
  expect(run(["verify", "/tools.raw"], host)).toBe(0);
  expect(host.printed).toContain("/tools.raw: signed by 'Signer'");
  host.printed = "";
  expect(run(["verify", "--json", "/tools.raw"], host)).toBe(0);
  expect(JSON.parse(host.printed)).toMatchObject({
    ok: true,
    result: { kind: "extension" },
  });
  host.putFile("/tools.raw", "hsqt");
  expect(run(["verify", "/tools.raw"], host)).toBe(1);
});

test("sign without an image signs the machine's own, and prints whether this machine trusts it", () => {
  const host = makeHost(undefined, undefined);
  host.putFile("/cert", readPem(signer));
  host.putFile("/usr/bin/mkinitcpio", "", 0o755);
  const signed = { status: 0, stdout: openssl.sign(image, signer), stderr: "" };
  host.commands = { ...host.commands, run: () => signed };
  expect(run(["sign", "--key", "/key", "--cert", "/cert"], host)).toBe(0);
  expect(host.said[0]).toMatch(/^exitrd: wrote '\/var\/lib\/exitrd\/exitrd\.img\.p7s': signed by/);
  expect(host.said[1]).toMatch(
    /^exitrd: this machine does not trust the signature: .*'install -D -m 644 \/cert \/etc\/exitrd\/trusted\.d\/own\.pem' and 'mkinitcpio -P'$/,
  );
  host.said.length = 0;
  host.putFile(anchor, readPem(signer));
  expect(run(["sign", "--key", "/key", "--cert", "/cert"], host)).toBe(0);
  expect(host.said[1]).toBe("exitrd: this machine trusts the signature");
});

test("a new key never overwrites a file", () => {
  const host = makeHost(undefined, undefined);
  host.putFile("/etc/exitrd/sign.pem", "mine");
  expect(run(["sign", "--new-key"], host)).toBe(1);
  expect(host.said).toEqual([
    "exitrd: cannot make a key: '/etc/exitrd/sign.pem' exists already: use it, or name another file with --key and --cert",
  ]);
});
