import { describe, expect, test } from "vitest";
import type { CpioEntry } from "../../src/image/cpio-entry.ts";
import type { AcceptedExtension } from "../../src/image/extension/record.ts";
import { choosePcrs } from "../../src/image/tpm/measurement.ts";
import type { ExtensionPolicy } from "../../src/load/extension-policy.ts";
import { fitExtensions } from "../../src/load/extension-room.ts";
import { loadImage } from "../../src/load/load-image.ts";
import { lookAtTarget } from "../../src/load/look-at-target.ts";
import { unloadTree } from "../../src/load/unload.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import { toByteString } from "../../src/text/bytes.ts";
import { accept, refuse } from "../../src/text/checked.ts";
import { writtenPaths } from "../../src/text/tree-paths.ts";
import type { FakeFile } from "../fake/fake-extension-trees.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput, makeElf } from "../fake/image-inputs.ts";
import { unsignedIsFine } from "../fake/verification.ts";

const image = "/usr/lib/exitrd/exitrd.img";
const target = "/run/initramfs";
const policy: ExtensionPolicy = {
  verify: (_, signature) => (signature[0] === 0x79 ? accept("Alice") : refuse("it is forged")),
  takesUnsigned: false,
};
const elf = String.fromCharCode(...makeElf());

function makeHost(): FakeHost {
  const host = new FakeHost();
  host.putFile(image, makeImage(imageInput, 0, fakeCodec));
  return host;
}

/** Puts a signed extension with these files into a directory. */
function put(host: FakeHost, path: string, files: Readonly<Record<string, FakeFile>>): void {
  const name = path.slice(path.lastIndexOf("/") + 1, -4);
  const content = `hsqs ${path} ${Object.keys(files).join(" ")}`;
  const release = `usr/lib/extension-release.d/extension-release.${name}`;
  host.putFile(path, content);
  host.putFile(`${path}.p7s`, "yes");
  host.extensionTrees.contents.set(content, {
    [release]: "ID=exitrd\nSYSEXT_LEVEL=1\nSYSEXT_SCOPE=initrd\n",
    ...files,
  });
}

function load(host: FakeHost, extensions = policy) {
  const verification = unsignedIsFine;
  const policies = {
    verification,
    extensions,
    measure: "off",
    pcrs: choosePcrs({}),
    seal: "no",
  } as const;
  const request = { image, target, force: false, configuration: "", ...policies };
  const result = loadImage(request, host);
  if (result.kind === "failed") throw new Error(JSON.stringify(result.failure));
  return {
    kind: result.kind,
    loaded: result.extensions?.loaded.map(({ path, signer }) => `${path} by ${signer}`) ?? [],
    refused: result.extensions?.refused.map(({ path, reason }) => `${path}: ${reason}`) ?? [],
  };
}

const etc = "/etc/exitrd/extensions";
const usr = "/usr/lib/exitrd/extensions";
const stub = "/.extra/sysext";

test("without any extension the tree is the image's alone", () => {
  const host = makeHost();
  expect(load(host)).toEqual({ kind: "loaded", loaded: [], refused: [] });
  expect(host.text(`${target}/extensions.json`)).toBeUndefined();
});

test("signed ones are unpacked before the entries that make the tree executable", () => {
  const host = makeHost();
  put(host, `${usr}/b.raw`, { "usr/bin/b": elf });
  put(host, `${etc}/a.raw`, { "usr/lib/exitrd/hooks.d/10-a": elf });
  const loaded = [`${etc}/a.raw by Alice`, `${usr}/b.raw by Alice`];
  expect(load(host)).toEqual({ kind: "loaded", loaded, refused: [] });
  expect(host.text(`${target}/usr/bin/b`)).toBe(elf);
  const writes = host.calls.filter((call) => call.startsWith("tree write"));
  expect(writes.at(-1)).toBe("tree write shutdown");
  expect(writes).toContain("tree write usr/lib/exitrd/hooks.d/10-a");
  expect(load(host).kind).toBe("already");
});

