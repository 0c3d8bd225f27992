import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { copyDisk } from "../build/disk-layout.ts";
import type { Equipment } from "../case.ts";
import { checkWith } from "../checked.ts";
import { countInFile } from "../inspect/ram-scan.ts";
import { provideAccel } from "../machine/provide-accel.ts";
import { runMachine } from "../machine/run-machine.ts";
import type { MachineRun } from "../machine/spec.ts";
import { makeRamFolder, makeTemporaryFolder } from "../machine/temporary.ts";
import { locateDisks, provideRoot } from "./provide-root.ts";
import type { RootStack } from "./root-stack.ts";
import { beginsLine, serveRoot } from "./serve-root.ts";
import { packCase, runStage } from "./stage.ts";

const limitSeconds = 300;
const markerSize = 32;

/** The state in which the shutdown left a root stack. */
export interface RootFinding {
  readonly run: MachineRun;
  /** In the order in which the inspector printed them. */
  readonly facts: readonly string[];
}

// The image is loaded directly, because update-initramfs takes 90 s under emulation. Other cases
// test the installation.
const loadExitrd = "dpkg-deb -x package.deb / && exitrd load && exitrd plan\n";

const makeDirty = "dd if=/dev/urandom of=/var/tmp/data bs=1M count=8 status=none\n";

// Only printf in the guest decodes it: the script itself does not contain a copy.
function escapeForPrintf(marker: Buffer): string {
  return marker.toString("hex").replace(/../g, "\\x$&");
}

/** Boots a stack, shuts it down and inspects its disks in another machine. */
export async function runRoot(
  stack: RootStack,
  equipment: Equipment,
  deb: string | undefined,
  say: (line: string) => void,
): Promise<RootFinding> {
  const built = await provideRoot(stack, say);
  const { base, initrd, disks } = built;
  if (deb === undefined) throw new Error("no package in dist/: run 'npm run package' first");
  const work = makeTemporaryFolder();
  const ramFolder = makeRamFolder();
  const ramFile = join(ramFolder, "ram");
  const marker = randomBytes(markerSize);
  const logs = join(cacheDir("vm", "logs"), `root-${stack.name} ${equipment}`.replace(/\W+/g, "-"));
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  try {
    const copies = locateDisks(stack, work);
    for (const [index, disk] of disks.entries())
      await copyDisk(disk.file, copies[index]?.file ?? "");
    const script = [
      "set -ex\n",
      stack.searchesRam === true ? `marker='${escapeForPrintf(marker)}'\n` : "",
      equipment === "exitrd" ? loadExitrd : "",
      makeDirty,
      stack.use ?? "",
      equipment === "exitrd" ? checkWith("exitrd") : "",
      `echo '${beginsLine}'\n`,
      "systemctl poweroff\n",
    ].join("");
    const texts = {
      "run.sh": `bash script.sh || echo "case: the script failed with code $?"\n`,
      "script.sh": script,
      ...(stack.boot === undefined ? {} : { "boot.sh": stack.boot }),
      ...(stack.noAutoAssembly === true ? { "no-auto": "" } : {}),
    };
    const served = await serveRoot(stack, built, work, say);
    const run = await runMachine({
      ...served.spec,
      kernel: base.kernel,
      initrd,
      commandLine: `${stack.commandLine} rdinit=/exitrd-init fstab=no rw console=ttyS0,115200 loglevel=7 panic=-1 systemd.show_status=yes`,
      disks: [
        ...(stack.server === undefined ? copies : []),
        await packCase(work, texts, equipment === "exitrd" ? { "package.deb": deb } : {}),
      ],
      folder: logs,
      limitSeconds,
      accel: await provideAccel(base),
      ...(stack.searchesRam === true || served.needsSharedRam ? { ramFile } : {}),
    }).finally(() => served.end());
    const inspector = await runStage(base, initrd, copies, stack.inspect, join(logs, "inspect"));
    const facts = inspector.output
      .split("\n")
      .filter((line) => line.startsWith("fact: "))
      .map((line) => line.slice("fact: ".length))
      .concat(await served.readFacts());
    if (stack.searchesRam !== true) return { run, facts };
    const found = (await countInFile(ramFile, { marker })).marker ?? 0;
    say(`${found} copies of the marker in RAM`);
    return { run, facts: [...facts, `marker in RAM: ${found === 0 ? "none" : "found"}`] };
  } finally {
    rmSync(ramFolder, { recursive: true, force: true });
    rmSync(work, { recursive: true, force: true });
  }
}
