import { buildFaultImage } from "./build/fault-image.ts";
import { provideIpmitool } from "./build/ipmitool.ts";
import { provideKernelSigned } from "./build/kernel-signed.ts";
import { provideOpenssl } from "./build/openssl.ts";
import { provideSignedExtension } from "./build/signed-extension.ts";
import { provideSignedImage } from "./build/signed-image.ts";
import { provideStaticProgram } from "./build/static-program.ts";
import { provideTinyInitrd } from "./build/tiny-initrd.ts";
import { provideUnruly } from "./build/unruly.ts";
import { findPackage } from "./find-package.ts";

/** Files that a case can request, by their names in its script. */
const providers: Readonly<Record<string, () => Promise<string>>> = {
  "tiny-initrd": provideTinyInitrd,
  hook: () => provideStaticProgram("hook"),
  crowd: () => provideStaticProgram("crowd"),
  huge: () => provideStaticProgram("huge"),
  unruly: provideUnruly,
  "exitrd-fault.img": buildFaultImage,
  "package.deb": requirePackage,
  "exitrd-debug.sysext.raw": async () => (await provideSignedExtension()).file,
  "exitrd-debug.sysext.raw.p7s": async () => (await provideSignedExtension()).signature,
  "exitrd.img.p7s": async () => (await provideSignedImage()).signature,
  "exitrd.raw": async () => (await provideSignedImage()).sealed,
  "attacker.raw": async () => (await provideSignedImage()).attackersSealed,
  "attacker.p7s": async () => (await provideSignedImage()).attackersSignature,
  "attacker.pem": async () => (await provideSignedImage()).attackersCertificate,
  "openssl.tar": provideOpenssl,
  "ipmitool.tar": provideIpmitool,
  module: async () => (await provideKernelSigned()).module,
  "module.p7s": async () => (await provideKernelSigned()).signature,
  "signer.pem": async () => (await provideSignedExtension()).certificate,
};

async function requirePackage(): Promise<string> {
  const deb = findPackage();
  if (deb === undefined) throw new Error("no package in dist/: run 'npm run package' first");
  return deb;
}

/** Returns the host paths of the files of a case; builds missing ones. */
export async function locateCaseFiles(
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const paths: Record<string, string> = {};
  for (const name of names) {
    const provide = providers[name];
    if (provide === undefined) throw new Error(`unknown case file '${name}'`);
    paths[name] = await provide();
  }
  return paths;
}
