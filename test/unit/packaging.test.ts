import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localImage } from "../../src/load/image-places.ts";
import { SHARED_REPORT_PATH } from "../../src/record/shared-report.ts";
import { projectRoot } from "../../tools/bundle.ts";
import {
  type Distribution,
  listInstalledFiles,
  listInstalledLinks,
} from "../../tools/installed-files.ts";

function read(path: string): string {
  return readFileSync(join(projectRoot, path), "utf8");
}

const { version } = JSON.parse(read("package.json"));

test("every file to install exists, and is executable if its mode is", () => {
  const files = (["debian", "arch"] as const).flatMap((one) => listInstalledFiles(one, "@"));
  for (const { from, mode } of files.filter((file) => !file.from.startsWith("@/"))) {
    const isExecutable = (statSync(join(projectRoot, from)).mode & 0o111) !== 0;
    expect(isExecutable || mode === 0o644, from).toBe(true);
  }
  const places = listInstalledFiles("debian", "@").map(({ to }) => to);
  expect(new Set(places).size).toBe(places.length);
});

test("the link for systemd-report leads to the file that exitrd writes", () => {
  expect(listInstalledLinks("debian")).toContainEqual({
    target: SHARED_REPORT_PATH,
    to: "usr/lib/systemd/report.files/exitrd",
  });
});

/** What the module of NixOS sets for a service, and for all of them. */
function readNixService(name: string): string {
  const module = read("packaging/nix/module.nix");
  const [, shared = ""] = /^ {2}restrictions = \{\n((?:.*\n)*?) {2}\};/m.exec(module) ?? [];
  const own = new RegExp(`^ {4}systemd\\.services\\.${name} = \\{\\n((?:.*\\n)*?) {4}\\};`, "m");
  return shared + (own.exec(module)?.[1] ?? "");
}

test.each(["exitrd-load", "exitrd-report"])("NixOS restricts '%s' as its unit does", (name) => {
  const unit = read(`integration/systemd/${name}.service`);
  const restrictions = unit.slice(unit.indexOf("# Restrictions"), unit.indexOf("[Install]"));
  const limits = [...unit.matchAll(/^(Timeout\w+)=(.+)$/gm)];
  const settings = [...restrictions.matchAll(/^(\w+)=(.+)$/gm), ...limits];
  expect(settings.length).toBeGreaterThan(10);
  const module = readNixService(name);
  for (const [, key, value] of settings) {
    expect(module, `${key}=${value}`).toMatch(new RegExp(`\\b${key} = `));
    expect(module, `${key}=${value}`).toContain(`"${value}"`);
  }
  const commands = [...unit.matchAll(/^(Exec\w+)=\/usr\/bin\/exitrd (.+)$/gm)];
  for (const [, key, words] of commands) {
    expect(module).toContain(`${key} = "\${exitrd} ${words}`);
  }
});

test("NixOS has an image where exitrd looks for it", () => {
  const [, path] = /"L\+ (\S+) - - - - \$\{image\}"/.exec(read("packaging/nix/module.nix")) ?? [];
  expect(path).toBe(localImage);
});

