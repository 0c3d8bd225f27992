import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { projectRoot } from "../../tools/bundle.ts";
import { type MachineCopy, openMachineCopy } from "./machine-copy.ts";

// Every command line in README, the man pages, docs and --help is run here literally, in a copy of
// this machine's root in which the package is installed, unless it is in `notRun`, with the reason.

let copy: MachineCopy;

beforeAll(() => {
  copy = openMachineCopy();
});

afterAll(() => copy.close());

const programs = [
  ...["exitrd", "npm", "npx", "apt", "cp", "printf", "update-initramfs", "systemctl", "ssh"],
  ...["dpkg", "openssl", "sh", "git", "mkdir", "install", "sudo", "lsinitramfs"],
  "/usr/lib/exitrd/update-initrds",
];

/** Command lines that are not run, and why. */
const notRun: readonly (readonly [line: RegExp, reason: string])[] = [
  [
    /^npm (?:run \S+|test)/,
    "builds, or boots machines for minutes; CI runs these scripts themselves",
  ],
  [/^npx (?:vitest|tsx)/, "runs the tests, this one included, or boots a machine"],
  [/^exitrd pivot /, "ends every process; test/native/pivot.test.ts runs it in namespaces"],
  [/^ssh server /, "needs another machine; `exitrd plan --snapshot -` is run in outputs.test.ts"],
];

