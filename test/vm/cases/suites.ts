import type { Suite } from "../build/suites.ts";
import type { Case } from "../case.ts";
import { verbCases } from "./verbs.ts";

const main = "lvm-on-luks poweroff";

function makeCase(suite: Suite, version: RegExp): Case {
  const base = verbCases.find(({ name }) => name === main);
  if (base === undefined) throw new Error(`no case '${main}'`);
  return {
    ...base,
    name: `${main} by the systemd of ${suite}`,
    suite,
    script: `systemctl --version\n${base.script}`,
    // A newer Debian takes longer to boot.
    limitSeconds: 400,
    expect: { ...base.expect, output: [version, ...(base.expect.output ?? [])] },
  };
}

/**
 * The main case with SELinux, which denies what the policy does not know. The initrd has loaded the
 * image before there was a policy, so the unit loads it again.
 */
function makeSelinuxCase(): Case {
  const base = makeCase("bookworm-selinux", /^Enforcing$/);
  return {
    ...base,
    name: `${main} with SELinux enforcing`,
    extraCommandLine: "security=selinux enforcing=1",
    script: `getenforce
exitrd unload
systemctl restart exitrd-load.service exitrd-report.service
ls -dZ /usr/bin/exitrd /run/initramfs/shutdown
${base.script.replace(/systemctl poweroff\n$/, "")}journalctl -b -k --no-pager --grep 'avc: *denied.*exitrd'
systemctl poweroff
`,
    expect: { ...base.expect, outputNever: [/avc: .*denied/] },
  };
}

/**
 * The main case after a soft reboot, which keeps the kernel and /run, but unmounts the tree: it is
 * loaded anew. No machine was shut down, so nothing may be called unclean.
 */
function makeSoftRebootCase(): Case {
  const base = makeCase("trixie", /^systemd 257 /);
  const units = "exitrd-load.service exitrd-report.service exitrd-unclean-shutdown.target";
  return {
    ...base,
    name: "lvm-on-luks soft-reboot, then poweroff by the systemd of trixie",
    script: `if [ ! -e /run/soft-rebooted ]; then
  touch /run/soft-rebooted
  exitrd report
  systemctl soft-reboot
  exit
fi
echo count: $(systemctl show --value -p SoftRebootsCount)
exitrd status && echo status: ok
echo units: $(systemctl is-active ${units})
exitrd report
${base.script}`,
    limitSeconds: 500,
    expect: {
      ...base.expect,
      output: [
        /^count: 1$/,
        /^status: ok$/,
        /^units: active active inactive$/,
        ...(base.expect.output ?? []),
      ],
    },
  };
}

/** The main case, shut down by every systemd version of Debian. All other cases use 252. */
export const suiteCases: readonly Case[] = [
  makeCase("bookworm-backports", /^systemd 254 /),
  makeCase("trixie", /^systemd 257 /),
  makeCase("forky", /^systemd 2(5[89]|[6-9][0-9]) /),
  makeCase("sid", /^systemd 2(5[89]|[6-9][0-9]) /),
  makeSelinuxCase(),
  makeSoftRebootCase(),
];
