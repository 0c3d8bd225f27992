import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { run } from "../../../tools/run.ts";
import { provideFolder } from "../build/atomic.ts";
import { copyDisk } from "../build/disk-layout.ts";
import { hashPath, hashTexts } from "../build/hash-inputs.ts";
import { provideSuite } from "../build/suites.ts";
import { type FileSystemFinding, inspectDisk } from "../inspect/inspect-disk.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { runMachine } from "../machine/run-machine.ts";
import { formatCommandLine, packCase } from "../machine/run-script.ts";
import type { MachineRun } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { type Preparation, provideInstalled } from "../stacks/provide-installed.ts";
import { buildUki, tamper } from "./build-uki.ts";
import { makeEsp } from "./make-esp.ts";
import { provideFirmware } from "./provide-firmware.ts";
import { provideKeys, type SecureBootKeys } from "./provide-keys.ts";

/** All except "tampered" concern only exitrd's image: the UKI around it is signed. */
export type UkiState = "signed" | "unsigned" | "tampered" | "sealed" | "revoked";

export interface UkiFinding {
  readonly run: MachineRun;
  readonly fileSystems: readonly FileSystemFinding[];
}

const limitSeconds = 300;

/** The message of OVMF's boot manager for an image with an invalid signature. */
export const refusal = "Access Denied";

const head = `set -e
od -An -tu1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
cat /sys/kernel/security/lockdown
grep 'keyring  *\\.platform' /proc/keys
`;

// The signed image is that of the package.
const scripts: Readonly<Record<UkiState, string>> = {
  signed: `${head}cp signature /usr/lib/exitrd/exitrd.img.p7s
exitrd verify /usr/lib/exitrd/exitrd.img
exitrd status
systemctl poweroff
`,
  unsigned: `${head}exitrd verify /usr/lib/exitrd/exitrd.img 2>&1 || echo "verify: $?"
printf '[Exitrd]\\nVerify=off\\n' >/etc/exitrd.conf
exitrd load 2>&1 || echo "load: $?"
rm /etc/exitrd.conf
exitrd status
systemctl poweroff
`,
  tampered: "",
  // Run before and after the signer's certificate is in the firmware's dbx; also for a signer whose
  // CA is in db, and later in dbx as well.
  revoked: `${head}image=/usr/lib/exitrd/exitrd.img
mkdir -p /etc/exitrd/trusted.d
cp vendor.crt /etc/exitrd/trusted.d/vendor.pem
cp below.p7s $image.p7s
exitrd verify $image 2>&1 || echo "verify below: $?"
cp vendor.p7s $image.p7s
exitrd verify $image 2>&1 || echo "verify: $?"
exitrd load 2>&1 || echo "load: $?"
{ printf '\\047\\0\\0\\0'; cat dbx.auth; } >variable
dbx=/sys/firmware/efi/efivars/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f
# Variables created there are immutable until the flag is cleared.
[ -e $dbx ] || : >$dbx
chattr -i $dbx
dd if=variable of=$dbx bs=64k conv=notrunc status=none || echo "dbx: not written"
ls -l $dbx
systemctl poweroff
`,
  sealed: `${head}exitrd status
dmsetup table
ipe=/sys/kernel/security/ipe
cat policy.p7s >$ipe/new_policy
echo 0 >/proc/sys/kernel/printk_ratelimit
echo 1 >$ipe/policies/exitrd/active
echo "policy: $(cat $ipe/policies/exitrd/name), enforced: $(cat $ipe/enforce)"
systemctl poweroff
`,
};

// Only files on dm-verity may be executed, with a root hash that the kernel has verified
// (Documentation/admin-guide/LSM/ipe.rst). Not enforced, because the guest's root is not on
// dm-verity: the kernel logs for each program what it would do.
const policy = `policy_name=exitrd policy_version=0.0.1
DEFAULT action=ALLOW
DEFAULT op=EXECUTE action=DENY
op=EXECUTE dmverity_signature=TRUE action=ALLOW
`;
const policyParameters =
  "lsm=landlock,lockdown,yama,integrity,apparmor,ipe,bpf audit=1 audit_backlog_limit=8192 ipe.enforce=0 ipe.success_audit=1";

