import type { Expectations } from "./case.ts";
import type { ControllerFinding, Finding, SecretsFinding } from "./finding.ts";
import type { FileSystemFinding } from "./inspect/inspect-disk.ts";
import type { PcrFinding, TpmFinding } from "./inspect/inspect-tpm.ts";
import type { FoundRecord } from "./inspect/shutdown-record.ts";

/** Compares the findings with the expectations; returns one sentence for each difference. */
export function listFailures(expect: Expectations, found: Finding): readonly string[] {
  return [
    ...checkEnding(expect, found),
    ...checkFileSystems(expect.fileSystems, found.fileSystems),
    ...checkController(expect.controllerShutDown, found.controller),
    ...checkSecrets(expect, found.secrets),
    ...checkRecord(expect.record, found.record),
    ...checkMeasured(expect.measured, found.tpm),
    ...checkConsole(expect, found),
    ...checkTime(expect.within, found),
    ...checkOutput(expect, found),
  ];
}

type Ran = Pick<Finding, "run">;

export function checkEnding(expect: Expectations, { run }: Ran): readonly string[] {
  if (run.ending === expect.ending) return [];
  return [`ended by ${run.ending} after ${run.seconds.toFixed(0)} s, not by ${expect.ending}`];
}

export function checkFileSystems(
  expect: Expectations["fileSystems"],
  found: readonly FileSystemFinding[],
): readonly string[] {
  if (expect === undefined) return [];
  if (expect !== "clean") {
    const one = found.find(({ name }) => name === expect.needsRecovery);
    return one?.state.needsRecovery ? [] : [`'${expect.needsRecovery}' does not need recovery`];
  }
  return found.flatMap((one) => [
    ...(one.state.needsRecovery ? [`'${one.name}' needs recovery`] : []),
    ...(one.state.withoutErrors ? [] : [`'${one.name}' has recorded errors`]),
    ...(one.checkedClean ? [] : [`e2fsck is not content with '${one.name}':\n${one.checkOutput}`]),
  ]);
}

function checkController(expect: boolean | undefined, found: ControllerFinding): readonly string[] {
  if (expect === undefined) return [];
  if (found.shutDown !== expect) {
    return [expect ? "the controller was not told to shut down" : "the controller was shut down"];
  }
  if (!expect || found.writesAfterShutdown === 0) return [];
  return [`${found.writesAfterShutdown} writes came after the controller's shutdown`];
}

function checkSecrets(expect: Expectations, found: SecretsFinding | undefined): readonly string[] {
  if (found === undefined) return [];
  const halves = found.firstHalf + found.secondHalf;
  return [
    ...checkPresence("volume key halves", expect.volumeKey, halves),
    ...checkPresence("the passphrase", expect.passphrase, found.passphrase),
  ];
}

function checkRecord(
  expect: Expectations["record"],
  found: FoundRecord | undefined,
): readonly string[] {
  if (expect === undefined || found?.record.verdict === expect) return [];
  return [`the record in /boot says '${found?.record.verdict ?? "nothing"}', not '${expect}'`];
}

function checkMeasured(
  expect: Expectations["measured"],
  found: TpmFinding | undefined,
): readonly string[] {
  if (expect === undefined) return [];
  if (found === undefined) return ["there is no TPM"];
  const { image, extension, packaged } = found;
  const [first] = image.digests;
  return [
    ...(first === packaged ? [] : [`measured ${first}, the package has ${packaged}`]),
    ...checkPcr("images", expect.images, image),
    ...checkPcr("extensions", expect.extensions, extension),
  ];
}

function checkPcr(
  what: string,
  expect: number,
  { pcr, value, replayed, digests }: PcrFinding,
): readonly string[] {
  return [
    ...(digests.length === expect ? [] : [`${digests.length} ${what} measured, not ${expect}`]),
    ...(value === replayed ? [] : [`PCR ${pcr} is ${value}, the log replays to ${replayed}`]),
  ];
}

function checkPresence(
  what: string,
  expect: "absent" | "present" | undefined,
  count: number,
): readonly string[] {
  if (expect === "absent" && count > 0) return [`${what} found ${count} times in RAM`];
  if (expect === "present" && count === 0) return [`${what} not found in RAM`];
  return [];
}

export function checkConsole(expect: Expectations, { run }: Ran): readonly string[] {
  const lines = run.console.map((line) => line.text);
  return [
    ...checkOrder("console", expect.console ?? [], lines),
    ...checkNever("console", expect.consoleNever ?? [], lines),
  ];
}

function checkTime(expect: Expectations["within"], { run }: Ran): readonly string[] {
  if (expect === undefined) return [];
  const first = run.console.find(({ text }) => expect.from.test(text));
  const last = run.console.at(-1);
  if (first === undefined || last === undefined) return [`no console line matches ${expect.from}`];
  const took = last.at - first.at;
  if (took <= expect.seconds) return [];
  return [`the end came ${took.toFixed(0)} s after ${expect.from}, not ${expect.seconds}`];
}

export function checkOutput(expect: Expectations, { run }: Ran): readonly string[] {
  const lines = run.output.split("\n");
  return [
    ...checkOrder("output", expect.output ?? [], lines),
    ...checkNever("output", expect.outputNever ?? [], lines),
  ];
}

function checkOrder(
  where: string,
  patterns: readonly RegExp[],
  lines: readonly string[],
): readonly string[] {
  let from = 0;
  for (const pattern of patterns) {
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (at === -1) return [`no ${where} line matches ${pattern}, in this order`];
    from = at + 1;
  }
  return [];
}

function checkNever(
  where: string,
  patterns: readonly RegExp[],
  lines: readonly string[],
): readonly string[] {
  return patterns.flatMap((pattern) => {
    const line = lines.find((one) => pattern.test(one));
    return line === undefined ? [] : [`a ${where} line matches ${pattern}: ${line}`];
  });
}