const pages = ["README.md", "CONTRIBUTING.md", "RELEASING.md"];
const docs = ["docs", "docs/guides"].flatMap((folder) =>
  readdirSync(join(projectRoot, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`),
);
const man = readdirSync(join(projectRoot, "man"));

/**
 * The lines that a user would type: those in literal blocks, and indented ones after a blank line.
 */
function extract(page: string): readonly string[] {
  const text = readFileSync(join(projectRoot, page), "utf8");
  const isMan = page.endsWith(".scd");
  const found: string[] = [];
  let inBlock = false;
  let before = "";
  let open: string | undefined;
  for (const raw of text.split("\n")) {
    if (raw.startsWith("```")) inBlock = !inBlock;
    else {
      const line = (isMan ? raw.replace(/\+\+$/, "").replaceAll("\\\\", "\\") : raw).trim();
      const isIndented = isMan && raw.startsWith("\t") && before === "";
      const isMore = isMan && !inBlock && before.endsWith("++");
      if (open !== undefined) open = `${open} ${line}`;
      else if ((inBlock || isIndented || isMore) && programs.includes(line.split(" ")[0] ?? "")) {
        open = line;
      }
      if (open?.endsWith("\\")) open = open.slice(0, -1).trimEnd();
      else if (open !== undefined) {
        found.push(open.replace(/\s+#.*$/, ""));
        open = undefined;
      }
    }
    before = raw.trim();
  }
  return found;
}

interface Step {
  readonly line: string;
  /** 0 if absent; "any" if it depends on the machine that runs the test. */
  readonly exit?: number | "any";
  readonly output?: RegExp;
}

interface Scene {
  /** Run before the first of its commands. */
  readonly setup: string;
  readonly steps: readonly Step[];
}

const installed = (path: string) => `dpkg -i '${path}' >/dev/null 2>&1
# Not by dpkg: nothing is to be started here.
mkdir -p /run/systemd/system
# As in an image that is being made: there is no systemd to talk to.
export SYSTEMD_OFFLINE=1
command -v update-initramfs >/dev/null || {
  printf '#!/bin/sh\\n' >/usr/sbin/update-initramfs && chmod 755 /usr/sbin/update-initramfs
}
cd /root`;

const key = `openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test -keyout db.key -out db.pem 2>/dev/null
cp '${projectRoot}/dist/exitrd-debug.sysext.raw' .`;
const signing: readonly Step[] = [
  {
    line: "exitrd sign --new-key",
    output: /made '.*sign\.key'.*\n.*\n.*wrote '\/var\/lib\/exitrd\//,
  },
  { line: "cp /etc/exitrd/sign.pem /etc/exitrd/trusted.d/" },
  {
    line: "printf '%s\\n' '[Build]' Sign=/etc/exitrd/sign.key SignCertificate=/etc/exitrd/sign.pem >>/etc/exitrd/build.conf",
  },
  { line: "update-initramfs -u" },
  {
    line: "exitrd load",
    output: /^exitrd: loaded '\/var\/lib\/exitrd\/exitrd\.img' .* signed by /,
  },
];

/** This machine's own reports, if it has any, are not in the copy. */
const noReport = /^exitrd: cannot print the report: no shutdown has been reported yet/;

function listScenes(): Readonly<Record<string, Scene>> {
  const deb = copy.exitrd;
  const start = installed(deb);
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
  return {
    "README.md": {
      // As in README, from the checkout; but no units are started on this machine.
      setup: `${start}\nmkdir -p '/root/dist' && cp '${deb}' '/root/dist/exitrd_${version}_amd64.deb'`,
      steps: [
        { line: `apt install ./dist/exitrd_${version}_amd64.deb` },
        {
          line: "exitrd status",
          exit: 1,
          output: /^shutdown: not through exitrd: nothing is loaded: run 'exitrd load'\n/,
        },
        { line: "exitrd plan", output: /^\S.*\.\n/ },
        ...signing,
      ],
    },
    "man/exitrd.8.scd": {
      setup: `${start}\n${key}\ncp /bin/true /usr/sbin/zpool\nexitrd load 2>/dev/null`,
      steps: [
        {
          line: "systemctl mask exitrd-load.service && exitrd unload",
          output: /exitrd: unloaded '\/run\/initramfs'\n/,
        },
        {
          line: "exitrd sign --key db.key --cert db.pem exitrd-debug.sysext.raw",
          output: /wrote 'exitrd-debug\.sysext\.raw\.p7s'/,
        },
        { line: "exitrd report", exit: 1, output: noReport },
        { line: "exitrd plan", output: /\n/ },
        { line: "exitrd status", exit: 1, output: /^shutdown: not through exitrd: / },
        {
          line: "exitrd build --output /tmp/new.img --tool /usr/sbin/zpool",
          output: /^exitrd: built '\/tmp\/new\.img'/,
        },
        {
          line: 'exitrd diff "$(exitrd status --print-image)" /tmp/new.img',
          exit: 1,
          output: /^\+ usr\/sbin\/zpool$/m,
        },
        ...signing,
      ],
    },
    "man/exitrd.conf.5.scd": {
      setup: `${start}\nmkdir -p /etc/exitrd.conf.d\nprintf '[Exitrd]\\nTimeout=5min\\nStepTimeout=umount:3min\\n' >/etc/exitrd.conf.d/50-slow.conf`,
      steps: [{ line: "exitrd load", output: /^exitrd: loaded / }],
    },
    "man/exitrd-build.conf.5.scd": {
      setup: `${start}
cp /bin/true /usr/bin/ipmitool
printf '#!/bin/bash\\nipmitool\\n' >/etc/exitrd/10-power-log && chmod 755 /etc/exitrd/10-power-log
printf '%s\\n' '[Build]' Hook=/etc/exitrd/10-power-log Tool=/bin/bash Tool=/usr/bin/ipmitool >/etc/exitrd/build.conf`,
      steps: [
        {
          line: "exitrd build --configured && exitrd load && update-initramfs -u",
          output: /built '\/var\/lib\/exitrd\/exitrd\.img'.*\n.*loaded '\/var\/lib/,
        },
      ],
    },
    "docs/guides/debugging.md": {
      setup: start,
      steps: [
        { line: "exitrd check", exit: "any", output: /\n$/ },
        { line: "exitrd plan", output: /\n/ },
        { line: "exitrd plan --tree", output: /\n/ },
        { line: "exitrd report", exit: 1, output: noReport },
        { line: "exitrd report --list" },
        { line: "exitrd report --boot -2", exit: 1, output: noReport },
        { line: "exitrd snapshot --archive report.tar" },
      ],
    },
    "docs/guides/systems.md": {
      setup: start,
      steps: [{ line: "/usr/lib/exitrd/update-initrds" }],
    },
    "man/exitrd-json.7.scd": {
      setup: start,
      steps: [
        {
          line: "exitrd status --json | jq -r '.result | .now, .nextBoot | .reasons[].message'",
          output: /^nothing is loaded: run 'exitrd load'\n/,
        },
        // Without a report, there is no result.
        { line: "exitrd report --json | jq -r '.result | select(.isLast).reports[0].ending'" },
      ],
    },
    help: {
      setup: `${start}\n${key}\ncp db.key my.key && cp db.pem my.pem && cp /bin/true /usr/sbin/zpool
cp /usr/lib/exitrd/exitrd.img my.img && cp my.img old.img && cp my.img new.img
find /bin/sh | cpio -o -H newc --quiet >/boot/initrd.img-$(uname -r)`,
      steps: [
        { line: "exitrd plan", output: /\n/ },
        { line: "exitrd plan --html >plan.html" },
        { line: "exitrd status", exit: 1, output: /^shutdown: / },
        { line: "exitrd status --json | jq -r '.result.nextBoot.reasons[].message'" },
        { line: "exitrd report", exit: 1, output: noReport },
        { line: "exitrd report --html >report.html", exit: 1, output: noReport },
        { line: "exitrd report --boot -2 --json", exit: 1, output: /"kind": "no-report"/ },
        { line: "exitrd record", exit: "any", output: /cannot keep a record: |ExitrdRecord-/ },
        { line: "exitrd check", exit: "any", output: /\n$/ },
        { line: "exitrd check --json | jq -r '.result.findings[].cure'" },
        { line: "exitrd load", output: /^exitrd: loaded / },
        { line: "exitrd unload", output: /^exitrd: unloaded / },
        { line: "exitrd build --configured", output: /^exitrd: built '\/var\/lib\/exitrd/ },
        {
          line: "exitrd build --tool /usr/sbin/zpool --output zfs.img",
          output: /^exitrd: built 'zfs\.img'/,
        },
        { line: "exitrd build --base initrd", output: /^exitrd: the base is '\/boot\/initrd/ },
        { line: "exitrd sign --new-key", output: /wrote '\/var\/lib\/exitrd/ },
        { line: "exitrd sign --key my.key --cert my.pem my.img", output: /wrote 'my\.img\.p7s'/ },
        { line: "exitrd verify /usr/lib/exitrd/exitrd.img", exit: 1, output: /it is not signed/ },
        {
          line: "exitrd inspect /usr/lib/exitrd/exitrd.img",
          output: /\n0[0-7]{3} +\d+ [0-9a-f]{16} shutdown\n/,
        },
        { line: "exitrd diff old.img new.img" },
        { line: "exitrd snapshot --archive bug-report.tar" },
        { line: "exitrd snapshot --pseudonyms --output snapshot.json" },
        { line: "exitrd version", output: /^exitrd \d/ },
        { line: "exitrd help plan", output: /^Usage: exitrd plan / },
      ],
    },
  };
}

function isRun(line: string): boolean {
  return !notRun.some(([pattern]) => pattern.test(line));
}

const sources: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [...pages, ...docs, ...man.map((name) => `man/${name}`)]
      .map((page) => [page, extract(page).filter(isRun)] as const)
      .filter(([, lines]) => lines.length > 0),
  ),
  help: commands.flatMap(({ examples }) => examples.map(({ line }) => line)).filter(isRun),
};

function run(scene: Scene) {
  const mark = "=== next";
  const parts = scene.steps.map(
    ({ line }, index) => `cat >/tmp/line-${index} <<'END'\n${line}\nEND
code=0; bash /tmp/line-${index} >/tmp/out 2>&1 || code=$?
echo "${mark} $code"; cat /tmp/out`,
  );
  const { stdout, stderr } = copy.run(`${scene.setup}\n${parts.join("\n")}\n`);
  const [, ...outputs] = stdout.split(`${mark} `);
  return scene.steps.map(({ line }, index) => {
    const [code = "", ...output] = (outputs[index] ?? `none\n${stderr}`).split("\n");
    return { line, exit: Number(code), output: output.join("\n") };
  });
}

describe("command lines in the documentation", () => {
  test.each(Object.keys(sources))(
    "all of %s are run literally, or there is a reason not to",
    (page) => {
      expect(listScenes()[page]?.steps.map(({ line }) => line)).toEqual(sources[page]);
    },
  );

  test.each(Object.keys(sources))(
    "those of %s do what the text says",
    (page) => {
      const scene = listScenes()[page];
      if (scene === undefined) throw new Error(`no scene for ${page}`);
      const ended = run(scene);
      const expected = scene.steps.map(({ line, exit = 0, output = /^/ }) => {
        const exits = exit === "any" ? expect.any(Number) : exit;
        return { line, exit: exits, output: expect.stringMatching(output) };
      });
      expect(ended).toEqual(expected);
    },
    300_000,
  );

  test("those that are not run still exist", () => {
    const all = [
      ...[...pages, ...man.map((name) => `man/${name}`)].flatMap(extract),
      ...commands.flatMap(({ examples }) => examples.map(({ line }) => line)),
    ];
    for (const [pattern] of notRun) expect(all.some((line) => pattern.test(line))).toBe(true);
  });
});
