import { copyFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { provideFolder } from "../build/atomic.ts";
import { extractBootFiles } from "../build/boot-files.ts";
import { copyDisk } from "../build/disk-layout.ts";
import { hashPath, hashTexts } from "../build/hash-inputs.ts";
import { provideSuite, type Suite } from "../build/suites.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { runScript } from "../machine/run-script.ts";
import { type Image, locateImage, type StackName } from "./image.ts";
import { provideStack } from "./provide-stack.ts";

// dracut takes three times as long as update-initramfs.
const limitSeconds = 1500;

/** Files that an administrator has created before. */
export interface Preparation {
  readonly script: string;
  readonly files: Readonly<Record<string, string>>;
  /** Further parameters of the kernel. */
  readonly commandLine?: string;
}

// Labels every file, as the policy's package asks. The package is installed while SELinux is on,
// since dpkg labels its files only then.
const labelling: Preparation = {
  script: `sed -i 's/^SELINUX=.*/SELINUX=enforcing/' /etc/selinux/config
setfiles /etc/selinux/default/contexts/files/file_contexts / /boot && echo "labelled: yes"
`,
  files: {},
  commandLine: "security=selinux enforcing=0",
};

/** What an administrator of a suite has done before. */
const preparations: Partial<Record<Suite, Preparation>> = { "bookworm-selinux": labelling };

// The installation must do everything by itself: nothing else is called.
const install = `rm -f /usr/local/sbin/update-initramfs
dpkg -i package.deb && echo "installed: yes"
systemctl --no-pager status exitrd-load.service
ls -l /run/initramfs
poweroff
`;

/**
 * Returns a stack on which dpkg has installed a package in the running guest, without further
 * steps.
 */
export async function provideInstalled(
  stack: StackName,
  suite: Suite,
  deb: string,
  say: (line: string) => void,
  preparation: Preparation = preparations[suite] ?? { script: "", files: {} },
): Promise<Image> {
  const plain = await provideStack(stack, suite, say);
  const script = `set -ux\n${preparation.script}${install}`;
  const { commandLine = "" } = preparation;
  const texts = [script, commandLine, ...Object.values(preparation.files).map(hashPath)];
  const key = hashTexts([basename(plain.folder), ...texts, hashPath(deb)]);
  const folder = join(cacheDir("vm"), `installed-${stack}-${key}`);
  await provideFolder(folder, async (partial) => {
    say(`installing ${basename(deb)} on '${stack}'`);
    const image = locateImage(stack, partial, plain.architecture);
    await copyDisk(plain.disk, image.disk);
    for (const file of [plain.volumeKeyFile, plain.passphraseFile]) {
      if (file !== undefined) copyFileSync(file, join(partial, basename(file)));
    }
    const run = await runScript({
      image: { ...plain, disk: image.disk },
      script,
      files: { "package.deb": deb, ...preparation.files },
      folder: join(partial, "install"),
      limitSeconds,
      ...(preparation.commandLine === undefined
        ? {}
        : { extraCommandLine: preparation.commandLine }),
      accel: await provideAccel(await provideSuite(suite, say)),
    });
    if (run.ending !== "poweroff" || !run.output.includes("installed: yes")) {
      throw new Error(`cannot install on '${stack}' (${run.ending}):\n${run.output}`);
    }
    await extractBootFiles(image.disk, partial);
  });
  return locateImage(stack, folder, plain.architecture);
}
