import { describe, expect, test } from "vitest";
import { defaultShutdown } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { parseBuildConf } from "../../src/image/build-conf.ts";
import { localImage } from "../../src/load/image-places.ts";
import { makeDynamicElf } from "../fake/dynamic-elf.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { makeElf, makeShutdown } from "../fake/image-inputs.ts";

const conf = "/etc/exitrd/build.conf";

function makeHost(text?: string): FakeHost {
  const host = new FakeHost();
  host.putFile(defaultShutdown, makeShutdown());
  host.putFile("/bin/tool", makeDynamicElf({}), 0o755);
  host.putFile("/hooks/10-a", makeElf(), 0o755);
  if (text !== undefined) host.putFile(conf, text);
  return host;
}

function execute(host: FakeHost, line: string) {
  const code = run(line.split(" "), host);
  return { code, said: host.said.splice(0), printed: host.printed };
}

describe("build.conf", () => {
  test("lists programs by their keys; an empty value resets the list", () => {
    const text =
      "# ours\n[Build]\nTool=/a\nTool=/b\nTool=\nTool = /c\nHook=/d\nShell=/e\nShell=/f\n";
    expect(parseBuildConf(text)).toEqual({
      kind: "conf",
      entries: [
        { role: "tool", file: "/c", line: 6 },
        { role: "hook", file: "/d", line: 7 },
        { role: "shell", file: "/f", line: 9 },
      ],
    });
    expect(parseBuildConf("[Build]\nSystemShutdown=/a\n")).toMatchObject({
      entries: [{ role: "system-shutdown", file: "/a" }],
    });
    expect(parseBuildConf("")).toEqual({ kind: "conf", entries: [], signing: undefined });
  });

  test("says how images are signed", () => {
    const text =
      "[Build]\nSign=/old\nSign=pkcs11:object=a;type=private\nSignCertificate=/c\nSignChain=/d\nSignProvider=pkcs11\n";
    expect(parseBuildConf(text)).toMatchObject({
      signing: {
        ...{ kind: "key", key: "pkcs11:object=a;type=private", certificate: "/c" },
        ...{ chain: "/d", engine: undefined, provider: "pkcs11" },
      },
    });
    expect(parseBuildConf("[Build]\nSignCommand=/s\nSignCertificate=/c\n")).toMatchObject({
      signing: { kind: "command", command: "/s", certificate: "/c" },
    });
    expect(
      parseBuildConf("[Build]\nSign=/k\nSignCertificate=/c\nSign=\nSignCertificate=\n"),
    ).toMatchObject({ kind: "conf", signing: undefined });
  });

  test.each([
    ["[Build]\nTool\n", /build\.conf:2: no '=' in 'Tool'$/],
    ["[Build]\n\nTool=bin/x\n", /build\.conf:3: Tool='bin\/x' is not an absolute path$/],
    ["Tool=/x\n", /build\.conf:1: 'Tool' is assigned outside of \[Build\]$/],
    ["[Exitrd]\nTool=/x\n", /build\.conf:1: unknown section '\[Exitrd\]', expected \[Build\]$/],
    ["[Build]\nSign=/k\n", /build\.conf: Sign= needs SignCertificate=: see exitrd-build/],
    ["[Build]\nSignCertificate=/c\n", /build\.conf: SignCertificate= needs Sign=: see exitrd/],
    [
      "[Build]\nSign=key\nSignCertificate=/c\n",
      /build\.conf:2: Sign='key' is not an absolute path$/,
    ],
    [
      "[Build]\nSign=/k\nSignCommand=/s\nSignCertificate=/c\n",
      /build\.conf: Sign= and SignCommand= exclude each other: remove one of them$/,
    ],
    ["[Build]\nTools=/x\n", /build\.conf:2: unknown key 'Tools': did you mean 'Tool'\?$/],
    [`[Build]\n${"#".repeat(70_000)}`, /build\.conf: longer than 64 KiB|File too large$/],
  ])("with %j ends the build in one line", (text, words) => {
    const host = makeHost(text);
    const { code, said } = execute(host, "build --configured");
    expect({ code, said }).toEqual({ code: 1, said: [expect.stringMatching(words)] });
    expect(host.text(localImage)).toBeUndefined();
  });

  test("is used if requested, with the additions of the command line", () => {
    const host = makeHost("[Build]\nTool=/bin/tool\n");
    execute(host, "build");
    expect(execute(host, `inspect ${localImage}`).printed).not.toContain("bin/tool");
    execute(host, "build --configured --hook /hooks/10-a");
    const { printed } = execute(host, `inspect ${localImage}`);
    expect(printed).toContain(" bin/tool\n");
    expect(printed).toContain("/10-a\n");
  });

  test("may be missing", () => {
    expect(execute(makeHost(), "build --configured").code).toBe(0);
  });
});

test("build --if-changed reports that nothing has changed", () => {
  const host = makeHost("[Build]\nTool=/bin/tool\n");
  execute(host, "build --configured");
  expect(execute(host, "build --configured --if-changed").said).toEqual([
    `exitrd: '${localImage}' is unchanged`,
  ]);
  host.putFile("/bin/tool", makeDynamicElf({ soname: "new" }), 0o755);
  expect(execute(host, "build --configured --if-changed").said).toEqual([
    expect.stringMatching(/^exitrd: built /),
  ]);
});

