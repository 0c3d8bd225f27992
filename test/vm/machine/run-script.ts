import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../../../tools/run.ts";
import type { Image } from "../stacks/image.ts";
import { platforms } from "./platform.ts";
import { runMachine, scriptFailedLine } from "./run-machine.ts";
import type { Accel, Answer, Cue, Disk, Firmware, MachineRun, Share } from "./spec.ts";
import { startTpm } from "./start-tpm.ts";

export interface ScriptSpec {
  /** The system to boot, whose disk is modified. */
  readonly image: Image;
  /** Bash; runs as root after the boot, in a folder with `files`. */
  readonly script: string;
  /** Host files to be put next to the script: name in the guest → path here. */
  readonly files?: Readonly<Record<string, string>>;
  readonly extraDisks?: readonly Disk[];
  readonly extraCommandLine?: string;
  readonly folder: string;
  readonly limitSeconds: number;
  readonly ramFile?: string;
  readonly cutAt?: string;
  readonly cues?: readonly Cue[];
  readonly hasWatchdog?: boolean;
  readonly hasBmc?: boolean;
  readonly haltedSeconds?: number;
  readonly answers?: readonly Answer[];
  /** UEFI firmware, whose variables are modified. */
  readonly firmware?: Firmware;
  /** The memory of an ERST, which is modified. */
  readonly erstFile?: string;
  readonly share?: Share;
  readonly watch?: (text: string) => void;
  /** A TPM 2.0, whose traffic goes to tpm.log in `folder`. */
  readonly hasTpm?: boolean;
  readonly accel: Accel;
}

/**
 * Boots a system and runs a script in it.
 *
 * The script ends the run with the verb under test (systemctl poweroff, …).
 */
export async function runScript(spec: ScriptSpec): Promise<MachineRun> {
  const tar = await packCase(spec);
  const tpm = spec.hasTpm === true ? await startTpm(locateTpmLog(spec.folder)) : undefined;
  const machine = runMachine({
    architecture: spec.image.architecture,
    kernel: spec.image.kernel,
    initrd: spec.image.initrd,
    commandLine: formatCommandLine(spec),
    disks: [
      { file: spec.image.disk, bus: "nvme", serial: "stack" },
      ...(spec.extraDisks ?? []),
      { file: tar, bus: "virtio", serial: "case" },
    ],
    folder: spec.folder,
    limitSeconds: spec.limitSeconds,
    accel: spec.accel,
    ...(spec.firmware === undefined ? {} : { stub: spec.firmware }),
    ...(spec.ramFile === undefined ? {} : { ramFile: spec.ramFile }),
    ...(spec.cutAt === undefined ? {} : { cutAt: spec.cutAt }),
    ...(spec.cues === undefined ? {} : { cues: spec.cues }),
    ...(spec.hasWatchdog === undefined ? {} : { hasWatchdog: spec.hasWatchdog }),
    ...(spec.hasBmc === undefined ? {} : { hasBmc: spec.hasBmc }),
    ...(spec.haltedSeconds === undefined ? {} : { haltedSeconds: spec.haltedSeconds }),
    ...(spec.answers === undefined ? {} : { answers: spec.answers }),
    ...(spec.erstFile === undefined ? {} : { erstFile: spec.erstFile }),
    ...(spec.share === undefined ? {} : { share: spec.share }),
    ...(spec.watch === undefined ? {} : { watch: spec.watch }),
    ...(tpm === undefined ? {} : { tpmSocket: tpm.socket }),
  });
  return machine.finally(() => tpm?.end());
}

/** The file with the TPM traffic of a machine. */
export function locateTpmLog(folder: string): string {
  return join(folder, "tpm.log");
}

/** The kernel's command line for a script. */
export function formatCommandLine(spec: ScriptSpec): string {
  return [
    spec.image.commandLine,
    `rw ${platforms[spec.image.architecture].parameters} loglevel=7 panic=-1 systemd.show_status=yes`,
    spec.extraCommandLine ?? "",
  ].join(" ");
}

// A status above 128 is a signal: the shutdown that the script requested has begun.
const wrapper = `bash /run/case/script.sh
code=$?
if [ $code -ne 0 ] && [ $code -le 128 ]; then echo "${scriptFailedLine} $code"; fi
`;

/** Makes the disk with the script, in the folder of the run. */
export async function packCase(spec: ScriptSpec): Promise<string> {
  const tree = join(spec.folder, "case");
  const tar = join(spec.folder, "case.tar");
  mkdirSync(tree, { recursive: true });
  writeFileSync(join(tree, "script.sh"), spec.script);
  writeFileSync(join(tree, "run.sh"), wrapper);
  for (const [name, path] of Object.entries(spec.files ?? {})) {
    if (basename(name) !== name) throw new Error(`'${name}' is no plain file name`);
    await run("cp", [path, join(tree, name)]);
  }
  await run("tar", ["--owner=0", "--group=0", "-C", tree, "-cf", tar, "."]);
  rmSync(tree, { recursive: true });
  return tar;
}