test("another set of extensions replaces the tree", () => {
  const host = makeHost();
  put(host, `${etc}/a.raw`, { "usr/bin/a": "1" });
  load(host);
  put(host, `${etc}/a.raw`, { "usr/bin/a": "1", "usr/bin/b": "2" });
  expect(load(host).kind).toBe("loaded");
  expect(host.text(`${target}/usr/bin/b`)).toBe("2");
  put(host, `${etc}/a.raw`, {});
  expect(load(host).kind).toBe("loaded");
  expect(host.text(`${target}/usr/bin/a`)).toBeUndefined();
});

test("a file that was changed in RAM is detected", () => {
  const host = makeHost();
  put(host, `${etc}/a.raw`, { "usr/bin/a": "1" });
  load(host);
  const dev = host.files.status(target)?.dev ?? "";
  host.layers.at(-1)?.nodes.set(`${target}/usr/bin/a`, {
    ...{ kind: "file", mode: 0o555, dev, data: Uint8Array.of(50) },
  });
  expect(lookAtTarget(target, host.files, fakeCodec)).toMatchObject({ intact: false });
  expect(load(host).kind).toBe("loaded");
  host.layers.at(-1)?.nodes.set(`${target}/extensions.json`, {
    ...{ kind: "file", mode: 0o444, dev, data: Uint8Array.of(123) },
  });
  expect(lookAtTarget(target, host.files, fakeCodec)).toMatchObject({ intact: false });
});

describe("a rejected extension does not prevent the image and the others from being loaded", () => {
  test("unsigned, forged, a directory", () => {
    const host = makeHost();
    for (const name of ["good", "plain", "forged"]) put(host, `${etc}/${name}.raw`, {});
    host.putFile(`${etc}/forged.raw.p7s`, "no");
    host.layers[0]?.nodes.delete(`${etc}/plain.raw.p7s`);
    host.putDirectory(`${etc}/tree`);
    expect(load(host)).toEqual({
      kind: "loaded",
      loaded: [`${etc}/good.raw by Alice`],
      refused: [
        expect.stringMatching(/forged\.raw: it is forged: download it again/),
        expect.stringMatching(/plain\.raw: no signature '.*plain\.raw\.p7s'/),
        expect.stringMatching(/tree: a directory cannot be signed/),
      ],
    });
    expect(load(host).kind).toBe("already");
  });

  test("one that crashes its reader", () => {
    const host = makeHost();
    for (const name of ["bad", "good"]) put(host, `${etc}/${name}.raw`, {});
    const open = host.extensionTrees.openFileSystem.bind(host.extensionTrees);
    host.extensionTrees.openFileSystem = (type, data) => {
      if (toByteString(data).includes("bad")) throw new Error("out of memory");
      return open(type, data);
    };
    expect(load(host)).toEqual({
      kind: "loaded",
      loaded: [`${etc}/good.raw by Alice`],
      refused: [`${etc}/bad.raw: cannot read it (out of memory): leave it out`],
    });
  });

  test("one that collides with the image or an earlier one", () => {
    const host = makeHost();
    put(host, `${etc}/a.raw`, { "usr/bin/x": "1" });
    put(host, `${etc}/b.raw`, { "usr/bin/x": "2", "usr/bin/y": "2" });
    put(host, `${etc}/c.raw`, { "usr/bin/x/z": "3" });
    const { loaded, refused } = load(host);
    expect(loaded).toEqual([`${etc}/a.raw by Alice`]);
    expect(refused).toEqual([
      `${etc}/b.raw: 'usr/bin/x' is already in the extension 'a': leave one of them out`,
      `${etc}/c.raw: 'usr/bin/x' is already in the extension 'a': leave one of them out`,
    ]);
    expect(host.text(`${target}/usr/bin/x`)).toBe("1");
    expect(host.text(`${target}/usr/bin/y`)).toBeUndefined();
  });

  test.each(writtenPaths.filter((path) => path.startsWith("etc/")))(
    "'%s', which the loader writes",
    (path) => {
      const host = makeHost();
      const release = "etc/extension-release.d/extension-release.conf";
      const content = "hsqs conf";
      host.putFile(`${etc}/conf.raw`, content);
      host.putFile(`${etc}/conf.raw.p7s`, "yes");
      host.extensionTrees.contents.set(content, {
        ...{ [release]: "ID=_any\nCONFEXT_SCOPE=initrd\n", [path]: "x" },
      });
      put(host, `${etc}/good.raw`, {});
      expect(load(host)).toEqual({
        kind: "loaded",
        loaded: [`${etc}/good.raw by Alice`],
        refused: [`${etc}/conf.raw: '${path}' is reserved for exitrd: leave it out`],
      });
      expect(host.text(`${target}/${path}`)).not.toBe("x");
    },
  );

  test("a hook that could not run; one whose interpreter is in another extension can", () => {
    const host = makeHost();
    const hooks = "usr/lib/exitrd/hooks.d";
    put(host, `${etc}/a.raw`, { [`${hooks}/10-a`]: "#!/usr/bin/sh\n" });
    expect(load(host).refused).toEqual([expect.stringContaining("'/usr/bin/sh' of '")]);
    put(host, `${etc}/shell.raw`, { "usr/bin/sh": elf });
    expect(load(host).refused).toEqual([]);
    put(host, `${etc}/shell.raw`, { "usr/bin/sh": elf, [`${hooks}/bad`]: elf });
    expect(load(host)).toMatchObject({
      loaded: [],
      refused: [expect.stringContaining("shell.raw"), expect.stringContaining("a.raw")],
    });
  });
});

