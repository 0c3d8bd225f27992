import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";
import { hashPath } from "../build/hash-inputs.ts";

/**
 * Keys of our own for Secure Boot: NAME.key, NAME.crt and, to be enrolled, NAME.auth; of
 * "vendor", which signs images, dbx.auth, which takes its certificate back.
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

/** Returns keys that nobody else has, made when they are not cached. */
export async function provideKeys(): Promise<SecureBootKeys> {
  const folder = join(cacheDir("vm"), `secure-boot-keys-${hashPath(import.meta.filename)}`);
  await provideFolder(folder, async (partial) => {
    for (const [name, signer] of names) {
      await makeKey(partial, name);
      const list = join(partial, `${name}.esl`);
      await run("cert-to-efi-sig-list", ["-g", owner, join(partial, `${name}.crt`), list]);
      await signList(partial, name, signer);
    }
    await makeKey(partial, "vendor");
    const [vendor, list] = ["vendor.crt", "dbx.esl"].map((name) => join(partial, name));
    await run("cert-to-efi-hash-list", ["-g", owner, vendor ?? "", list ?? ""]);
    await signList(partial, "dbx", "KEK");
  });
  return { folder };
}

async function makeKey(folder: string, name: string): Promise<void> {
  const file = (end: string) => join(folder, `${name}.${end}`);
  await run("openssl", [
    ...["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "3650"],
    ...["-subj", `/CN=exitrd test ${name}/`, "-keyout", file("key"), "-out", file("crt")],
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
