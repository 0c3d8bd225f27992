import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "./atomic.ts";
import { hashPath, hashTexts } from "./hash-inputs.ts";
import { provideSignedExtension } from "./signed-extension.ts";

const dist = join(import.meta.dirname, "..", "..", "..", "dist");
const image = join(dist, "package", "usr", "lib", "exitrd", "exitrd.img");

export interface SignedImage {
  /** By the same signer as the extensions. */
  readonly signature: string;
  readonly attackersSignature: string;
  /** The sealed image, signed by each of the two signers. */
  readonly sealed: string;
  readonly attackersSealed: string;
  readonly attackersCertificate: string;
}

/**
 * Returns signatures of the package's image: one by a signer that the guest will trust, and one by
 * another signer.
 */
export async function provideSignedImage(): Promise<SignedImage> {
  const { certificate, key } = await provideSignedExtension();
  const folder = join(
    cacheDir("vm"),
    `signed-image-${hashTexts([image, certificate, import.meta.filename].map(hashPath))}`,
  );
  const at = (name: string) => join(folder, name);
  await provideFolder(folder, async (partial) => {
    const [theirs, theirCertificate] = [join(partial, "theirs.key"), join(partial, "attacker.pem")];
    const identity = ["-newkey", "rsa:2048", "-nodes", "-keyout", theirs, "-out", theirCertificate];
    await run("openssl", ["req", "-x509", ...identity, "-subj", "/CN=Mallory", "-days", "36500"]);
    const sign = async (key: string, cert: string, output: string) => {
      const copy = join(partial, "exitrd.img");
      copyFileSync(image, copy);
      await run(join(dist, "exitrd"), ["sign", "--key", key, "--cert", cert, copy]);
      renameSync(`${copy}.p7s`, join(partial, output));
    };
    await sign(key, certificate, "signature");
    await sign(theirs, theirCertificate, "attacker.p7s");
    const seal = (key: string, cert: string, output: string) => {
      const args = ["sign", "--key", key, "--cert", cert, "--seal", join(partial, output), image];
      return run(join(dist, "exitrd"), args);
    };
    await seal(key, certificate, "exitrd.raw");
    await seal(theirs, theirCertificate, "attacker.raw");
  });
  return {
    signature: at("signature"),
    attackersSignature: at("attacker.p7s"),
    sealed: at("exitrd.raw"),
    attackersSealed: at("attacker.raw"),
    attackersCertificate: at("attacker.pem"),
  };
}
