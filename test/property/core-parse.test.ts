import fc from "fast-check";
import { expect, test } from "vitest";
import { parseOsRelease } from "../../src/image/extension/os-release.ts";
import { decodeDmDeps, decodeDmDeviceList, decodeDmTargets } from "../../src/kinds/dm/answers.ts";
import { DM_HEADER_SIZE, decodeDmStatus } from "../../src/kinds/dm/protocol.ts";
import { decodeLoopInfo64, LOOP_INFO64_SIZE } from "../../src/kinds/loop/protocol.ts";
import { parseMountinfo } from "../../src/kinds/mount/mountinfo.ts";
import { parseSwaps } from "../../src/kinds/swap/proc-swaps.ts";
import { parseKernelCommandLine } from "../../src/teardown/parse/cmdline.ts";
import { parseInvocation } from "../../src/teardown/parse/invocation.ts";
import { parseProcStat } from "../../src/teardown/parse/proc-stat.ts";
import { parseProcessArgv } from "../../src/teardown/parse/process-argv.ts";
import { configLine } from "../../src/teardown/report/config-lines.ts";
import { parseConfig } from "../../src/teardown/settings/parse-config.ts";
import { parseParameters } from "../../src/teardown/settings/parse-parameters.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/teardown/settings/settings.ts";
import { stringifySettings } from "../../src/teardown/settings/stringify-settings.ts";
import { clip, widthOf } from "../../src/text/columns.ts";
import { parseDev } from "../../src/text/dev.ts";
import { parseTimeSpan } from "../../src/text/time-span.ts";
import { byteName } from "./core-generators.ts";

/** Escapes like fs/seq_file.c and fs/proc_namespace.c. */
function escapeOctal(text: string): string {
  return text.replace(
    /[ \t\n\\#]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}

test("the names of a mount are parsed, whatever bytes they contain", () => {
  fc.assert(
    fc.property(byteName, byteName, byteName, (root, target, source) => {
      const [r, t, s] = [root, target, source].map(escapeOctal);
      const mounts = parseMountinfo(`36 35 98:0 /${r} /${t} rw shared:1 - ext4 ${s} rw\n`);
      expect(mounts).toMatchObject([{ root: `/${root}`, target: `/${target}`, source }]);
    }),
  );
});

test("the path of a swap is parsed, whatever bytes it contains", () => {
  fc.assert(
    fc.property(byteName, (name) => {
      const text = `Filename\n/${escapeOctal(name)} file\t\t8\t\t4\t\t-2\n`;
      expect(parseSwaps(text)).toEqual([
        { path: `/${name}`, type: "file", sizeKib: 8, usedKib: 4 },
      ]);
    }),
  );
});

test("a process name is parsed, whatever bytes it contains", () => {
  fc.assert(
    fc.property(byteName, (command) => {
      expect(parseProcStat(`7 (${command}) D 1 7 7 0 -1 4194560 0\n`)?.command).toBe(command);
    }),
  );
});

test("no parser throws, whatever text it is given", () => {
  const pieces = fc.constantFrom(..."019 \t\n-:,=()\"'\\/@%{}", "file", "rw", "--timeout=", "ms");
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: pieces, maxLength: 60 }));
  fc.assert(
    fc.property(text, (input) => {
      parseMountinfo(input);
      parseMountinfo(`1 1 0:1 / / rw - ${input}`);
      parseSwaps(input);
      parseKernelCommandLine(input);
      parseProcStat(input);
      parseProcessArgv(input);
      parseOsRelease(input);
      parseTimeSpan(input);
      parseDev(input);
      parseInvocation(input.split(" "), () => input);
      expect(widthOf(clip(input, 20))).toBeLessThanOrEqual(20);
    }),
    { numRuns: 1000 },
  );
});

test("an invocation always has a verb and a limit", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (argv) => {
      const { verb, timeoutMs, logLevel } = parseInvocation(argv, () => undefined);
      expect(["reboot", "poweroff", "halt", "kexec"]).toContain(verb);
      expect(timeoutMs).toBeGreaterThan(0);
      expect(Number.isFinite(timeoutMs)).toBe(true);
      expect(logLevel).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("no decoder reads beyond the end of an answer", () => {
  const answer = fc.uint8Array({ minLength: DM_HEADER_SIZE, maxLength: 600 }).map((bytes) => {
    const buffer = new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    // Close to what the kernel would return, so that the chains are followed.
    new DataView(buffer).setUint32(16, DM_HEADER_SIZE + ((bytes[16] ?? 0) % 32), true);
    return buffer;
  });
  fc.assert(
    fc.property(answer, (buffer) => {
      decodeDmStatus(buffer);
      decodeDmTargets(buffer);
      decodeDmDeps(buffer);
      decodeDmDeviceList(buffer);
      if (buffer.byteLength >= LOOP_INFO64_SIZE) decodeLoopInfo64(buffer);
    }),
    { numRuns: 1000 },
  );
});

/** Lines that are nearly right, and arbitrary bytes. */
const configText = fc
  .array(
    fc.oneof(
      byteName,
      fc.constantFrom("[Exitrd]", "[Exitrd]", "\\", "#", "Timeout=5s\\", "StepTimeout=umount:1h"),
      fc
        .tuple(
          fc.constantFrom(...SETTING_NAMES.map((name) => SETTINGS[name].key)),
          fc.oneof(
            byteName,
            fc.constantFrom("", "1min 2.5s", "off", "yes", "6", "release", "keep"),
          ),
        )
        .map(([key, value]) => `${key}=${value}`),
    ),
    { maxLength: 20 },
  )
  .map((lines) => lines.join("\n"));

test("any configuration is parsed, and parsed to the same after it was written", () => {
  fc.assert(
    fc.property(configText, configText, (one, two) => {
      const files = [one, two].map((text) => ({ path: "/x", text }));
      const { settings, notes } = parseConfig(files);
      for (const line of notes.map(configLine))
        expect(line).toMatch(/^\/x:[0-9]+: .*, (?:ignoring|using [a-z]+)$/);
      const text = stringifySettings(settings);
      const again = parseConfig([{ path: "", text }]);
      expect([again.settings, again.notes]).toEqual([settings, []]);
    }),
  );
});

test("any kernel command line is parsed", () => {
  fc.assert(
    fc.property(configText, (text) => {
      const { notes } = parseParameters(`exitrd.timeout=${text} exitrd.break=${text}`);
      for (const note of notes) expect(note.text).toMatch(/^exitrd\./);
    }),
  );
});
