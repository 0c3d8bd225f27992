import { describe, expect, test } from "vitest";
import { buildScript, type Outcome, readResult, runCommand, variants } from "./native-program.ts";

// The state that exitrd-early.service leaves, with a script instead of the real systemd-shutdown.
const prepare = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /run/host /run/initramfs /run/linked
ln -s /run/host /run/folder
ln -s /run/host/systemd-shutdown /run/linked/systemd-shutdown
printf '#!/bin/sh\\necho real "$0" "$@"\\nenv\\n' >/run/host/systemd-shutdown
chmod 755 /run/host/systemd-shutdown
`;

const addTree = `mount -t tmpfs tmpfs /run/initramfs
cd /run/initramfs
mkdir dev proc run sys oldroot
cp "$0" shutdown
cd /
`;

const place = "/run/host/systemd-shutdown";

function startBy(path: string): string {
  return `mount --bind "$0" ${path}
exec env -i WATCHDOG_USEC=0 EMPTY= ${path} poweroff --timeout=90s
`;
}

function runAsInit(program: string, script: string): Outcome {
  return runCommand(
    "unshare",
    ...["--pid", "--fork", "--mount", "--mount-proc", "bash", "-c", script, program],
  );
}

describe.each(variants)("started instead of systemd-shutdown, under %s", async (variant) => {
  const program = await buildScript("enter-early", variant, true);

  test.each([
    ["the path of the real one", place],
    ["a linked folder", "/run/folder/systemd-shutdown"],
    ["a link to that path", "/run/linked/systemd-shutdown"],
  ])(
    "by %s, it enters the tree in RAM, and leaves no mount of its own in the old root",
    (_, path) => {
      expect(readResult(runAsInit(program, prepare + addTree + startBy(path)))).toEqual({
        isEarly: true,
        // In the old root, where processes find their files.
        wasAsked: true,
        root: ["dev", "oldroot", "proc", "run", "shutdown", "sys"],
        covered: false,
        // Without them, storage daemons that are marked only by their control group would be killed.
        hasControlGroups: true,
        real: "#!/bin/sh",
      });
    },
  );

  test.each([
    ["there is no tree", ""],
    ["there is no tree, and it was started by a link", "", "/run/linked/systemd-shutdown"],
    ["the tree has no program", `${addTree}rm /run/initramfs/shutdown\n`],
    [
      "the tree is not a mount",
      `${addTree}umount /run/initramfs\ncp "$0" /run/initramfs/shutdown\n`,
    ],
    ["the kernel refuses", `${addTree}rmdir /run/initramfs/oldroot\n`],
  ])(
    "it executes the real one with its own arguments and environment if %s",
    (_, spoil, path = place) => {
      const { stdout, status } = runAsInit(program, prepare + spoil + startBy(path));
      const [line, ...environment] = stdout.trim().split("\n");
      expect(line).toBe(`real ${path} poweroff --timeout=90s`);
      // Variables that sh sets by itself.
      const given = environment.filter((one) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(one)).sort();
      expect(given).toEqual(["EMPTY=", "WATCHDOG_USEC=0"]);
      expect(status).toBe(0);
    },
  );
});
