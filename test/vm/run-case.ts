import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../tools/cache.ts";
import { copyDisk } from "./build/disk-layout.ts";
import { provideSuite } from "./build/suites.ts";
import type { Case } from "./case.ts";
import { locateCaseFiles } from "./case-files.ts";
import type { Finding } from "./finding.ts";
import { inspectRun } from "./inspect/inspect-run.ts";
import { inspectTpm } from "./inspect/inspect-tpm.ts";
import { provideAccel } from "./machine/provide-accel.ts";
import { locateTpmLog, runScript } from "./machine/run-script.ts";
import { makeRamFolder, makeTemporaryFolder } from "./machine/temporary.ts";
import type { Image } from "./stacks/image.ts";
import { provideInstalled } from "./stacks/provide-installed.ts";
import { provideStack } from "./stacks/provide-stack.ts";

type Say = (line: string) => void;

export interface RunOptions {
  /** The package under test; not needed by a case without exitrd. */
  readonly deb: string | undefined;
  /** The same for arm64. */
  readonly debArm64?: string | undefined;
  /** Used instead of the case's own. */
  readonly image?: Image;
  /** Keeps the disk and the RAM next to the logs. */
  readonly keep?: boolean;
}

/** Runs one case on a copy of its stack and inspects the result. The logs stay in the cache. */
export async function runCase(one: Case, options: RunOptions, say: Say): Promise<Finding> {
  const image = options.image ?? (await provideImage(one, options, say));
  const accel = await provideAccel(await provideSuite(one.suite ?? "bookworm", say));
  const work = makeTemporaryFolder();
  const ramFolder = makeRamFolder();
  const disk = join(work, "disk.img");
  const ramFile = join(ramFolder, "ram");
  const logs = join(cacheDir("vm", "logs"), one.name.replace(/\W+/g, "-"));
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    await copyDisk(image.disk, disk);
    const run = await runScript({
      image: { ...image, disk },
      script: one.script,
      files: await locateCaseFiles(one.files ?? []),
      folder: logs,
      limitSeconds: one.limitSeconds,
      ramFile,
      accel,
      ...(one.cutAt === undefined ? {} : { cutAt: one.cutAt }),
      ...(one.hasTpm === undefined ? {} : { hasTpm: one.hasTpm }),
      ...(one.hasWatchdog === undefined ? {} : { hasWatchdog: one.hasWatchdog }),
      ...(one.haltedSeconds === undefined ? {} : { haltedSeconds: one.haltedSeconds }),
      ...(one.answers === undefined ? {} : { answers: one.answers }),
      ...(one.extraCommandLine === undefined ? {} : { extraCommandLine: one.extraCommandLine }),
    });
    const { deb } = options;
    const tpm =
      one.hasTpm === true && deb !== undefined
        ? await inspectTpm(run.output, locateTpmLog(logs), deb)
        : undefined;
    const finding = { ...(await inspectRun(image, run, disk, ramFile)), tpm };
    if (options.keep) {
      await copyDisk(disk, join(logs, "disk.img"));
      await copyDisk(ramFile, join(logs, "ram"));
    }
    return finding;
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(ramFolder, { recursive: true, force: true });
  }
}

async function provideImage(one: Case, options: RunOptions, say: Say): Promise<Image> {
  const suite = one.suite ?? "bookworm";
  if (one.equipment === "without exitrd") return provideStack(one.stack, suite, say);
  const isArm64 = suite.endsWith("-arm64");
  const deb = isArm64 ? options.debArm64 : options.deb;
  if (deb === undefined || !existsSync(deb)) {
    const command = `npm run package${isArm64 ? " -- --arch arm64" : ""}`;
    throw new Error(`no package in dist/: run '${command}' first`);
  }
  return provideInstalled(one.stack, suite, deb, say);
}