describe("status", () => {
  const warnings = (host: FakeHost) =>
    execute(host, "status")
      .printed.split("\n")
      .filter((line) => line.startsWith("warning: "));

  test("reports updated and removed files by package", () => {
    const host = makeHost("[Build]\nTool=/bin/tool\nHook=/hooks/10-a\n");
    host.putFile("/var/lib/dpkg/status", "Package: kit\nVersion: 1.0\n");
    host.putFile("/var/lib/dpkg/info/kit.list", "/bin/tool\n/hooks/10-a\n");
    execute(host, "build --configured");
    expect(warnings(host)).toEqual([]);
    host.printed = "";
    host.putFile("/bin/tool", makeDynamicElf({ soname: "new" }), 0o755);
    expect(warnings(host)).toEqual([
      "warning:  '/bin/tool' of kit 1.0 was updated after the image was built: run 'exitrd build --configured'",
    ]);
    host.printed = "";
    host.putFile("/hooks/10-a", "changed", 0o755);
    expect(warnings(host)[0]).toMatch(/^warning: {2}'\/bin\/tool' and 1 more of kit 1\.0 were upd/);
    host.printed = "";
    host.putLink("/bin/tool");
    expect(warnings(host)[0]).toMatch(/'\/bin\/tool' of kit 1\.0 was removed after/);
  });

  test("does not report files that it may not read", () => {
    const host = makeHost();
    execute(host, "build --tool /bin/tool");
    host.failures.set("open /bin/tool", "EACCES");
    expect(warnings(host)).toEqual([]);
  });

  test("reports files that should be in the image but are not", () => {
    const host = makeHost();
    execute(host, "build --tool /bin/tool");
    host.putFile(conf, "[Build]\nTool=/bin/tool\nTool=/bin/other\n");
    expect(warnings(host)).toEqual([
      `warning:  '/bin/other', listed in ${conf}, is not in the image: run 'exitrd build --configured'`,
    ]);
  });
});

describe("diff", () => {
  function makeTwo(): FakeHost {
    const host = makeHost();
    execute(host, "build --output /a --tool /bin/tool --hook /hooks/10-a");
    host.putFile("/bin/tool", makeDynamicElf({ soname: "new" }), 0o755);
    host.putFile("/hooks/20-b", makeElf(), 0o755);
    host.version = "1.3.0";
    execute(host, "build --output /b --tool /bin/tool --hook /hooks/20-b");
    return host;
  }

  test("prints what was added, removed and changed, and exits with 1", () => {
    const { code, printed } = execute(makeTwo(), "diff /a /b");
    expect(code).toBe(1);
    const digest = "[0-9a-f]{16} -> [0-9a-f]{16}";
    const lines = printed.split("\n");
    expect(lines).toEqual([
      "  IMAGE_VERSION 1002003 -> 1003000",
      "  version 1.2.3 -> 1.3.0",
      expect.stringMatching(`^~ bin/tool: size [0-9]+ -> [0-9]+, sha256 ${digest}$`),
      expect.stringMatching(`^~ etc/initrd-release: sha256 ${digest}$`),
      "- usr/lib/exitrd/hooks.d/10-a",
      "+ usr/lib/exitrd/hooks.d/20-b",
      "",
    ]);
    const json = JSON.parse(execute(makeTwo(), "diff --json /a /b").printed);
    expect(json).toMatchObject({ ok: false, exitStatus: 1, result: { same: false } });
    expect(json.result.differences[1]).toEqual({
      ...{ kind: "head", path: null },
      fields: [{ field: "version", before: "1.2.3", after: "1.3.0" }],
    });
  });

  test("prints nothing for two equal images, and exits with 0", () => {
    expect(execute(makeTwo(), "diff /a /a")).toEqual({ code: 0, said: [], printed: "" });
  });

  test.each([
    ["diff /a", "exitrd: cannot compare: missing operand NEW: see 'exitrd diff --help'"],
    ["diff", "exitrd: cannot compare: missing operand OLD: see 'exitrd diff --help'"],
    ["diff /a /b /c", "exitrd: cannot compare: unexpected operand '/c': see 'exitrd diff --help'"],
    ["diff /a /none", "exitrd: cannot compare '/none': No such file or directory"],
    [
      "diff /bin/tool /a",
      "exitrd: cannot compare '/bin/tool': it is not a complete exitrd image (no zstd data): use an image written by 'exitrd build'",
    ],
  ])("%s exits with 2", (line, message) => {
    expect(execute(makeTwo(), line)).toMatchObject({ code: 2, said: [message], printed: "" });
  });
});

test("inspect names the packages of the copies", () => {
  const host = makeHost();
  host.putFile("/var/lib/dpkg/status", "Package: kit\nVersion: 1.0\n");
  host.putFile("/var/lib/dpkg/info/kit.list", "/bin/tool\n");
  execute(host, "build --tool /bin/tool --hook /hooks/10-a");
  expect(execute(host, `inspect ${localImage}`).printed).toMatch(
    /\ncopied from \/hooks\/10-a\ncopied from kit 1\.0\n\n/,
  );
});

test("inspect shows a backslash in a name unlike a byte that it escapes", () => {
  const host = makeHost();
  const tool = host.files.readBytes("/bin/tool", 1e6);
  for (const name of ["/bin/a\\x9b", "/bin/b\x9b"]) host.putFile(name, tool, 0o755);
  execute(host, "build --tool /bin/a\\x9b --tool /bin/b\x9b");
  const { printed } = execute(host, `inspect ${localImage}`);
  expect(printed.split("\n").filter((line) => / bin\/[ab]/.test(line))).toEqual([
    expect.stringMatching(/ bin\/a\\\\x9b$/),
    expect.stringMatching(/ bin\/b\\x9b$/),
  ]);
});

test("status warns about a mistake in build.conf", () => {
  const host = makeHost("Tool=/bin/tool\n");
  const { said, printed } = execute(host, "status --json");
  expect(said).toEqual([]);
  expect(JSON.parse(printed).result.warnings).toEqual([
    {
      kind: "build",
      message:
        "/etc/exitrd/build.conf:1: 'Tool' is assigned outside of [Build]: no image can be built",
    },
  ]);
});
