import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";

beforeAll(() => {
  execFileSync("npx", ["tsx", "tools/package.ts"], { cwd: projectRoot, stdio: "pipe" });
});

/** The SHA-256 of all files of a release. */
function hashRelease(dist: string): Readonly<Record<string, string>> {
  // A package for arm64 may lie beside it.
  const ours = /^(?!.*_arm64).*\.(?:deb|cdx\.json|raw)$/;
  const names = readdirSync(dist).filter((name) => ours.test(name));
  const files = [...names, "exitrd", "exitrd-shutdown", "package/usr/lib/exitrd/exitrd.img"];
  return Object.fromEntries(files.sort().map((name) => [name, hashFile(join(dist, name))]));
}

function hashFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/**
 * Builds the package from a copy of the checkout: as another user, with another host name, other
 * file times, umask, language and time zone, and with nothing from the cache except downloads.
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

test.each(["exitrd.cdx.json", "exitrd.img.cdx.json"])(
  "%s is a valid bill of materials, with the digests of the files that are shipped",
  async (name) => {
    const dist = join(projectRoot, "dist");
    const text = readFileSync(join(dist, name), "utf8");
    expect(readFileSync(join(dist, "package/usr/share/doc/exitrd", name), "utf8")).toBe(text);
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    const { metadata, components } = JSON.parse(text);
    const files = [metadata.component, ...components].filter(({ type }) => type === "file");
    expect(files.map((file) => file.name)).toContain("usr/lib/exitrd/exitrd.img");
    for (const { name: path, hashes } of files) {
      expect(hashes[0].content).toBe(hashFile(join(dist, "package", path)));
    }
    const names = components.map((component: { readonly name: string }) => component.name);
    expect(names).toEqual(expect.arrayContaining(["quickjs", "libmd", "musl", "libgcc"]));
    expect(names.includes("libzstd")).toBe(name === "exitrd.cdx.json");
  },
);

test("no program has a path of the machine that built it", () => {
  for (const name of ["exitrd", "exitrd-shutdown"]) {
    // proc_pid_root(5) is the only path to /root that is intended.
    const file = readFileSync(join(projectRoot, "dist", name), "latin1");
    const program = file.replaceAll("/proc/1/root/", "");
    for (const path of [projectRoot, cacheDir(), "/root/", "/home/", "/tmp/"]) {
      expect(program.includes(path), `${name} has ${path}`).toBe(false);
    }
  }
});
