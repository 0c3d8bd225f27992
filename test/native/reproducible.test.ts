import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";

/** The SHA-256 of all that a release is made of. */
function hashRelease(dist: string): Readonly<Record<string, string>> {
  const names = readdirSync(dist).filter((name) => /\.(?:deb|json)$/.test(name));
  const files = [...names, "exitrd", "exitrd-shutdown", "package/usr/lib/exitrd/exitrd.img"];
  return Object.fromEntries(
    files.sort().map((name) => {
      const digest = createHash("sha256").update(readFileSync(join(dist, name)));
      return [name, digest.digest("hex")];
    }),
  );
}

/**
 * Builds the package from a copy of the checkout: as another user, under another
 * host name, with files of another age, umask, language and time zone, and with
 * nothing from the cache but what was downloaded.
 */
function buildElsewhere(): Readonly<Record<string, string>> {
  const place = mkdtempSync("/var/tmp/exitrd elsewhere-");
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const copy = join(place, "a", "deeper", "one");
  mkdirSync(copy, { recursive: true });
  const script = `
tar -C '${projectRoot}' -c --exclude=./node_modules --exclude=./dist --exclude=./out --exclude=./.git . |
  tar -C '${copy}' -x -m
mkdir -p '${copy}/node_modules' '${place}/cache/sources'
find '${copy}' -exec touch -d 2001-02-03 {} +
chown -R 65534:65534 '${place}'
mount --bind '${projectRoot}/node_modules' '${copy}/node_modules'
mount --bind '${cacheDir("sources")}' '${place}/cache/sources'
hostname elsewhere
cd '${copy}'
umask 077
exec setpriv --reuid=65534 --regid=65534 --clear-groups node_modules/.bin/tsx tools/package.ts`;
  const { PATH = "" } = process.env;
  execFileSync("unshare", ["--mount", "--uts", "sh", "-ec", script], {
    env: {
      ...{ PATH, HOME: place, EXITRD_CACHE: join(place, "cache") },
      ...{ TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", USER: "somebody" },
    },
    stdio: "pipe",
  });
  return hashRelease(join(copy, "dist"));
}

test("the released image and package are the same bytes wherever, whenever and by whom they are built", () => {
  execFileSync("npx", ["tsx", "tools/package.ts"], { cwd: projectRoot, stdio: "pipe" });
  const here = hashRelease(join(projectRoot, "dist"));
  expect(Object.keys(here)).toContain("package/usr/lib/exitrd/exitrd.img");
  expect(buildElsewhere()).toEqual(here);
}, 600_000);

test("no program has a path of the machine that built it", () => {
  for (const name of ["exitrd", "exitrd-shutdown"]) {
    const program = readFileSync(join(projectRoot, "dist", name), "latin1");
    for (const path of [projectRoot, cacheDir(), "/root/", "/home/", "/tmp/"]) {
      expect(program.includes(path), `${name} has ${path}`).toBe(false);
    }
  }
});
