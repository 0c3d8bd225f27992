import { describe, expect, test } from "vitest";
import { defaultTarget } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { packageImage } from "../../src/load/image-places.ts";
import { readConfig } from "../../src/load/read-config.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { configLine } from "../../src/teardown/report/config-lines.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";

const strictest = { wipe: true, verify: "require", measure: "require", seal: "verity" };

const loaded = `${defaultTarget}/etc/exitrd.conf`;

function makeHost(files: Readonly<Record<string, string>> = {}): FakeHost {
  const host = new FakeHost();
  host.putFile(packageImage, makeImage(imageInput, 0, fakeCodec));
  for (const [path, text] of Object.entries(files)) host.putFile(path, text);
  return host;
}

function timeout(seconds: number): string {
  return `[Exitrd]\nTimeout=${seconds}\n`;
}

describe("the host's files", () => {
  test("all of them are optional", () => {
    expect(readConfig(makeHost().files)).toEqual({ settings: {}, origins: new Map(), notes: [] });
  });

  test("drop-ins come after the main file, in the order of their names, not of their directories", () => {
    const host = makeHost({
      "/etc/exitrd.conf": timeout(1),
      "/etc/exitrd.conf.d/10-a.conf": timeout(2),
      "/usr/lib/exitrd.conf.d/20-b.conf": timeout(3),
      "/run/exitrd.conf.d/15-c.conf": timeout(4),
    });
    expect(readConfig(host.files).settings).toEqual({ timeoutMs: 3_000 });
  });

  test("a file in a directory of higher priority masks those with its name, even if it is empty", () => {
    const host = makeHost({
      "/usr/lib/exitrd.conf.d/10-a.conf": timeout(1),
      "/usr/local/lib/exitrd.conf.d/10-a.conf": timeout(2),
      "/run/exitrd.conf.d/10-a.conf": timeout(3),
    });
    expect(readConfig(host.files).settings).toEqual({ timeoutMs: 3_000 });
    host.putFile("/etc/exitrd.conf.d/10-a.conf", "");
    expect(readConfig(host.files)).toEqual({ settings: {}, origins: new Map(), notes: [] });
  });

  test("other names are not read", () => {
    const host = makeHost({
      "/etc/exitrd.conf.d/10-a.conf.dpkg-old": timeout(1),
      "/etc/exitrd.conf.d/.10-a.conf": timeout(2),
    });
    expect(readConfig(host.files).settings).toEqual({});
  });

  test("one that cannot be read is reported, and sets the strictest values", () => {
    const host = makeHost({
      "/etc/exitrd.conf": `${timeout(1)}Verify=off\n`,
      "/etc/exitrd.conf.d/10-a.conf": timeout(2),
      "/etc/exitrd.conf.d/20-b.conf": "#".repeat(70_000),
      "/etc/exitrd.conf.d/30-c.conf": "[Exitrd]\nVerify=off\n",
    });
    host.failures.set("open /etc/exitrd.conf.d/10-a.conf", "EACCES");
    const { settings, notes } = readConfig(host.files);
    expect(settings).toEqual({ timeoutMs: 1_000, ...strictest });
    const taken = "using Wipe=yes, Verify=require, Measure=require, Seal=verity";
    expect(notes.map(configLine)).toEqual([
      `/etc/exitrd.conf.d/10-a.conf: Permission denied, ${taken}`,
      `/etc/exitrd.conf.d/20-b.conf: File too large, ${taken}`,
    ]);
  });

  test("an unreadable directory of drop-ins does so, too, and a dangling link", () => {
    const host = makeHost();
    host.failures.set("readdir /etc/exitrd.conf.d", "ELOOP");
    expect(readConfig(host.files).settings).toEqual(strictest);
    for (const path of [
      "/etc/exitrd.conf",
      "/usr/lib/exitrd.conf.d",
      "/run/exitrd.conf.d/a.conf",
    ]) {
      const other = makeHost();
      other.putLink(path);
      const { settings, notes } = readConfig(other.files);
      expect(settings).toEqual(strictest);
      expect(notes).toMatchObject([{ path, problem: { kind: "unreadable" } }]);
    }
  });
});

describe("loading", () => {
  test("puts one file into the tree, before the program that makes it executable", () => {
    const host = makeHost({ "/etc/exitrd.conf": timeout(30) });
    expect(run(["load"], host)).toBe(0);
    expect(host.text(loaded)).toContain("[Exitrd]\nTimeout=30000ms\n");
    const [config, shutdown] = ["etc/exitrd.conf", "shutdown"].map((path) =>
      host.calls.indexOf(`tree write ${path}`),
    );
    expect(config).toBeGreaterThan(0);
    expect(config).toBeLessThan(shutdown ?? 0);
  });

  test("again changes nothing; with another configuration the tree is replaced", () => {
    const host = makeHost();
    run(["load"], host);
    run(["load"], host);
    expect(host.said.at(-1)).toContain("already loaded");
    host.putFile("/etc/exitrd.conf", timeout(30));
    run(["load"], host);
    expect(host.said.at(-1)).toContain("exitrd: loaded");
    expect(host.text(loaded)).toContain("Timeout=30000ms");
    expect(host.layers).toHaveLength(2);
  });

  test("reports invalid lines and loads nevertheless", () => {
    const host = makeHost({ "/etc/exitrd.conf": "[Exitrd]\nTimout=5s\n" });
    expect(run(["load"], host)).toBe(0);
    expect(host.said).toEqual([
      "exitrd: /etc/exitrd.conf:2: unknown key 'Timout' (did you mean 'Timeout'?), ignoring",
      expect.stringContaining("exitrd: loaded"),
    ]);
  });
});

describe("status", () => {
  test("reports that the configuration has changed, and invalid lines", () => {
    const host = makeHost();
    run(["load"], host);
    host.putFile("/etc/exitrd.conf", `${timeout(30)}Timout=5s\n`);
    expect(run(["status"], host)).toBe(0);
    expect(host.printed).toContain("\nconfig:   changed since it was loaded: run 'exitrd load'\n");
    expect(host.printed).toContain(
      "\nwarning:  /etc/exitrd.conf:3: unknown key 'Timout' (did you mean 'Timeout'?), ignoring\n",
    );
    run(["load"], host);
    host.printed = "";
    run(["status"], host);
    expect(host.printed).toContain("\nconfig:   loaded\n");
  });

  test("warns that a very short timeout may be too short", () => {
    const host = makeHost({ "/etc/exitrd.conf": timeout(9) });
    const words =
      "/etc/exitrd.conf:2: Timeout=9000ms may be too short to release anything, using it";
    run(["load"], host);
    expect(host.said).toEqual([`exitrd: ${words}`, expect.stringContaining("exitrd: loaded")]);
    run(["status"], host);
    expect(host.printed).toContain(`\nwarning:  ${words}\n`);
    host.putFile("/etc/exitrd.conf", timeout(10));
    host.printed = "";
    run(["status"], host);
    expect(host.printed).not.toContain("too short");
  });

  test("as JSON", () => {
    const host = makeHost({ "/etc/exitrd.conf": "Timeout" });
    run(["status", "--json"], host);
    expect(JSON.parse(host.printed).result).toMatchObject({
      configuration: { same: false },
      warnings: [
        { kind: "configuration", message: "/etc/exitrd.conf:1: no '=' in 'Timeout', ignoring" },
      ],
    });
  });
});
