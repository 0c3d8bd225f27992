import fc from "fast-check";
import { expect, test } from "vitest";
import { parseKernelCommandLine } from "../../src/core/parse/cmdline.ts";
import { CONFIG_KEYS, parseConfig } from "../../src/core/parse/config.ts";
import { parseDev } from "../../src/core/parse/dev.ts";
import { DM_HEADER_SIZE, decodeDmStatus } from "../../src/core/parse/dm.ts";
import { decodeDmDeps, decodeDmDeviceList, decodeDmTargets } from "../../src/core/parse/dm-data.ts";
import { parseInvocation } from "../../src/core/parse/invocation.ts";
import { decodeLoopInfo64, LOOP_INFO64_SIZE } from "../../src/core/parse/loop.ts";
import { parseMountinfo } from "../../src/core/parse/mountinfo.ts";
import { parseOsRelease } from "../../src/core/parse/os-release.ts";
import { parseParameters } from "../../src/core/parse/parameters.ts";
import { parseProcStat } from "../../src/core/parse/proc-stat.ts";
import { parseProcessArgv } from "../../src/core/parse/process-argv.ts";
import { parseSwaps } from "../../src/core/parse/swaps.ts";
import { parseTimeSpan } from "../../src/core/parse/time-span.ts";
import { configLine } from "../../src/core/report/config-lines.ts";
import { stringifySettings } from "../../src/core/settings-text.ts";
import { clip, widthOf } from "../../src/core/text/columns.ts";
import { byteName } from "./core-generators.ts";

/** As fs/seq_file.c and fs/proc_namespace.c write it. */
function escapeOctal(text: string): string {
  return text.replace(
    /[ \t\n\\#]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}

test("a mount's names come back whatever bytes they hold", () => {
  fc.assert(
    fc.property(byteName, byteName, byteName, (root, target, source) => {
      const [r, t, s] = [root, target, source].map(escapeOctal);
      const mounts = parseMountinfo(`36 35 98:0 /${r} /${t} rw shared:1 - ext4 ${s} rw\n`);
      expect(mounts).toMatchObject([{ root: `/${root}`, target: `/${target}`, source }]);
    }),
  );
});

test("a swap's path comes back whatever bytes it holds", () => {
  fc.assert(
    fc.property(byteName, (name) => {
      const text = `Filename\n/${escapeOctal(name)} file\t\t8\t\t4\t\t-2\n`;
      expect(parseSwaps(text)).toEqual([
        { path: `/${name}`, type: "file", sizeKib: 8, usedKib: 4 },
      ]);
    }),
  );
});

test("a process name comes back whatever bytes it holds", () => {
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

test("no decoder reads beyond an answer, whatever it holds", () => {
  const answer = fc.uint8Array({ minLength: DM_HEADER_SIZE, maxLength: 600 }).map((bytes) => {
    const buffer = new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    // Near what the kernel would say, so that the chains are followed.
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

/** Lines that are nearly right, and any other bytes. */
const configText = fc
  .array(
    fc.oneof(
      byteName,
      fc.constantFrom("[Exitrd]", "[Exitrd]", "\\", "#", "Timeout=5s\\", "StepTimeout=umount:1h"),
      fc
        .tuple(
          fc.constantFrom(...CONFIG_KEYS.keys()),
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

test("whatever a configuration holds, it is read, and what is written of it reads the same", () => {
  fc.assert(
    fc.property(configText, configText, (one, two) => {
      const files = [one, two].map((text) => ({ path: "/x", text }));
      const { settings, notes } = parseConfig(files);
      for (const line of notes.map(configLine))
        expect(line).toMatch(/^\/x:[0-9]+: .*, (ignoring|taking .[a-z]+.)$/);
      const text = stringifySettings(settings);
      expect(parseConfig([{ path: "", text }])).toEqual({ settings, notes: [] });
    }),
  );
});

test("whatever the kernel command line holds, its parameters are read", () => {
  fc.assert(
    fc.property(configText, (text) => {
      const { wrong } = parseParameters(`exitrd.timeout=${text} exitrd.break=${text}`);
      for (const word of wrong) expect(word).toMatch(/^exitrd\./);
    }),
  );
});
