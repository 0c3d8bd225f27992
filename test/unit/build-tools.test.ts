import { describe, expect, test } from "vitest";
import { isManifestFile, type ManifestFile } from "../../src/image/manifest.ts";
import { checkImage } from "../../src/load/check-image.ts";
import { type BuildRequest, buildImage } from "../../src/pack/build-image.ts";
import { describeBuildFailure } from "../../src/pack/describe-build-failure.ts";
import { type DynamicShape, makeDynamicElf } from "../fake/dynamic-elf.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, makeElf, makeShutdown } from "../fake/image-inputs.ts";

const output = "/exitrd.img";
const shutdown = "/usr/lib/exitrd/exitrd-shutdown";
const interpreter = "/lib64/ld-linux-x86-64.so.2";
const lib = "/usr/lib/x86_64-linux-gnu";

/** A machine with a loader and a libc. `files` are shapes of ELF files, or text. */
function makeHost(files: Readonly<Record<string, DynamicShape | string>>): FakeHost {
  const host = new FakeHost();
  host.putFile(shutdown, makeShutdown());
  host.putFile(interpreter, makeDynamicElf({ soname: "ld-linux-x86-64.so.2" }), 0o755);
  for (const directory of ["/lib64", lib, "/usr/lib"]) host.putDirectory(directory);
  host.putFile(`${lib}/libc.so.6`, makeDynamicElf({ needed: ["ld-linux-x86-64.so.2"] }));
  for (const [path, file] of Object.entries(files)) {
    host.putFile(path, typeof file === "string" ? file : makeDynamicElf(file), 0o755);
  }
  return host;
}

function build(host: FakeHost, tools: readonly string[], more: Partial<BuildRequest> = {}) {
  const programs = tools.map((file) => ({ role: "tool", file }) as const);
  const request: BuildRequest = {
    ...{ shutdown, output, version: "1.2.3", architecture: "x86_64", mtime: 0, programs },
    ...{
      imageVersion: 1,
      extensions: [],
      same: "replace",
      signed: "replace",
      signer: undefined,
      base: undefined,
      ...more,
    },
  };
  return buildImage(request, host);
}

/** The copies in the image that was built. */
function listCopies(host: FakeHost): readonly ManifestFile[] {
  const checked = checkImage(host.files.readBytes(output, 1e7), "x86_64", fakeCodec);
  if (!checked.ok) throw new Error(checked.problem.kind);
  const { entries } = checked.value.manifest;
  return entries.filter(isManifestFile).filter(({ origin }) => origin !== undefined);
}

function listPlaces(host: FakeHost): string[] {
  return listCopies(host).map(({ path, origin }) => {
    return origin?.file === `/${path}` ? path : `${path} of ${origin?.file}`;
  });
}

function say(result: ReturnType<typeof build>): string {
  return result.kind === "failed" ? describeBuildFailure(result.failure) : result.kind;
}

test("a tool comes with its loader, its libraries and theirs, and is run in the new tree", () => {
  const host = makeHost({
    "/sbin/tool": { interpreter, needed: ["liba.so.1", "libc.so.6"] },
    [`${lib}/liba.so.1`]: { needed: ["libb.so.1", "libc.so.6"] },
    [`${lib}/libb.so.1`]: { needed: ["liba.so.1"] },
  });
  expect(build(host, ["/sbin/tool"]).kind).toBe("built");
  expect(listPlaces(host)).toEqual([
    "lib64/ld-linux-x86-64.so.2",
    "sbin/tool",
    ...["liba.so.1", "libb.so.1", "libc.so.6"].map((name) => `${lib.slice(1)}/${name}`),
  ]);
  expect(host.calls).toContain("unshare /sbin/tool");
});

