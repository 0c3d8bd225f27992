import { describe, expect, test } from "vitest";
import type { Failure, Outcome } from "../../src/teardown/plan/outcome.ts";
import {
  heldLines,
  leftLine,
  outcomeLine,
  startLine,
  summaryLine,
} from "../../src/teardown/report/lines.ts";
import { clip, widthOf } from "../../src/text/columns.ts";
import { escapeControls, showBytes } from "../../src/text/show-bytes.ts";
import { lvmOnLuks, makeMount, makeSnapshot, planFor } from "./core-builders.ts";

const mounts = [
  makeMount(1, 0, "0:30", "/", "tmpfs"),
  makeMount(10, 1, "253:1", "/oldroot", "ext4"),
  makeMount(11, 10, "0:24", "/oldroot/run", "tmpfs"),
];
const { plan, graph } = planFor(makeSnapshot(mounts, lvmOnLuks), "exitrd");

/** Outcomes of all steps of the plan, 20 ms apart. */
function outcomesOf(failure?: Failure): readonly Outcome[] {
  return plan.steps.map(({ step, node }, index) => {
    const times = { step, node, startMs: 21 + index * 20, tookMs: 12.4 };
    return failure === undefined
      ? { kind: "released", ...times }
      : { kind: "failed", ...times, failure };
  });
}

describe("the record of a shutdown", () => {
  test("has a line for each step, in columns", () => {
    const lines = [
      startLine(plan, graph, "poweroff"),
      ...outcomesOf().map((outcome) => outcomeLine(outcome, graph)),
      summaryLine(4, [], "poweroff", 150.4),
    ];
    expect(lines).toEqual([
      "exitrd: releasing 4 layers and 1 API mount, then poweroff",
      "exitrd:   0.021 s  umount '/oldroot/run'        tmpfs                     12 ms",
      "exitrd:   0.041 s  dm remove 'vg-swap'          linear                    12 ms",
      "exitrd:   0.061 s  umount '/oldroot'            ext4 on vg-root           12 ms",
      "exitrd:   0.081 s  dm remove 'vg-root'          linear                    12 ms",
      "exitrd:   0.101 s  dm remove 'cryptroot'        crypt, key wiped          12 ms",
      "exitrd: 4 layers released in 150 ms, nothing left; poweroff",
    ]);
  });

  test.each<[Failure, string]>([
    [{ kind: "busy", holders: [] }, "Device or resource busy"],
    [
      { kind: "busy", holders: [{ pid: 812, command: "nfsd", by: "cwd", path: "/" }] },
      "held by nfsd[812] (cwd)",
    ],
    [
      { kind: "error", syscall: "umount2", code: "EUCLEAN", words: "Structure needs cleaning" },
      "Structure needs cleaning",
    ],
    [{ kind: "still-there" }, "still present after the call succeeded"],
    [{ kind: "hung", limitMs: 10_000 }, "no answer within 10.0 s, abandoned"],
    [{ kind: "crashed", signal: 11 }, "the child process was killed by signal 11"],
  ])("has the reason why a step failed: %j", (failure, reason) => {
    const lines = outcomesOf(failure).map((outcome) => outcomeLine(outcome, graph));
    expect(lines[3]).toBe(`exitrd: cannot remove 'vg-root': ${reason}`);
  });

  test("lists what is left", () => {
    expect(summaryLine(0, ["vg-root", "sda1"], "reboot", 12_345)).toBe(
      "exitrd: 0 layers released in 12.3 s, 2 left: 'vg-root', 'sda1'; reboot",
    );
    expect(leftLine("block:253:1", graph)).toBe("vg-root");
  });

  test("shows the state of a mount that is left", () => {
    const holders = [{ pid: 7, command: "a\nb", by: "fd", path: "/x" }] as const;
    const kept = {
      node: "mount:10",
      target: "/oldroot",
      readOnly: true,
      shutDown: false,
      synced: true,
      holders,
      modules: ["nvmet"],
      layers: ["block:253:1"],
    };
    expect(heldLines(kept, graph)).toEqual([
      "exitrd: '/oldroot' is still mounted, now read-only, synced",
      "exitrd: '/oldroot' is held by a\\nb[7] (fd)",
      "exitrd: '/oldroot' may be held by the module 'nvmet'",
      "exitrd: '/oldroot' is held by 'vg-root'",
    ]);
  });

  test("stays within 200 columns, however long a name is", () => {
    const target = `/oldroot/${"\u00c3\u00a4".repeat(200)}`;
    const long = planFor(
      makeSnapshot([makeMount(10, 1, "253:1", target, "ext4")], lvmOnLuks),
      "exitrd",
    );
    for (const { step, node } of long.plan.steps) {
      const times = { step, node, startMs: 99_999, tookMs: 99_999 };
      const released = outcomeLine({ kind: "released", ...times }, long.graph);
      const failure = { kind: "busy", holders: [] } as const;
      const failed = outcomeLine({ kind: "failed", ...times, failure }, long.graph);
      expect(Math.max(widthOf(released), widthOf(failed))).toBeLessThanOrEqual(200);
    }
    expect(widthOf(summaryLine(0, [target], "poweroff", 1))).toBeLessThanOrEqual(80);
  });
});

test("a file name can neither add a line nor control a terminal", () => {
  expect(showBytes("a\nb\u001b[2J\u007f\\\u00e4")).toBe("a\\nb\\x1b[2J\\x7f\\\\\u00e4");
});

test.each([
  ["U+009B, which is ESC [", "a\xc2\x9b2J", "a\\xc2\\x9b2J"],
  ["its last byte alone", "a\x9b2J", "a\\x9b2J"],
  ["U+0080", "\xc2\x80", "\\xc2\\x80"],
  ["a backslash, once", "\\x1b", "\\x1b"],
  ["U+00A0", "\xc2\xa0", "\xc2\xa0"],
  [
    "letters whose last byte is a control character",
    "\xc4\x80\xe2\x82\x9b",
    "\xc4\x80\xe2\x82\x9b",
  ],
  ["U+1F600", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"],
  ["U+2013", "\xe2\x80\x93", "\xe2\x80\x93"],
  ["U+2028", "\xe2\x80\xa8", "\\xe2\\x80\\xa8"],
  ["U+202E after a letter", "\xc3\xa9\xe2\x80\xae", "\xc3\xa9\\xe2\\x80\\xae"],
  ["U+2066", "\xe2\x81\xa6", "\\xe2\\x81\\xa6"],
])("%s in a line is printed safely", (_, text, printed) => {
  expect(escapeControls(text)).toBe(printed);
});

test("long text is cut in the middle, between characters", () => {
  expect(clip("abcdefghij", 10)).toBe("abcdefghij");
  expect(clip("abcdefghijk", 10)).toBe("abcd..hijk");
  expect(clip("\u00c3\u00a4".repeat(9), 6)).toBe(
    `${"\u00c3\u00a4".repeat(2)}..${"\u00c3\u00a4".repeat(2)}`,
  );
});
