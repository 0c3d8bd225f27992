import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";
import { hashPath } from "../build/hash-inputs.ts";

/**
 * Our own keys for Secure Boot: NAME.key, NAME.crt and, for enrolling, NAME.auth. db also contains
 * "ca", which certifies "below"; "vendor" and "below" sign images. dbx.auth revokes the certificate
 * of "vendor", by its hash, and the whole certificate of "ca".
 */
export interface SecureBootKeys {
  readonly folder: string;
}

// Each key with its signer. The keys in db may sign what is booted.
const names = [
  ["PK", "PK"],
  ["KEK", "PK"],
  ["db", "KEK"],
] as const;

const owner = "6b1cf2b4-2f2c-4f0e-9d55-3a5c6d0c7e11";

/** Returns our own keys, generated if they are not cached. */
export async function provideKeys(): Promise<SecureBootKeys> {
  const folder = join(cacheDir("vm"), `secure-boot-keys-${hashPath(import.meta.filename)}`);
  await provideFolder(folder, async (partial) => {
    const file = (name: string) => join(partial, name);
    await makeKey(partial, "ca");
    await makeKey(partial, "below", "ca");
    await makeKey(partial, "vendor");
    await run("cert-to-efi-sig-list", ["-g", owner, file("ca.crt"), file("ca.esl")]);
    await run("cert-to-efi-hash-list", ["-g", owner, file("vendor.crt"), file("vendor.esl")]);
    const read = (name: string) => readFileSync(file(`${name}.esl`));
    for (const [name, signer] of names) {
      await makeKey(partial, name);
      const list = file(`${name}.esl`);
      await run("cert-to-efi-sig-list", ["-g", owner, file(`${name}.crt`), list]);
      if (name === "db") writeFileSync(list, Buffer.concat([read(name), read("ca")]));
      await signList(partial, name, signer);
    }
    writeFileSync(file("dbx.esl"), Buffer.concat([read("vendor"), read("ca")]));
    await signList(partial, "dbx", "KEK");
  });
  return { folder };
}

/** Self-signed if no issuer is given. */
async function makeKey(folder: string, name: string, issuer?: string): Promise<void> {
  const file = (end: string) => join(folder, `${name}.${end}`);
  const by = issuer === undefined ? [] : [`${issuer}.crt`, `${issuer}.key`];
  const [cert = "", key = ""] = by.map((part) => join(folder, part));
  await run("openssl", [
    ...["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "3650"],
    ...["-subj", `/CN=exitrd test ${name}/`, "-keyout", file("key"), "-out", file("crt")],
    ...(issuer === undefined ? [] : ["-CA", cert, "-CAkey", key]),
  ]);
}

/** The contents of a variable, in the form that the firmware accepts. */
async function signList(folder: string, variable: string, signer: string): Promise<void> {
  const file = (base: string, end: string) => join(folder, `${base}.${end}`);
  await run("sign-efi-sig-list", [
    ...["-g", owner, "-k", file(signer, "key"), "-c", file(signer, "crt")],
    ...[variable, file(variable, "esl"), file(variable, "auth")],
  ]);
}