describe("libraries are searched for as by ld.so", () => {
  const tool = { interpreter, needed: ["liba.so.1"] };
  const find = (files: Readonly<Record<string, DynamicShape | string>>) => {
    const host = makeHost(files);
    const result = build(host, ["/opt/bin/tool"]);
    return result.kind === "built"
      ? listPlaces(host).filter((place) => /lib[ab]\.so/.test(place))
      : say(result);
  };

  test("DT_RPATH first, and $ORIGIN in it", () => {
    const rpath = "$ORIGIN/../lib";
    const files = { "/opt/lib/liba.so.1": {}, [`${lib}/liba.so.1`]: {} };
    expect(find({ "/opt/bin/tool": { ...tool, rpath }, ...files })).toEqual([
      "opt/lib/liba.so.1 of /opt/bin/../lib/liba.so.1",
    ]);
  });

  test("DT_RUNPATH disables DT_RPATH", () => {
    const files = { "/r/liba.so.1": {}, "/p/liba.so.1": {} };
    expect(find({ "/opt/bin/tool": { ...tool, rpath: "/p", runpath: "/r" }, ...files })).toEqual([
      "r/liba.so.1",
    ]);
  });

  test("DT_RPATH is inherited, DT_RUNPATH is not", () => {
    const files = { "/p/liba.so.1": { needed: ["libb.so.1"] }, "/p/libb.so.1": {} };
    expect(find({ "/opt/bin/tool": { ...tool, rpath: "/p" }, ...files })).toEqual([
      "p/liba.so.1",
      "p/libb.so.1",
    ]);
    expect(find({ "/opt/bin/tool": { ...tool, runpath: "/p" }, ...files })).toBe(
      "cannot add '/opt/bin/tool': 'libb.so.1', which '/p/liba.so.1' needs, was not found: install its package",
    );
  });

  test("libraries of ld.so.conf are copied to a default directory", () => {
    const files = {
      "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
      "/etc/ld.so.conf.d/local.conf": "/usr/local/lib\n",
      "/usr/local/lib/liba.so.1": {},
    };
    expect(find({ "/opt/bin/tool": tool, ...files })).toEqual([
      `${lib.slice(1)}/liba.so.1 of /usr/local/lib/liba.so.1`,
    ]);
  });

  test("only DT_RUNPATH is used with DF_1_NODEFLIB", () => {
    const files = { [`${lib}/liba.so.1`]: {} };
    expect(find({ "/opt/bin/tool": { ...tool, flags1: 0x800 }, ...files })).toMatch(/not found/);
  });

  test("files of another architecture, and files that are not ELF, are skipped", () => {
    const files = {
      "/r/liba.so.1": { machine: 183 },
      "/s/liba.so.1": "/* GNU ld script */",
      [`${lib}/liba.so.1`]: {},
    };
    expect(find({ "/opt/bin/tool": { ...tool, runpath: "/r:/s" }, ...files })).toEqual([
      `${lib.slice(1)}/liba.so.1`,
    ]);
  });

  test("musl's loader is handled differently", () => {
    const musl = "/lib/ld-musl-x86_64.so.1";
    const files = {
      [musl]: {},
      "/p/liba.so.1": { needed: ["libb.so.1", "libc.so"] },
      "/p/libb.so.1": {},
    };
    const needed = ["liba.so.1", "libc.musl-x86_64.so.1"];
    expect(
      find({ "/opt/bin/tool": { interpreter: musl, needed, runpath: "/p" }, ...files }),
    ).toEqual(["p/liba.so.1", "p/libb.so.1"]);
  });
});

describe("libraries of .note.dlopen", () => {
  const note = (priority: string, ...soname: string[]) => JSON.stringify([{ soname, priority }]);

  test("are copied, the first existing alternative of each; suggested ones are not", () => {
    const notes = [note("required", "liba.so.2", "liba.so.1"), note("suggested", "libb.so.1")];
    const host = makeHost({
      "/bin/tool": { interpreter, notes },
      ...{ [`${lib}/liba.so.1`]: {}, [`${lib}/libb.so.1`]: {} },
    });
    expect(build(host, ["/bin/tool"])).toMatchObject({ kind: "built", left: [] });
    expect(listPlaces(host)).toContain(`${lib.slice(1)}/liba.so.1`);
    expect(listPlaces(host)).not.toContain(`${lib.slice(1)}/libb.so.1`);
  });

  test("a missing required one is fatal, a missing recommended one is reported", () => {
    const required = makeHost({
      "/bin/tool": { interpreter, notes: [note("required", "liba.so")] },
    });
    expect(say(build(required, ["/bin/tool"]))).toMatch(/'liba.so', which '\/bin\/tool' needs/);
    const host = makeHost({
      "/bin/tool": { interpreter, notes: [note("recommended", "liba.so")] },
    });
    expect(build(host, ["/bin/tool"])).toMatchObject({
      kind: "built",
      left: [{ tool: "/bin/tool", library: "liba.so" }],
    });
  });
});