test("the package of RPM requires no interpreter that only another init has", () => {
  const [, excluded = ""] =
    /^%global __requires_exclude (.*)$/m.exec(read("packaging/rpm/exitrd.spec")) ?? [];
  const arch = listInstalledFiles("arch", "@").map(({ from }) => from);
  const scripts = listInstalledFiles("debian", "@")
    .filter(({ from, mode }) => mode === 0o755 && !from.startsWith("@/") && arch.includes(from))
    .map(({ from }) => /^#! *(\S+)/.exec(read(from))?.[1] ?? "");
  const required = scripts.filter((interpreter) => !new RegExp(excluded).test(interpreter));
  expect([...new Set(required)].toSorted()).toEqual(["/bin/bash", "/bin/sh"]);
});

/** The body of a scriptlet in the spec of RPM. */
function readScriptlet(name: string): string {
  const spec = read("packaging/rpm/exitrd.spec");
  return new RegExp(`^%${name}\\n((?:(?!%[a-z]+$|%include).*\\n)*)`, "m").exec(spec)?.[1] ?? "";
}

test("the scriptlets of RPM start, restart and clean up as those of dpkg do", () => {
  const [, units = ""] = /%systemd_post (.*)/.exec(readScriptlet("post")) ?? [];
  expect(readScriptlet("post")).toContain(`systemctl start ${units} `);
  expect(readScriptlet("posttrans")).toContain("systemctl try-restart exitrd-load.service");
  expect(readScriptlet("preun")).toContain("rm -f %{_localstatedir}/lib/exitrd/boot.json\n");
  // After %preun, the script is gone.
  expect(readScriptlet("preun")).toContain("/usr/lib/exitrd/update-initrds --omit exitrd");
  expect(readScriptlet("posttrans")).toContain("/usr/lib/exitrd/update-initrds ");
});

/** The body of a function in Arch's install file. */
function readFunction(name: string): string {
  const text = read("packaging/arch/exitrd.install");
  return new RegExp(`^${name}\\(\\) \\{\\n((?:.*\\n)*?)\\}`, "m").exec(text)?.[1] ?? "";
}

test("the package of Arch updates the initrds of dracut, and no other, when it is new or upgraded", () => {
  const run = (name: string, hasDracut: boolean): string => {
    const stubs = `command() { [ "$*" = "-v dracut" ] && ${hasDracut}; }; systemctl() { :; }`;
    const text = read("packaging/arch/exitrd.install").replaceAll(
      "/usr/lib/exitrd/update-initrds",
      "echo updated && false",
    );
    return execFileSync("bash", ["-ec", `${stubs}\n${text}\n${name}`], { encoding: "utf8" });
  };
  for (const name of ["post_install", "post_upgrade"]) {
    expect(run(name, true)).toMatch(/^updated$/m);
    expect(run(name, false)).not.toContain("updated");
  }
});

/** The paths that a script removes. */
function listRemoved(script: string): readonly string[] {
  const calls = script.replaceAll("\\\n", " ").matchAll(/\brm -f ([^\n|&;]*)/g);
  return [...calls].flatMap(([, paths = ""]) => paths.trim().split(/\s+/));
}

test.each([
  ["RPM", () => readScriptlet("preun").replaceAll("%{_localstatedir}", "/var")],
  ["Arch", () => readFunction("pre_remove")],
  ["Alpine", () => read("packaging/alpine/exitrd.pre-deinstall")],
])(
  "the package of %s leaves nothing in place that nobody would update any more",
  (_, readRemoval) => {
    const [onRemoval = ""] = read("packaging/debian/postrm").split('if [ "$1" = purge ]; then');
    const wanted = [...listRemoved(read("packaging/debian/prerm")), ...listRemoved(onRemoval)];
    expect(wanted.length).toBeGreaterThan(3);
    expect(listRemoved(readRemoval())).toEqual(expect.arrayContaining(wanted));
  },
);

test("abuild runs every script of Alpine's package", () => {
  const [, scripts = ""] = /^install="(.*)"$/m.exec(read("packaging/alpine/APKBUILD")) ?? [];
  const names = readdirSync(join(projectRoot, "packaging/alpine"));
  expect(scripts.replaceAll("$pkgname", "exitrd").split(" ")).toEqual(
    names.filter((name) => name !== "APKBUILD"),
  );
});

test("with systemd, an initrd loads nothing either if the package is gone from the real root", () => {
  const [, place] = /^\[ -e "\$1(.*)" \]/m.exec(read("integration/initrd/load-in-initrd")) ?? [];
  expect(read("integration/initrd/exitrd-initrd.service")).toContain(
    `\nConditionPathExists=/sysroot${place}\n`,
  );
});

/** Macros of rpm, by the paths that they stand for. */
const macros: Readonly<Record<string, string>> = {
  "%{_bindir}": "usr/bin",
  "%{_prefix}": "usr",
  "%{_unitdir}": "usr/lib/systemd/system",
  "%{_datadir}": "usr/share",
  "%{_docdir}": "usr/share/doc",
};

test("the spec of RPM packages every file that has a use there", () => {
  const spec = read("packaging/rpm/exitrd.spec");
  const lines = spec.slice(spec.indexOf("\n%files\n"), spec.indexOf("\n%changelog\n")).split("\n");
  const patterns = lines
    .filter((line) => line.startsWith("%{"))
    .map((line) => line.replace(/^%\{[^}]*\}/, (macro) => macros[macro] ?? macro));
  const isListed = (path: string) =>
    patterns.some((pattern) => {
      const [before = "", after] = pattern.split("*");
      if (after !== undefined) return path.startsWith(before);
      return pattern.endsWith("/") ? path.startsWith(pattern) : path === pattern;
    });
  const listAll = (distribution: Distribution) =>
    [...listInstalledFiles(distribution, "@"), ...listInstalledLinks(distribution)].map(
      ({ to }) => to,
    );
  const arch = listAll("arch");
  const everywhere = listAll("debian").filter((path) => arch.includes(path));
  expect(everywhere.length).toBeGreaterThan(20);
  expect(everywhere.filter((path) => !isListed(path))).toEqual([]);
});

describe("the version of the package", () => {
  test.each([
    ["packaging/rpm/exitrd.spec", `Version:        ${version}`],
    ["packaging/rpm/exitrd.spec", `> - ${version}-1`],
    ["packaging/arch/PKGBUILD", `pkgver=${version}`],
    ["packaging/alpine/APKBUILD", `pkgver=${version}`],
    ["packaging/nix/package.nix", `version = "${version}";`],
  ])("%s has %s", (path, line) => {
    expect(read(path)).toContain(line);
  });
});
