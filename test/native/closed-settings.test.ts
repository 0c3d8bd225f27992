import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildPrograms, runProgram } from "./exitrd-program.ts";

const { exitrd } = await buildPrograms();
const folder = mkdtempSync(join(cacheDir("test-native"), "closed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const image = join(folder, "image");
writeFileSync(image, "no image, and not signed\n");

/** The messages of `exitrd load` with an /etc of its own, after `commands` were run in it. */
function load(commands: string): string {
  // Whether this machine has Secure Boot on must not matter.
  const script = `for directory in /sys/firmware /sys/kernel/boot_params; do
  [ ! -d $directory ] || mount -t tmpfs none $directory
done
mount -t tmpfs etc /etc && mkdir -p /etc/exitrd/trusted.d && cd /etc && ${commands}
exec "$@"`;
  const args = ["--mount", "sh", "-c", script, "sh", exitrd];
  return runProgram("unshare", [...args, "load", "--image", image, "--target", folder]).stderr;
}

const unsigned = /it is not signed/;
// The loader reads the image only if it would load an unsigned one.
const open = /zstd: /;

test.each([
  ["nothing", ":", open],
  ["a mask of a certificate", "ln -s /dev/null exitrd/trusted.d/a.pem", open],
  ["a damaged certificate", "echo rubbish >exitrd/trusted.d/a.pem", unsigned],
  ["a dangling link to a certificate", "ln -s /none exitrd/trusted.d/a.pem", unsigned],
  [
    "a trusted.d that is a link to itself",
    "rmdir exitrd/trusted.d; ln -s trusted.d exitrd/trusted.d",
    /'\/etc\/exitrd\/trusted\.d': Too many levels/,
  ],
  [
    "a revoked.d that is a link to itself",
    "ln -s revoked.d exitrd/revoked.d",
    /'\/etc\/exitrd\/revoked\.d': Too many levels/,
  ],
  [
    "a revoked.d that is a file",
    ": >exitrd/revoked.d",
    /'\/etc\/exitrd\/revoked\.d': Not a directory/,
  ],
  [
    "a revoked.d that leads nowhere",
    "ln -s /none exitrd/revoked.d",
    /'\/etc\/exitrd\/revoked\.d': No such file/,
  ],
  ["a misspelt policy", "printf '[Exitrd]\\nVerify=required\\n' >exitrd.conf", unsigned],
  ["a policy in capitals", "printf '[Exitrd]\\nVerify=Prefer\\n' >exitrd.conf", open],
  ["a configuration that is a link to itself", "ln -s exitrd.conf exitrd.conf", unsigned],
  ["a configuration that is a directory", "mkdir exitrd.conf", unsigned],
  ["drop-ins that are a link to themselves", "ln -s exitrd.conf.d exitrd.conf.d", unsigned],
])("with %s", (_, commands, said) => {
  expect(load(commands)).toMatch(said);
});
