import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath } from "./hash-inputs.ts";

const dist = join(import.meta.dirname, "..", "..", "..", "dist");
const name = "exitrd-debug.sysext.raw";

export interface SignedExtension {
  readonly file: string;
  readonly signature: string;
  /** The signer's certificate, in PEM format. */
  readonly certificate: string;
  /** The signer's private key. */
  readonly key: string;
}

/** Returns dist's extension with a shell, signed with a key of our own. */
export async function provideSignedExtension(): Promise<SignedExtension> {
  const made = join(dist, name);
  const folder = join(cacheDir("vm"), `signed-extension-${hashPath(made)}`);
  await provideFolder(folder, async (partial) => {
    const file = join(partial, name);
    const [key, cert] = [join(partial, "key.pem"), join(partial, "signer.pem")];
    copyFileSync(made, file);
    const subject = ["-subj", "/CN=exitrd test", "-days", "36500"];
    const identity = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert];
    await run("openssl", ["req", "-x509", ...identity, ...subject]);
    await run(join(dist, "exitrd"), ["sign", "--key", key, "--cert", cert, file]);
  });
  return {
    file: join(folder, name),
    signature: join(folder, `${name}.p7s`),
    certificate: join(folder, "signer.pem"),
    key: join(folder, "key.pem"),
  };
}
