import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";
import { hashPath } from "../build/hash-inputs.ts";

/**
 * Keys of our own for Secure Boot: NAME.key, NAME.crt and, to be enrolled, NAME.auth. db also
 * has "ca", which certifies "below"; "vendor" and "below" sign images. dbx.auth takes the
 * certificates of "vendor", by its hash, and of "ca", as a whole, back.
 */
export interface SecureBootKeys {
  readonly folder: string;
}

// Each with the one that signs it. What db holds may sign what is booted.
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

/** Self-signed without an issuer. */
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

/** What a variable is to hold, for the firmware to take it. */
async function signList(folder: string, variable: string, signer: string): Promise<void> {
  const file = (base: string, end: string) => join(folder, `${base}.${end}`);
  await run("sign-efi-sig-list", [
    ...["-g", owner, "-k", file(signer, "key"), "-c", file(signer, "crt")],
    ...[variable, file(variable, "esl"), file(variable, "auth")],
  ]);
}