describe("with Verify=off", () => {
  test("unsigned files and directories are accepted, but none from the ESP", () => {
    const host = makeHost();
    const off = { ...policy, takesUnsigned: true };
    put(host, `${etc}/a.raw`, {});
    put(host, `${stub}/b.raw`, {});
    for (const path of [`${etc}/a.raw`, `${stub}/b.raw`]) {
      host.layers[0]?.nodes.delete(`${path}.p7s`);
    }
    host.putDirectory(`${etc}/tree`);
    const release = "usr/lib/extension-release.d/extension-release.tree";
    const text = "ID=_any\nSYSEXT_SCOPE=initrd\n";
    host.extensionTrees.contents.set(`${etc}/tree`, { [release]: text });
    const { loaded, refused } = load(host, off);
    expect(loaded).toEqual([`${etc}/a.raw by `, `${etc}/tree by `]);
    expect(refused).toEqual([expect.stringContaining("b.raw: no signature")]);
  });
});

test("the first directory overrides files of the same name, and an empty file masks them", () => {
  const host = makeHost();
  put(host, `${usr}/a.raw`, { "usr/bin/a": "usr" });
  put(host, `${etc}/a.raw`, { "usr/bin/a": "etc" });
  put(host, `${usr}/b.raw`, {});
  host.putFile(`${etc}/b.raw`, "");
  host.putFile(`${etc}/README`, "text");
  expect(load(host)).toMatchObject({ loaded: [`${etc}/a.raw by Alice`], refused: [] });
});

test("extensions from the ESP are kept when the system loads again", () => {
  const host = makeHost();
  host.putDirectory("/.extra");
  put(host, `${stub}/esp.raw`, { "usr/bin/esp": "1" });
  put(host, `${usr}/own.raw`, { "usr/bin/own": "1" });
  load(host);
  for (const path of host.names().filter((name) => name.startsWith("/.extra"))) {
    host.layers[0]?.nodes.delete(path);
  }
  expect(load(host).kind).toBe("already");
  // Of the root's disk, not of the initrd.
  host.putDirectory("/.extra/sysext");
  expect(load(host).kind).toBe("already");
  put(host, `${usr}/own.raw`, { "usr/bin/own": "2", "usr/bin/more": "2" });
  expect(load(host)).toEqual({
    kind: "loaded",
    loaded: [`${stub}/esp.raw by Alice`, `${usr}/own.raw by Alice`],
    refused: [],
  });
  expect(host.text(`${target}/usr/bin/esp`)).toBe("1");
  expect(load(host).kind).toBe("already");
});