describe("scripts", () => {
  test("are copied with their interpreter, which is run instead of them", () => {
    const host = makeHost({
      "/bin/script": "#!/usr/bin/env python3\n",
      ...{ "/usr/bin/env": { interpreter }, "/usr/bin/python3": { interpreter } },
    });
    expect(build(host, ["/bin/script"]).kind).toBe("built");
    expect(listPlaces(host)).toEqual([
      "bin/script",
      ...["lib64/ld-linux-x86-64.so.2", "usr/bin/env", "usr/bin/python3"],
    ]);
    expect(host.calls).toContain("unshare /usr/bin/env /usr/bin/python3");
  });

  test("without their interpreter are rejected", () => {
    const host = makeHost({ "/bin/script": "#!/bin/nosh\n" });
    expect(say(build(host, ["/bin/script"]))).toBe(
      "cannot read '/bin/nosh': No such file or directory: install it, or leave it out",
    );
  });

  test("that are hooks may have a tool as interpreter", () => {
    const host = makeHost({ "/10-a": "#!/bin/bash\n", "/bin/bash": { interpreter } });
    const hook = { role: "hook", file: "/10-a" } as const;
    const programs = [hook, { role: "tool", file: "/bin/bash" } as const];
    expect(build(host, [], { programs }).kind).toBe("built");
    expect(say(build(host, [], { programs: [hook] }))).toMatch(
      /: add it with '--tool [^']+', or a static shell as \/bin\/sh with --shell$/,
    );
  });
});