/** Boots a UKI with exitrd in its initrd, with Secure Boot on, and inspects the result. */
export async function runUki(
  state: UkiState,
  deb: string | undefined,
  say: (line: string) => void,
): Promise<UkiFinding> {
  if (deb === undefined) throw new Error("no package in dist/: run 'npm run package' first");
  // From Linux 6.12 on, Debian's kernels have IPE and verify root hashes with db.
  const suite = state === "sealed" ? "trixie" : "bookworm";
  const keys = await provideKeys();
  const preparation = state === "sealed" ? await prepareSealed(deb, keys) : undefined;
  const installed = await provideInstalled("ext4", suite, deb, say, preparation);
  const accel = await provideAccel(await provideSuite(suite, say));
  const firmware = await provideFirmware(keys, accel, say);
  const logs = join(cacheDir("vm", "logs"), `uki-${state}`);
  const work = makeTemporaryFolder();
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const [disk, variables] = [join(work, "disk.img"), join(work, "variables")];
    await copyDisk(installed.disk, disk);
    copyFileSync(firmware.variables, variables);
    const uki = join(work, "exitrd.efi");
    const image = { ...installed, disk };
    const packaged = await extractImage(deb, work);
    const signature = await signImage(packaged, keys, "db", join(work, "signature"));
    const files = {
      signature,
      "policy.p7s": await signPolicy(keys, join(work, "policy")),
      "vendor.p7s": await signImage(packaged, keys, "vendor", join(work, "vendor.p7s")),
      "below.p7s": await signImage(packaged, keys, "below", join(work, "below.p7s")),
      ...Object.fromEntries(
        ["vendor.crt", "dbx.auth"].map((name) => [name, join(keys.folder, name)]),
      ),
    };
    const spec = {
      ...{ image, script: scripts[state], files, folder: logs, limitSeconds, accel },
      ...(state === "sealed" ? { extraCommandLine: policyParameters } : {}),
    };
    const initrd =
      state === "unsigned" || state === "sealed"
        ? installed.initrd
        : await addSignature(installed.initrd, signature, join(work, "initrd"));
    const commandLine = formatCommandLine(spec);
    await buildUki({ kernel: installed.kernel, initrd, commandLine }, keys, uki);
    if (state === "tampered") tamper(uki, packaged);
    const esp = join(work, "esp.img");
    await makeEsp(esp, { "EFI/BOOT/BOOTX64.EFI": uki });
    const machine = {
      firmware: { code: firmware.code, variables },
      disks: [
        { file: esp, bus: "virtio", serial: "esp" },
        { file: disk, bus: "nvme", serial: "stack" },
        { file: await packCase(spec), bus: "virtio", serial: "case" },
      ] as const,
      ...{ folder: logs, limitSeconds, accel, cutAt: refusal },
    };
    let ended = await runMachine(machine);
    if (state === "revoked" && ended.ending === "poweroff") {
      const folder = join(logs, "again");
      mkdirSync(folder);
      const again = await runMachine({ ...machine, folder });
      ended = { ...again, output: `${ended.output}${again.output}` };
    }
    return { run: ended, fileSystems: await inspectDisk(image, disk, logs) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function extractImage(deb: string, work: string): Promise<string> {
  const tree = join(work, "package");
  await run("dpkg-deb", ["-x", deb, tree]);
  return join(tree, "usr/lib/exitrd/exitrd.img");
}

/** The image of the package, sealed, and a configuration that accepts only sealed ones. */
async function prepareSealed(deb: string, keys: SecureBootKeys): Promise<Preparation> {
  const inputs = hashTexts([hashPath(deb), keys.folder, hashPath(import.meta.filename)]);
  const folder = join(cacheDir("vm"), `sealed-${inputs}`);
  await provideFolder(folder, async (partial) => {
    const image = await extractImage(deb, partial);
    const [key, cert] = ["key", "crt"].map((end) => join(keys.folder, `db.${end}`));
    const by = ["--key", key ?? "", "--cert", cert ?? ""];
    const program = join(partial, "package/usr/bin/exitrd");
    await run(program, ["sign", ...by, "--seal", join(partial, "exitrd.raw"), image]);
    rmSync(join(partial, "package"), { recursive: true });
  });
  return {
    script: `install -D -m 644 exitrd.raw /usr/lib/exitrd/exitrd.raw
printf '[Exitrd]\\nSeal=verity\\n' >/etc/exitrd.conf
`,
    files: { "exitrd.raw": join(folder, "exitrd.raw") },
  };
}

async function signPolicy(keys: SecureBootKeys, output: string): Promise<string> {
  writeFileSync(output, policy);
  const signed = `${output}.p7s`;
  await run("openssl", [
    ...["smime", "-sign", "-binary", "-noattr", "-nodetach", "-nosmimecap", "-outform", "der"],
    ...["-md", "sha256", "-in", output, "-out", signed],
    ...["-signer", join(keys.folder, "db.crt"), "-inkey", join(keys.folder, "db.key")],
  ]);
  return signed;
}

/** Signs with openssl(1) alone and one of the keys. The firmware has the certificate of db. */
async function signImage(
  image: string,
  keys: SecureBootKeys,
  name: "db" | "vendor" | "below",
  output: string,
): Promise<string> {
  await run("openssl", [
    ...["cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-in", image],
    ...["-signer", join(keys.folder, `${name}.crt`), "-inkey", join(keys.folder, `${name}.key`)],
    ...["-out", output],
  ]);
  return output;
}

/** The initrd with another archive before it, as for microcode. */
async function addSignature(initrd: string, signature: string, output: string): Promise<string> {
  const folder = `${output}.d`;
  const directory = "usr/lib/exitrd";
  mkdirSync(join(folder, directory), { recursive: true });
  copyFileSync(signature, join(folder, directory, "exitrd.img.p7s"));
  const archive = `${output}.cpio`;
  await run("sh", ["-c", 'find usr | cpio -o -H newc >"$1"', "sh", archive], { cwd: folder });
  writeFileSync(output, Buffer.concat([archive, initrd].map((part) => readFileSync(part))));
  return output;
}
