import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { consoleFd, formatArguments, outputFd } from "./arguments.ts";
import { registerCleanUp } from "./clean-up.ts";
import { readLines } from "./line-reader.ts";
import { platforms } from "./platform.ts";
import type { ConsoleLine, Ending, MachineRun, MachineSpec } from "./spec.ts";
import { takeSlot } from "./take-slot.ts";

/** The guest prints this, followed by the exit status, if its script fails. */
export const scriptFailedLine = "case: the script failed with code";

/**
 * Runs a machine until it ends by itself or its power is cut.
 *
 * Does not throw because of the guest: `ending` contains how it ended.
 */
export async function runMachine(spec: MachineSpec): Promise<MachineRun> {
  const freeSlot = spec.isServer === true ? () => {} : await takeSlot();
  try {
    return await runInSlot(spec);
  } finally {
    freeSlot();
  }
}

async function runInSlot(spec: MachineSpec): Promise<MachineRun> {
  mkdirSync(spec.folder, { recursive: true });
  const started = Date.now();
  const { program } = platforms[spec.architecture ?? "amd64"];
  const [first = program, ...rest] = [...(spec.network?.enter ?? []), program];
  const child = spawn(first, [...rest, ...formatArguments(spec)], {
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
  });
  const forget = registerCleanUp(() => child.kill("SIGKILL"));
  const lines: ConsoleLine[] = [];
  const tty = streamOf(child, consoleFd);
  let output = "";
  let ending: Ending | undefined;

  const end = (how: Ending): void => {
    ending ??= how;
    child.kill("SIGKILL");
  };
  const watch = (text: string): void => {
    spec.watch?.(text);
    if (spec.cutAt !== undefined && text.includes(spec.cutAt)) end("cut");
    for (const cue of spec.cues ?? []) {
      if (text.includes(cue.text)) child.stdin?.write(`${JSON.stringify(cue.command)}\n`);
    }
    for (const answer of spec.answers ?? []) {
      if (text.includes(answer.text)) tty.write(answer.typed);
    }
  };

  let haltTimer: NodeJS.Timeout | undefined;
  const log = createWriteStream(join(spec.folder, "console.log"));
  readLines(tty, (text) => {
    const at = (Date.now() - started) / 1000;
    lines.push({ at, text });
    log.write(`${at.toFixed(3)} ${text}\n`);
    watch(text);
    if (text.includes("reboot: System halted")) {
      haltTimer = setTimeout(() => end("halted"), (spec.haltedSeconds ?? 0) * 1000);
    }
  });
  const outputLog = createWriteStream(join(spec.folder, "output.log"));
  readLines(streamOf(child, outputFd), (text) => {
    output += `${text}\n`;
    outputLog.write(`${text}\n`);
    watch(text);
    if (text.startsWith(scriptFailedLine)) end("failed");
  });
  readLines(streamOf(child, 1), (text) => {
    const reason = parseShutdownEvent(text);
    if (reason !== undefined) ending ??= reason;
  });
  let errors = "";
  readLines(streamOf(child, 2), (text) => {
    errors += `${text}\n`;
  });
  child.stdin?.on("error", () => {});
  child.stdin?.write('{"execute":"qmp_capabilities"}\n');

  spec.signal?.addEventListener("abort", () => end("cut"));
  const timer = setTimeout(() => end("time-out"), spec.limitSeconds * 1000);
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  }).finally(() => {
    clearTimeout(timer);
    clearTimeout(haltTimer);
    forget();
    log.end();
    outputLog.end();
  });
  if (ending === undefined) throw new Error(`cannot run '${program}': ${errors.trim()}`);
  return {
    ending,
    seconds: (Date.now() - started) / 1000,
    console: lines,
    output,
    folder: spec.folder,
  };
}

/** Reads QMP's SHUTDOWN event, which distinguishes power-off and reset, and the WATCHDOG event before. */
export function parseShutdownEvent(text: string): Ending | undefined {
  if (!text.includes('"SHUTDOWN"') && !text.includes('"WATCHDOG"')) return undefined;
  const message = JSON.parse(text) as { event?: string; data?: { reason?: string } };
  if (message.event === "WATCHDOG") return "watchdog";
  if (message.event !== "SHUTDOWN") return undefined;
  if (message.data?.reason === "guest-shutdown") return "poweroff";
  if (message.data?.reason === "guest-reset") return "reset";
  return "failed";
}

function streamOf(child: ChildProcess, fd: number): Duplex {
  const stream = child.stdio[fd];
  if (stream === null || stream === undefined || !("on" in stream)) {
    throw new Error(`descriptor ${fd} is not a pipe`);
  }
  return stream as Duplex;
}
