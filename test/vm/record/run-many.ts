import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../../tools/cache.ts";
import { findMedian } from "../../median.ts";
import { copyDisk } from "../build/disk-layout.ts";
import type { ConsoleLine, MachineRun } from "../machine/spec.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";
import { readStamp } from "../measure-pivot.ts";
import { plainFirmware } from "../uki/provide-firmware.ts";
import { bootGuest } from "../zoo/boot-guest.ts";
import { listOwnFiles } from "../zoo/own-files.ts";
import { provideStorageGuest } from "../zoo/storage-base.ts";
import { makeEspDisk } from "./run-story.ts";

/** Clean shutdowns of one machine; one that is not follows. */
export const CLEAN_BOOTS = 100;

const stores = ["off", "esp", "partition", "efivar"] as const;
type Store = (typeof stores)[number];

const limitSeconds = 7_200;
const largestMs = 50;

export interface ManyFinding {
  readonly run: MachineRun;
  /** Milliseconds from the last step to the kexec, of each clean shutdown. */
  readonly ends: Readonly<Record<Store, readonly number[]>>;
  readonly cleanCount: number;
  /** Whether the firmware's flash was changed between the first shutdown and the last clean one. */
  readonly isWritten: boolean;
  /** The same for the last shutdown, which has to write one variable. */
  readonly isWrittenAtLast: boolean;
}

/** Shuts one machine down many times, and compares its firmware's flash from outside. */
export async function runMany(say: (line: string) => void): Promise<ManyFinding> {
  const guest = await provideStorageGuest(say);
  const work = makeTemporaryFolder();
  const logs = join(cacheDir("vm", "logs"), "record-many");
  const firmware = { ...plainFirmware, variables: join(work, "variables") };
  const flash: Buffer[] = [];
  try {
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    copyFileSync(plainFirmware.variables, firmware.variables);
    const [root, esp] = [join(work, "root"), join(work, "esp.img")];
    await copyDisk(guest.root, root);
    await makeEspDisk(esp);
    const run = await bootGuest({
      guest,
      root,
      disks: [{ file: esp, bus: "virtio", serial: "esp" }],
      init: "many.sh",
      texts: { settings: `clean_boots=${CLEAN_BOOTS}\nstores=(${stores.join(" ")})\n` },
      files: { ...(await listOwnFiles()), kernel: guest.kernel },
      firmware,
      folder: logs,
      limitSeconds,
      watch: (text) => {
        if (text.includes("zoo: pivot")) flash.push(readFileSync(firmware.variables));
      },
    });
    flash.push(readFileSync(firmware.variables));
    const [first, atLast, last] = [flash[0], flash.at(-2), flash.at(-1)];
    if (first === undefined || atLast === undefined || last === undefined) {
      throw new Error(`no pivot in ${logs}/console.log`);
    }
    return {
      run,
      ends: readEnds(run.console),
      cleanCount: run.console.filter(({ text }) => text.includes("nothing left; kexec")).length,
      isWritten: !first.equals(atLast),
      isWrittenAtLast: !atLast.equals(last),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readEnds(console: readonly ConsoleLine[]): ManyFinding["ends"] {
  const ends: Record<Store, number[]> = { off: [], esp: [], partition: [], efivar: [] };
  let store: Store | undefined;
  let from: number | undefined;
  for (const line of console) {
    const named = /many: (\w+)/.exec(line.text)?.[1];
    if (named !== undefined) store = stores.find((one) => one === named);
    if (/exitrd: \d+ layers? released/.test(line.text)) from = readStamp(line);
    const to = line.text.includes("kexec_core: Starting new kernel") ? readStamp(line) : undefined;
    if (store === undefined || from === undefined || to === undefined) continue;
    ends[store].push((to - from) * 1000);
    from = undefined;
  }
  return ends;
}

/** How much longer than without a record the shutdown takes, by store, in milliseconds. */
function compareStores({ ends }: ManyFinding): readonly (readonly [store: Store, ms: number])[] {
  const without = findMedian(ends.off);
  return stores.slice(1).map((store) => [store, findMedian(ends[store]) - without]);
}

export function judgeMany(finding: ManyFinding): readonly string[] {
  const { run, cleanCount, isWritten, isWrittenAtLast } = finding;
  return [
    ...(run.ending === "poweroff" ? [] : [`ended by ${run.ending}`]),
    ...(cleanCount === CLEAN_BOOTS ? [] : [`${cleanCount} shutdowns were clean`]),
    ...(isWritten ? ["a clean shutdown wrote to the firmware's flash"] : []),
    ...(isWrittenAtLast ? [] : ["the last shutdown wrote no variable"]),
    ...compareStores(finding)
      .filter(([, ms]) => !(ms <= largestMs))
      .map(([store, ms]) => `the record in '${store}' took ${ms.toFixed(0)} ms`),
  ];
}

export function formatMany(finding: ManyFinding): readonly string[] {
  const more = compareStores(finding).map(([store, ms]) => `${store} ${ms.toFixed(0)} ms`);
  return [
    `${finding.cleanCount} clean shutdowns in ${finding.run.seconds.toFixed(0)} s`,
    `longer than without a record (median): ${more.join(", ")}`,
  ];
}
