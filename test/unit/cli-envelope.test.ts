import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeByteString, encodeByteString } from "../../src/cli/envelope/byte-text.ts";
import { formatJson } from "../../src/cli/envelope/format-json.ts";
import { run } from "../../src/cli/run.ts";
import { toByteString } from "../../src/text/bytes.ts";
import { FakeHost } from "../fake/fake-host.ts";

function ask(argv: readonly string[], host = new FakeHost()) {
  const code = run(argv, host);
  return { code, json: JSON.parse(host.printed), said: host.said };
}

const utf8 = (text: string) => Buffer.from(text).toString("latin1");

describe("a byte string as text", () => {
  test.each([
    ["plain", "plain"],
    [utf8("Größe 日本 🎉"), "Größe 日本 🎉"],
    ["\xff", "\uf7ff"],
    ["a\x80b", "a\uf780b"],
    // Cut in the middle, overlong, a surrogate, beyond the last character.
    ["\xe6\x97", "\uf7e6\uf797"],
    ["\xc0\xaf", "\uf7c0\uf7af"],
    ["\xed\xa0\x80", "\uf7ed\uf7a0\uf780"],
    ["\xf4\x90\x80\x80", "\uf7f4\uf790\uf780\uf780"],
    // The substitute characters themselves are not decoded.
    [utf8("\uf7ff"), "\uf7ef\uf79f\uf7bf"],
  ])("%j", (bytes, text) => {
    expect(decodeByteString(bytes)).toBe(text);
    expect(encodeByteString(text)).toBe(bytes);
  });

  test("is decoded to the same bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        const bytes = toByteString(array);
        const text = decodeByteString(bytes);
        // Throws for an unpaired surrogate.
        expect(() => encodeURIComponent(text)).not.toThrow();
        expect(encodeByteString(text)).toBe(bytes);
      }),
    );
  });

  test("as JSON it is ASCII without a control character", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        const bytes = toByteString(array);
        const json = formatJson({ [bytes]: bytes });
        expect(json).toMatch(/^[\n\x20-\x7e]*$/);
        expect(JSON.parse(json)).toEqual({ [decodeByteString(bytes)]: decodeByteString(bytes) });
      }),
    );
  });
});

test("a result is in an envelope", () => {
  const host = new FakeHost();
  const { reader } = host;
  host.reader = {
    ...reader,
    readText: (path) =>
      path === "/proc/sys/kernel/hostname" ? "server-7\n" : reader.readText(path),
  };
  expect(ask(["version", "--json"], host)).toEqual({
    code: 0,
    said: [],
    json: {
      ...{ format: 1, version: "1.2.3", host: "server-7", kernel: "6.1.0" },
      time: "2026-01-01T00:00:00Z",
      ...{ command: "version", ok: true, exitStatus: 0, messages: [] },
      result: { version: "1.2.3", architecture: "x86_64" },
    },
  });
});

test.each([
  [["--json"], null, 2, "usage"],
  [["lod", "--json"], null, 2, "usage"],
  [["load", "--jsn", "--json"], "load", 2, "usage"],
  [["inspect", "--json", "/none"], "inspect", 1, "system-call"],
  [["load", "--json"], "load", 1, "unreadable"],
  [["diff", "--json", "/none", "/none"], "diff", 2, "unreadable"],
])(
  "a failure is in an envelope, too, and one line on standard error: %j",
  (argv, command, exitStatus, kind) => {
    const { code, json, said } = ask(argv);
    expect(said).toHaveLength(1);
    expect(code).toBe(exitStatus);
    expect(json).toMatchObject({ command, ok: false, exitStatus, error: { kind, exitStatus } });
    expect(said).toEqual([`exitrd: ${json.error.message}`]);
    expect(json.messages).toEqual([json.error.message]);
    expect(json.result).toBeUndefined();
  },
);

test("after --, --json is a name", () => {
  const host = new FakeHost();
  expect(run(["inspect", "--", "--json"], host)).toBe(1);
  expect(host.printed).toBe("");
});

test("JSON and what another option prints exclude each other", () => {
  expect(ask(["plan", "--dot", "--json"]).json.error.kind).toBe("usage");
  expect(ask(["snapshot", "--output", "-", "--json"]).json.error.kind).toBe("usage");
});

test("names cannot control a terminal, neither as text nor as JSON", () => {
  const name = "/x\n\x1b[31m\x9b1m";
  const host = new FakeHost();
  run(["status", "--image", name], host);
  expect(host.printed).toContain("/x\\n\\x1b[31m\\x9b1m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
  expect(host.printed).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  const json = ask(["inspect", name, "--json"]).json;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
  expect(json.error.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
});

test("a snapshot in its envelope can be planned for, whatever bytes its names have", () => {
  const target = `/\xff${utf8("Größe")}`;
  const mount = { id: 9, parentId: 1, dev: "8:1", root: "/", target, options: [] };
  const host = new FakeHost();
  host.observe = () => ({
    ...{ format: 1, kernel: "6.1.0", swaps: [], devices: [] },
    mounts: [{ ...mount, propagation: [], fsType: "ext4", source: "/dev/sda1", superOptions: [] }],
  });
  const print = (...argv: string[]) => {
    host.printed = "";
    expect(run(argv, host)).toBe(0);
    return host.printed;
  };
  host.putFile("/plain", print("snapshot"));
  host.putFile("/enveloped", print("snapshot", "--json"));
  expect(JSON.parse(host.printed).result.snapshot.mounts[0].target).toBe("/\uf7ffGröße");
  const plan = print("plan");
  expect(plan).toContain("umount '/");
  expect(print("plan", "--snapshot", "/plain")).toBe(plan);
  expect(print("plan", "--snapshot", "/enveloped")).toBe(plan);
});
