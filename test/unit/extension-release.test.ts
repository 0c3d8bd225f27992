import { describe, expect, test } from "vitest";
import { nameExtension } from "../../src/image/extension/extension.ts";
import { matchRelease } from "../../src/image/extension/match-release.ts";
import { makeRelease } from "../../src/image/release.ts";

const ours = { release: makeRelease("1.2.3", 1), machine: "x86_64" };
const scope = "SYSEXT_SCOPE=initrd system";

/** Like systemd's extension_release_validate(): the release, the host, and the result. */
const rows: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ["any system", ["ID=_any", scope], undefined],
  ["any system, of another version", ["ID=_any", scope, "VERSION_ID=9"], undefined],
  ["this system and level", ["ID=exitrd", scope, "SYSEXT_LEVEL=1", "VERSION_ID=9"], undefined],
  ["this system and version", ["ID=exitrd", scope, "VERSION_ID=1.2.3"], undefined],
  ["this architecture", ["ID=_any", scope, "ARCHITECTURE=x86-64"], undefined],
  ["any architecture", ["ID=_any", scope, "ARCHITECTURE=_any"], undefined],
  ["an empty architecture", ["ID=_any", scope, "ARCHITECTURE="], undefined],
  ["no ID", [scope, "VERSION_ID=1.2.3"], "ID"],
  ["an empty ID", ["ID=", scope], "ID"],
  ["another system", ["ID=debian", scope, "VERSION_ID=1.2.3"], "ID"],
  ["another level", ["ID=exitrd", scope, "SYSEXT_LEVEL=2", "VERSION_ID=1.2.3"], "SYSEXT_LEVEL"],
  ["another version", ["ID=exitrd", scope, "VERSION_ID=1.2.4"], "VERSION_ID"],
  ["neither level nor version", ["ID=exitrd", scope], "VERSION_ID"],
  ["the level of the other class", ["ID=exitrd", scope, "CONFEXT_LEVEL=1"], "VERSION_ID"],
  ["another architecture", ["ID=_any", scope, "ARCHITECTURE=arm64"], "ARCHITECTURE"],
  ["uname's architecture", ["ID=_any", scope, "ARCHITECTURE=x86_64"], "ARCHITECTURE"],
  ["no scope", ["ID=_any"], "SYSEXT_SCOPE"],
  ["an empty scope", ["ID=_any", "SYSEXT_SCOPE="], "SYSEXT_SCOPE"],
  ["another scope", ["ID=_any", 'SYSEXT_SCOPE="system portable"'], "SYSEXT_SCOPE"],
  ["a scope that merely begins with it", ["ID=_any", "SYSEXT_SCOPE=initrdx"], "SYSEXT_SCOPE"],
  ["nothing", [], "SYSEXT_SCOPE"],
];

describe("an extension-release with", () => {
  test.each(rows)("%s", (_, lines, field) => {
    const result = matchRelease(lines.join("\n"), "sysext", ours);
    expect(result.ok ? undefined : result.problem).toEqual(
      field && expect.objectContaining({ kind: "mismatch", field }),
    );
  });

  test("a confext is matched by its own fields", () => {
    const text = "ID=exitrd\nCONFEXT_SCOPE=initrd\nCONFEXT_LEVEL=1\nCONFEXT_VERSION_ID=7\n";
    expect(matchRelease(text, "confext", ours)).toEqual({ ok: true, value: "7" });
    expect(matchRelease(text, "sysext", ours).ok).toBe(false);
  });

  test("aarch64 is called arm64 in it", () => {
    const text = "ID=_any\nSYSEXT_SCOPE=initrd\nARCHITECTURE=arm64\n";
    expect(matchRelease(text, "sysext", { ...ours, machine: "aarch64" }).ok).toBe(true);
  });

  test("a system without a version accepts any, like a rolling release", () => {
    const host = { ...ours, release: "ID=exitrd\n" };
    expect(matchRelease("ID=exitrd\nSYSEXT_SCOPE=initrd\n", "sysext", host).ok).toBe(true);
  });
});

test.each([
  ["/a/debug.raw", "debug"],
  ["/a/debug.sysext.raw", "debug"],
  ["/a/debug.confext", "debug"],
  ["/a/debug", "debug"],
  ["/a/debug/", "debug"],
  ["debug-1.2+x~y_z.raw", "debug-1.2+x~y_z"],
  ["/a/.hidden.raw", undefined],
  ["/a/..", undefined],
  ["/", undefined],
  [".raw", undefined],
  ["/a/b c", undefined],
  ["/a/b\n", undefined],
])("'%s' is called %s", (path, name) => {
  expect(nameExtension(path)).toBe(name);
});
