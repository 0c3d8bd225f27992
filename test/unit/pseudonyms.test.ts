import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { buildGraph } from "../../src/teardown/graph/build-graph.ts";
import { makePlan } from "../../src/teardown/plan/make-plan.ts";
import { replaceNames } from "../../src/teardown/snapshot/pseudonyms.ts";
import { parseSnapshot, stringifySnapshot } from "../../src/teardown/snapshot/snapshot-text.ts";
import { toBytes } from "../../src/text/bytes.ts";
import { writeTar } from "../../src/text/tar.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { stack } from "../property/core-generators.ts";
import { lvmOnLuks, makeDevice, makeLoop, makeMount, makeSnapshot } from "./core-builders.ts";

const secret = makeSnapshot(
  [
    makeMount(20, 1, "253:1", "/", "ext4"),
    makeMount(30, 20, "0:70", "/srv/customers/Müller".replace("ü", "\xc3\xbc"), "nfs4", {
      source: "nas.acme.example:/export/payroll",
      superOptions: ["rw", "addr=10.1.2.3", "clientaddr=10.1.2.4"],
    }),
    makeMount(31, 20, "7:0", "/mnt/payroll", "xfs"),
  ],
  [...lvmOnLuks, makeLoop("loop0", "7:0", "/home/alice/payroll.img", "253:1")],
);

/** The parts of a plan that do not depend on names: the nodes' steps, and what each waits for. */
function shape(snapshot: Snapshot) {
  const { steps, stays } = makePlan(buildGraph(snapshot), { perspective: "running" });
  const key = (node: string): string =>
    /^(?:mount|block):/.test(node) ? node : (node.split(":")[0] ?? "");
  return {
    steps: steps
      .map(({ step, node, also, after }) => ({
        step: step.kind,
        node: key(node),
        also: also.map(key).sort(),
        after: after.map((index) => key(steps[index]?.node ?? "")).sort(),
      }))
      .map((one) => JSON.stringify(one))
      .sort(),
    stays: stays.map(({ node, reason }) => `${key(node)} ${reason.kind}`).sort(),
  };
}