describe("loud failures that keep the old image", () => {
  test.each<[string, string, RegExp]>([
    ["a relative path", "bin/tool", /'bin\/tool': give the tool's absolute path/],
    ["a place that a mount covers", "/run/tool", /must not be below/],
    ["the program itself", "/shutdown", /give the tool's absolute path/],
    ["a path through ..", "/usr/../bin/tool", /give the tool's absolute path/],
    ["a missing one", "/bin/none", /cannot read '\/bin\/none': No such file/],
    ["one that is not executable", "/bin/plain", /is not executable: chmod/],
    ["no program", "/bin/text", /is not a 64-bit little-endian ELF file/],
    ["another machine's", "/bin/arm", /is built for another architecture/],
    ["a note that is not valid", "/bin/noted", /has an invalid .note.dlopen: leave it out/],
    ["one without its loader", "/bin/lost", /cannot read '\/lib\/ld-none.so': No such file/],
    [
      "one that dies",
      "/bin/dies",
      /it failed in the new tree: killed by signal 11: \/bin\/dies ran: leave it out/,
    ],
    ["one that lacks a library", "/bin/misses", /it failed in the new tree: exit status 127: /],
  ])("%s", (_, tool, words) => {
    const host = makeHost({
      ...{ "/bin/text": "echo", "/bin/arm": { machine: 183 }, "/bin/noted": { notes: ["{}"] } },
      ...{ "/bin/lost": { interpreter: "/lib/ld-none.so" }, "/bin/tool": {}, "/shutdown": {} },
      ...{ "/bin/dies": {}, "/bin/misses": {} },
    });
    host.putFile("/bin/plain", makeDynamicElf({}), 0o644);
    host.putFile("/run/tool", makeDynamicElf({}), 0o755);
    host.putFile(output, "old");
    host.ends.set("/bin/dies", { kind: "killed", signal: 11 });
    host.ends.set("/bin/misses", { kind: "exited", status: 127 });
    expect(say(build(host, [tool]))).toMatch(words);
    expect(host.text(output)).toBe("old");
  });

  test("a kernel without namespaces", () => {
    const host = makeHost({ "/bin/tool": {} });
    host.failures.set("unshare /bin/tool", "EPERM");
    expect(say(build(host, ["/bin/tool"]))).toMatch(
      /^cannot run the tools in the new tree: unshare: /,
    );
  });

  test("another architecture than this machine's", () => {
    const host = makeHost({ "/bin/tool": {} });
    host.machine = "aarch64";
    expect(say(build(host, ["/bin/tool"]))).toMatch(/this machine, which is aarch64: build on/);
  });

  test("two files for one place", () => {
    const host = makeHost({ "/bin/sh": {} });
    host.putFile("/usr/bin/busybox", makeElf(), 0o755);
    const shell = { role: "shell", file: "/usr/bin/busybox" } as const;
    const tool = (file: string) => ({ role: "tool", file }) as const;
    expect(say(build(host, [], { programs: [shell, tool("/bin/sh")] }))).toMatch(
      /rename it, or leave one out$/,
    );
    // A file in a directory that the shell would replace.
    const other = makeHost({ "/bin/sh/x": {} });
    other.putFile("/usr/bin/busybox", makeElf(), 0o755);
    expect(say(build(other, [], { programs: [shell, tool("/bin/sh/x")] }))).toMatch(
      /another file is already at its path/,
    );
  });

  test("two libraries for one place", () => {
    const host = makeHost({
      ...{ "/etc/ld.so.conf": "/usr/local/lib\n", "/usr/local/lib/liba.so.1": {} },
      [`${lib}/liba.so.1`]: { soname: "another" },
      "/bin/a": { interpreter, needed: ["liba.so.1"] },
      "/bin/b": { interpreter, needed: ["liba.so.1"], runpath: lib },
    });
    expect(build(host, ["/bin/a"]).kind).toBe("built");
    expect(build(host, ["/bin/b"]).kind).toBe("built");
    expect(say(build(host, ["/bin/a", "/bin/b"]))).toBe(
      `cannot add '${lib}/liba.so.1': another file is already at its path: rename it, or leave one out`,
    );
  });

  test("but a program without --version, or that keeps running, is accepted", () => {
    const host = makeHost({ "/bin/a": {}, "/bin/b": {} });
    host.ends.set("/bin/a", { kind: "exited", status: 1 });
    host.ends.set("/bin/b", { kind: "hung", limitMs: 10_000 });
    expect(build(host, ["/bin/a", "/bin/b", "/bin/a"]).kind).toBe("built");
  });
});

describe("the package of a file is recorded", () => {
  test("by dpkg, also under the path of an unmerged /usr", () => {
    const host = makeHost({
      "/usr/sbin/tool": { interpreter, needed: ["libc.so.6"] },
      "/var/lib/dpkg/status": [
        "Package: tool\nStatus: install ok installed\nVersion: 2:1.0-1+b2\n",
        "Package: libc6\nArchitecture: i386\nVersion: 2.30\n",
        "Package: libc6\nArchitecture: amd64\nVersion: 2.36-9\n",
      ].join("\n"),
      "/var/lib/dpkg/info/libc6:amd64.list": "/.\n/lib/x86_64-linux-gnu/libc.so.6\n",
      "/var/lib/dpkg/info/other.list": "/usr/sbin/toolbox\n",
      "/var/lib/dpkg/info/tool.list": "/.\n/usr/sbin/tool\n",
    });
    build(host, ["/usr/sbin/tool"]);
    expect(listCopies(host).map(({ origin }) => `${origin?.package} ${origin?.version}`)).toEqual([
      "undefined undefined",
      "libc6 2.36-9",
      "tool 2:1.0-1+b2",
    ]);
  });

  test("by dpkg while it is running", () => {
    const host = makeHost({
      "/usr/sbin/tool": {},
      "/var/lib/dpkg/status": "Package: tool\nVersion: 1.0\n",
      "/var/lib/dpkg/updates/0001": "Package: tool\nVersion: 2.0\n",
      "/var/lib/dpkg/updates/0002": "Package: other\nVersion: 3.0\n",
      "/var/lib/dpkg/updates/tmp.i": "Package: tool\nVersion: 4.0\n",
      "/var/lib/dpkg/info/tool.list": "/usr/sbin/tool\n",
    });
    build(host, ["/usr/sbin/tool"]);
    expect(listCopies(host)[0]?.origin).toMatchObject({ package: "tool", version: "2.0" });
  });

  test("by pacman", () => {
    const host = makeHost({
      "/usr/bin/tool": {},
      "/var/lib/pacman/local/my-tool-1:2.0-3/files": "%FILES%\nusr/\nusr/bin/\nusr/bin/tool\n",
    });
    build(host, ["/usr/bin/tool"]);
    expect(listCopies(host)[0]?.origin).toEqual({
      ...{ file: "/usr/bin/tool", package: "my-tool", version: "1:2.0-3" },
    });
  });
});

test("an image with the same contents is kept if that is requested", () => {
  const host = makeHost({ "/bin/tool": {} });
  expect(build(host, ["/bin/tool"], { same: "keep" }).kind).toBe("built");
  const calls = host.calls.length;
  expect(build(host, ["/bin/tool"], { same: "keep", mtime: 7 }).kind).toBe("same");
  expect(host.calls.slice(calls).filter((call) => /^(rename|unshare)/.test(call))).toEqual([]);
  expect(build(host, [], { same: "keep" }).kind).toBe("built");
  host.putFile(output, "rubbish");
  expect(build(host, [], { same: "keep" }).kind).toBe("built");
});
