import type { Suite } from "../build/suites.ts";
import type { Case } from "../case.ts";
import { verbCases } from "./verbs.ts";

const main = "lvm-on-luks poweroff";

// Which unit loaded it, and the state of dracut's own unit, whose trigger is hidden below our
// mount.
const sayLoaded = `journalctl -b -o cat -u exitrd-initrd.service
journalctl -b -o cat -u exitrd-load.service
exitrd status
ls -A /run/initramfs
systemctl stop dracut-shutdown.service
echo "dracut's own: $(systemctl is-failed dracut-shutdown.service), $(ls /run/initramfs/bin 2>&1)"
dracut --version
`;

function makeDracutCase(suite: Suite, version: RegExp): Case {
  const base = verbCases.find(({ name }) => name === main);
  if (base === undefined) throw new Error(`no case '${main}'`);
  return {
    ...base,
    name: `${main}, loaded by the initrd of dracut (${suite.replace(/-dracut$/, "")})`,
    suite,
    script: `${sayLoaded}${base.script}`,
    limitSeconds: 600,
    expect: {
      ...base.expect,
      output: [
        /exitrd: loaded '.*' into '\/run\/initramfs'/,
        /exitrd: .* is already loaded into '\/run\/initramfs'/,
        /^shutdown: through exitrd, now and after a reboot/,
        /^next: {5}'\/boot\/initrd\.img-.*' loads '\/usr\/lib\/exitrd\/exitrd\.img'/,
        /^dracut's own: inactive, .*No such file/,
        version,
      ],
      outputNever: [/^warning: .*initrd/],
    },
  };
}

const ext4 = verbCases.find(({ name }) => name === "ext4 poweroff");
if (ext4 === undefined) throw new Error("no case 'ext4 poweroff'");

/** For us, generators without a hook of ours, such as booster, are the same as no initrd at all. */
const serviceCase: Case = {
  ...ext4,
  name: "ext4 poweroff, loaded by the service alone (tiny-initramfs)",
  suite: "bookworm-tiny",
  script: `exitrd status\n${ext4.script}`,
  expect: {
    ...ext4.expect,
    output: [
      /^shutdown: through exitrd, now and after a reboot/,
      /^next: {5}exitrd-load\.service loads '\/usr\/lib\/exitrd\/exitrd\.img'/,
    ],
    outputNever: [/^warning: .*initrd/],
  },
};

/** The main case, with the image loaded by the initrds of other generators. */
export const generatorCases: readonly Case[] = [
  makeDracutCase("bookworm-dracut", /^dracut 059/),
  makeDracutCase("trixie-dracut", /^dracut 10[0-9]/),
  makeDracutCase("forky-dracut", /^dracut 1(09|[1-9][0-9])/),
  makeDracutCase("sid-dracut", /^dracut 1(09|[1-9][0-9])/),
  serviceCase,
];