describe("a snapshot with other names", () => {
  const replaced = replaceNames(secret);
  const text = stringifySnapshot(replaced);

  test("has none of the words that a user chose", () => {
    for (const word of ["customers", "ller", "nas", "acme", "payroll", "alice", "10.1.2.3"]) {
      expect(text).not.toContain(word);
    }
  });

  test("has the same word wherever a word is repeated", () => {
    const [, nas, image] = replaced.mounts;
    expect(image?.target.split("/").at(-1)).toBe(nas?.source.split("/").at(-1));
    expect(replaced.devices.find(({ name }) => name === "loop0")?.loop?.backingFile).toMatch(
      /^\/home\/n\d+x\/n\d+x\.img$/,
    );
    expect(nas?.superOptions).toEqual(["rw", "addr=192.0.2.1", "clientaddr=192.0.2.2"]);
    expect(nas?.fsType).toBe("nfs4");
  });

  test("can be parsed, has the same plan, and does not change again", () => {
    expect(parseSnapshot(text)).toEqual(replaced);
    expect(shape(replaced)).toEqual(shape(secret));
    expect(stringifySnapshot(replaceNames(secret))).toBe(text);
  });

  test("keeps the loopback address, which shows that a server is this machine itself", () => {
    const own = makeMount(30, 20, "0:70", "/srv/x", "nfs", { superOptions: ["addr=127.0.0.1"] });
    expect(replaceNames(makeSnapshot([own], [])).mounts[0]?.superOptions).toEqual([
      "addr=127.0.0.1",
    ]);
  });

  test.each([
    ["a UUID of digits", "/srv/12345678-1234-4567-8901-123456789012", /^\/srv\/n1x$/],
    ["a long number", "/srv/471199", /^\/srv\/n1x$/],
    ["an IPv6 address", "[2001:638:904::1234]:/srv", /^\[2001:db8::1\]:\/srv$/],
    ["a full IPv6 address", "2001:638:904:1:2:3:4:5678", /^2001:db8::1$/],
    ["an IPv4 address as IPv6", "[::ffff:10.1.2.3]:/srv", /^\[2001:db8::1\]:\/srv$/],
    ["a translated IPv4 address", "64:ff9b::10.1.2.3", /^2001:db8::1$/],
    ["a full one", "2001:638:904:1:2:3:10.1.2.3", /^2001:db8::1$/],
    ["the loopback address as IPv6", "[::ffff:127.0.0.1]:/srv", /^\[::ffff:127.0.0.1\]:\/srv$/],
    ["the loopback address", "[::1]:/srv", /^\[::1\]:\/srv$/],
    ["a MAC address of digits", "/srv/52:54:00:12:34:56", /^\/srv\/n1x$/],
    ["a MAC address", "/srv/52-54-00-ab-cd-12:/x", /^\/srv\/n1x:\/x$/],
    ["an address of Fibre Channel", "21:00:00:24:10:12:34:56", /^n1x$/],
    [
      "an address of InfiniBand",
      "80:00:02:08:10:80:00:00:00:00:00:00:24:10:12:34:56:78:90:12",
      /^n1x$/,
    ],
    ["an IPv6 address of pairs", "20:01:06:38:09:04:00:1234", /^2001:db8::1$/],
    ["a short one of pairs", "20:01:06:38:09:04::12", /^2001:db8::1$/],
    ["a serial number of vfat", "/srv/1234-5678", /^\/srv\/n1x$/],
    ["one with letters", "/srv/A1B2-3456", /^\/srv\/n1x$/],
    ["one after a word", "/srv/usb_1234-5678", /^\/srv\/n1x_n2x$/],
    ["an IPv4 address after a word", "/srv/nas_10.1.2.3", /^\/srv\/n1x_192\.0\.2\.1$/],
    [
      "a UUID of digits after a word",
      "/srv/x_12345678-1234-4567-8901-123456789012",
      /^\/srv\/x_n1x$/,
    ],
    ["a person whose name could be that of a disk", "/home/vdiaz/sdean", /^\/home\/n1x\/n2x$/],
    ["an IPv4 address with dashes", "ip-10-0-12-34.ec2:/x", /^n1x-192\.0\.2\.1\.n2x:\/x$/],
    ["one with underscores", "/srv/10_1_2_3", /^\/srv\/192\.0\.2\.1$/],
    ["a short number and a port", "/srv/2026 localhost:2049", /^\/srv\/2026 n1x:2049$/],
    ["two colons that are no address", "export::x9", /^n1x::n2x$/],
  ])("replaces the whole of it, if it may identify anybody: %s", (_, source, expected) => {
    const mount = makeMount(30, 20, "0:70", "/srv", "nfs4", { source });
    expect(replaceNames(makeSnapshot([mount], [])).mounts[0]?.source).toMatch(expected);
  });

  test("keeps the names of its disks", () => {
    const mount = makeMount(30, 20, "8:1", "/srv", "ext4", { source: "/dev/sda1" });
    const disk = makeDevice("sda1", "8:1");
    expect(replaceNames(makeSnapshot([mount], [disk])).mounts[0]?.source).toBe("/dev/sda1");
  });

  test("has no name of a program that is not widely known", () => {
    const fuses = ["fuse.acme-vault", "fuse.sshfs", "fuseblk"].map((fsType, index) =>
      makeMount(30 + index, 20, `0:7${index}`, "/srv", fsType),
    );
    expect(replaceNames(makeSnapshot(fuses, [])).mounts.map(({ fsType }) => fsType)).toEqual([
      expect.stringMatching(/^fuse\.n\d+x-n\d+x$/),
      ...["fuse.sshfs", "fuseblk"],
    ]);
    const fuseServers = ["acme-fuse", "sshfs"].map((command, pid) => {
      return { pid, command, startTime: "1", fileSystems: [], devices: [] };
    });
    const { fuseServers: found } = replaceNames({ ...makeSnapshot([], []), fuseServers });
    expect(found?.map(({ command }) => command)).toEqual(["n1x-fuse", "sshfs"]);
  });

  test("has the same plan whatever the stack is", () => {
    fc.assert(
      fc.property(stack, (snapshot) => {
        expect(shape(replaceNames(snapshot))).toEqual(shape(snapshot));
      }),
      { numRuns: 300 },
    );
  });
});

