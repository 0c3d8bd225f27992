import type { InitSuite } from "../build/suites.ts";
import type { Case } from "../case.ts";
import { verbCases } from "./verbs.ts";

const verbs = ["poweroff", "reboot"] as const;
type Verb = (typeof verbs)[number];

interface Init {
  readonly suite: InitSuite;
  /** Its name in 'exitrd status'. */
  readonly name: string;
  /** Makes it PID 1, if it is not the suite's default. */
  readonly commandLine?: string;
  /** The commands, if they are not those of the same name. */
  readonly commands?: Readonly<Record<Verb, string>>;
}

const inits: Readonly<Record<string, Init>> = {
  sysvinit: { suite: "sysvinit", name: "sysvinit" },
  openrc: { suite: "openrc", name: "sysvinit" },
  "openrc-init": {
    ...{ suite: "openrc", name: "openrc-init" },
    commandLine: "init=/sbin/openrc-init",
    commands: {
      poweroff: "openrc-shutdown --poweroff now",
      reboot: "openrc-shutdown --reboot now",
    },
  },
  runit: { suite: "runit", name: "runit" },
  finit: { suite: "finit", name: "finit" },
  busybox: { suite: "busybox", name: "BusyBox init" },
  s6: { suite: "s6", name: "s6-svscan" },
};

/** Like systemd's case of this verb, with another init; only 'dpkg -i' was run before. */
function makeCase([key, init]: readonly [string, Init], verb: Verb): Case {
  const main = `lvm-on-luks ${verb}`;
  const base = verbCases.find(({ name }) => name === main);
  if (base === undefined) throw new Error(`no case '${main}'`);
  const { suite, name, commandLine, commands } = init;
  const command = commands?.[verb] ?? verb;
  return {
    ...base,
    ...{ name: `${main} by ${key}`, suite },
    script: `exitrd status || true\n${base.script.replace(`systemctl ${verb}`, command)}`,
    ...(commandLine === undefined ? {} : { extraCommandLine: commandLine }),
    limitSeconds: 400,
    expect: {
      ...base.expect,
      output: [
        /^shutdown: through exitrd, now and after a reboot$/,
        new RegExp(`^init: +${name} pivots into an exitrd$`),
      ],
    },
  };
}

// shutdown(8) needs /run/initctl; without it, sysvinit would create a new FIFO.
const forbid = `echo 3 >/proc/sys/kernel/yama/ptrace_scope
[ ! -e /etc/init.d/umountroot ] ||
  echo "rm -f /run/initctl; mkdir /run/initctl" >>/etc/init.d/umountroot
`;

/** PID 1 cannot be replaced: the machine shuts down without exitrd. */
function makeWayBack(entry: readonly [string, Init]): Case {
  const base = makeCase(entry, "poweroff");
  return {
    ...base,
    name: `control: ${base.name}, which cannot be replaced`,
    script: `${forbid}${base.script}`,
    expect: {
      ending: "poweroff",
      fileSystems: "clean",
      controllerShutDown: true,
      volumeKey: "present",
      console: [/exitrd: cannot replace '.*': .*: continuing without exitrd/],
      consoleNever: [/umount '\/oldroot'/, /Kernel panic/],
    },
  };
}

const entries = Object.entries(inits);

/** Inits other than systemd, which call 'exitrd pivot'. */
export const initCases: readonly Case[] = [
  ...entries.flatMap((entry) => verbs.map((verb) => makeCase(entry, verb))),
  // s6-svscan executes its finish program without being traced, so it has no such case.
  ...entries.filter(([key]) => key !== "s6").map(makeWayBack),
];