describe("an extension of this machine displaces one of the same name that is kept from the ESP", () => {
  function loadFromEsp(): FakeHost {
    const host = makeHost();
    put(host, `${stub}/tool.raw`, { "usr/bin/tool": "esp" });
    load(host);
    for (const path of host.names().filter((name) => name.startsWith("/.extra"))) {
      host.layers[0]?.nodes.delete(path);
    }
    return host;
  }

  test("as in the initrd", () => {
    const host = loadFromEsp();
    put(host, `${etc}/tool.raw`, { "usr/bin/tool": "own" });
    expect(load(host)).toMatchObject({ loaded: [`${etc}/tool.raw by Alice`], refused: [] });
    expect(host.text(`${target}/usr/bin/tool`)).toBe("own");
  });

  test("and unload drops it, as trust.md says of a revoked one", () => {
    const host = loadFromEsp();
    unloadTree(target, host);
    expect(load(host)).toEqual({ kind: "loaded", loaded: [], refused: [] });
  });

  test("and so does a mask", () => {
    const host = loadFromEsp();
    host.putFile(`${etc}/tool.raw`, "");
    expect(load(host)).toEqual({ kind: "loaded", loaded: [], refused: [] });
    expect(host.text(`${target}/usr/bin/tool`)).toBeUndefined();
  });
});

describe("all extensions together have the limits of one", () => {
  const make = (name: string, entries: readonly CpioEntry[]): AcceptedExtension => ({
    ...{ path: name, signer: "Alice" },
    extension: { name, class: "sysext", version: "", sha256: "", entries },
  });
  const file = (path: string, size: number): CpioEntry => {
    return { kind: "file", path, mode: 0o444, data: new Uint8Array(size) };
  };
  const splitByRoom = (...extensions: readonly AcceptedExtension[]) => {
    const { fitting, excess } = fitExtensions(extensions);
    return [fitting, excess].map((list) => list.map(({ path }) => path));
  };

  test("for their contents", () => {
    const half = [file("usr/half", 33 * 2 ** 20)];
    const small = make("c", [file("usr/c", 1000)]);
    expect(splitByRoom(make("a", half), make("b", half), small)).toEqual([["a", "c"], ["b"]]);
  });

  test("for the text that lists their files, in which a byte may take six", () => {
    const list = (letter: string) =>
      Array.from({ length: 2000 }, (_, i) => file(`usr/${letter.repeat(200)}${i}`, 0));
    expect(splitByRoom(make("a", list("x")), make("b", list("x")))).toEqual([["a", "b"], []]);
    expect(splitByRoom(make("a", list("\xff")), make("b", list("x")))).toEqual([["b"], ["a"]]);
  });

  test("and those that do not fit are reported", () => {
    const host = makeHost();
    const long = "y".repeat(250);
    for (const name of ["a", "b", "c", "d"]) {
      const paths = Array.from({ length: 2000 }, (_, i) => `usr/${long}/${name}${i}${long}`);
      put(host, `${etc}/${name}.raw`, Object.fromEntries(paths.map((path) => [path, ""])));
    }
    const { loaded, refused } = load(host);
    expect(loaded).toHaveLength(1);
    expect(refused).toContain(
      `${etc}/d.raw: not enough space for it and the other extensions: leave one of them out`,
    );
    expect(lookAtTarget(target, host.files, fakeCodec)).toMatchObject({ intact: true });
  });
});

describe("of too many extensions only some are read", () => {
  test("this machine's own before those from the ESP, and the number of others is reported", () => {
    const host = makeHost();
    put(host, `${usr}/own.raw`, {});
    put(host, `${etc}/zz.raw`, {});
    for (let i = 0; i < 100; i++) host.putFile(`${stub}/${100 + i}.raw`, "hsqs");
    const { loaded, refused } = load(host);
    expect(loaded).toEqual([`${usr}/own.raw by Alice`, `${etc}/zz.raw by Alice`]);
    expect(refused).toHaveLength(63);
    expect(refused).toContain(
      `${stub}/162.raw: it is one of 38 beyond the limit of 64 extensions or 256 MiB: remove some`,
    );
    expect(host.calls.filter((call) => call.endsWith(".raw.p7s"))).toHaveLength(64);
    expect(load(host).kind).toBe("already");
  });

  test("also by their size", () => {
    const host = makeHost();
    put(host, `${etc}/own.raw`, {});
    for (let i = 0; i < 7; i++) {
      host.putFile(`${stub}/${i}.raw`, new Uint8Array(60 * 2 ** 20));
    }
    const { loaded, refused } = load(host);
    expect(loaded).toEqual([`${etc}/own.raw by Alice`]);
    expect(refused).toContainEqual(expect.stringMatching(/4\.raw: it is one of 3 beyond/));
    expect(refused).toHaveLength(5);
  });
});