describe("an archive", () => {
  test("is read by tar(1), with the contents of each file", () => {
    const dir = mkdtempSync(join(tmpdir(), "exitrd-tar-"));
    try {
      const big = new Uint8Array(1500).fill(65);
      const tar = writeTar(
        [
          { name: "a/one.txt", data: toBytes("1\n") },
          { name: "a/empty", data: new Uint8Array() },
          { name: "a/big", data: big },
        ],
        1_700_000_000,
      );
      writeFileSync(join(dir, "x.tar"), tar);
      execFileSync("tar", ["-xf", "x.tar"], { cwd: dir });
      expect(readFileSync(join(dir, "a/one.txt"), "latin1")).toBe("1\n");
      expect(readFileSync(join(dir, "a/empty")).length).toBe(0);
      expect(new Uint8Array(readFileSync(join(dir, "a/big")))).toEqual(big);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("for a bug report has the snapshot, the plan, findings and reports", () => {
    const host = new FakeHost();
    host.observe = () => secret;
    expect(run(["snapshot", "--archive", "/bug.tar"], host)).toBe(0);
    const text = host.text("/bug.tar") ?? "";
    for (const name of ["version.txt", "snapshot.json", "plan.txt", "findings.txt", "reports.json"])
      expect(text).toContain(`exitrd-bug-report/${name}`);
    expect(text).toContain("payroll");
    // It replays as it is.
    expect(run(["plan", "--snapshot", "/bug.tar"], host)).toBe(0);
    const replayed = host.printed;
    run(["snapshot", "--output", "/bug.json"], host);
    host.printed = "";
    run(["plan", "--snapshot", "/bug.json"], host);
    expect(host.printed).toBe(replayed);
  });

  test.each([
    ["snapshot", "--archive"],
    ["snapshot", "--output"],
    ["build", "--output"],
  ])("or an image and JSON cannot both go to standard output: %s %s -", (command, option) => {
    const host = new FakeHost();
    host.observe = () => secret;
    expect(run([command, option, "-", "--json"], host)).toBe(2);
    expect(JSON.parse(host.printed).ok).toBe(false);
  });

  test("without names has no files with sentences", () => {
    const host = new FakeHost();
    host.observe = () => secret;
    expect(run(["snapshot", "--pseudonyms", "--archive", "/bug.tar"], host)).toBe(0);
    const text = host.text("/bug.tar") ?? "";
    expect(text).not.toContain("payroll");
    expect(text).not.toContain("findings.txt");
    expect(run(["snapshot", "--output", "/x", "--archive", "/y"], host)).toBe(2);
  });

  test("without names does not name this machine in JSON either", () => {
    const host = new FakeHost();
    host.observe = () => secret;
    const { reader } = host;
    host.reader = { ...reader, readText: () => "payroll-server\n" };
    expect(run(["snapshot", "--pseudonyms", "--json"], host)).toBe(0);
    expect(host.printed).not.toContain("payroll");
    expect(JSON.parse(host.printed)).toMatchObject({ host: null, ok: true });
  });

  test("replaces a device by a device", () => {
    const md = makeDevice("md_family", "9:0", ["sda"]);
    const one = replaceNames(makeSnapshot([], [makeDevice("sda", "8:0"), md]));
    expect(one.devices.map(({ name }) => name)).toEqual(["sda", "md_n1x"]);
  });
});
