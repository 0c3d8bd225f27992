import { POWER_CURE } from "../load/find-power-cutters.ts";
import { DEVICE } from "../teardown/plan/watchdog.ts";
import { IPMI_DEVICE } from "../teardown/record/sel-entry.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { cureKernelUser, cureNetwork, cureReason, cureTool, sayGoing, splitCure } from "./cures.ts";
import type { Finding, Severity } from "./finding.ts";
import { shellWord } from "./shell-word.ts";

/**
 * An error: the shutdown will not be clean. A warning: it may not be, or not after a reboot. A note:
 * the shutdown is not affected, so that neither the exit status nor a login reports it.
 */
export interface Description {
  readonly severity: Severity;
  /** The problem: "'/run/initramfs' is mounted noexec". */
  readonly what: string;
  /** Its consequence. */
  readonly why: string;
  /** What to do: commands, or words. */
  readonly cure: string;
}

type Words<F> = {
  readonly severity: Severity;
  readonly what: (finding: F) => string;
  readonly why: string;
  readonly cure: (finding: F) => string;
};

const WORDS: {
  readonly [K in Finding["kind"]]: Words<Extract<Finding, { readonly kind: K }>>;
} = {
  "not-loaded": {
    severity: "error",
    what: ({ reason }) => `the next shutdown does not go through exitrd: ${splitCure(reason).text}`,
    why: "the root file system and everything below it are still in use when the power goes off",
    cure: ({ cause, reason }) => cureReason(cause, reason),
  },
  "not-after-reboot": {
    severity: "warning",
    what: ({ reason }) => `nothing will be loaded after a reboot: ${splitCure(reason).text}`,
    why: "the shutdown after the next boot would not go through exitrd",
    cure: ({ cause, reason }) => cureReason(cause, reason),
  },
  noexec: {
    severity: "error",
    what: ({ target }) => `${quote(target)} is mounted noexec`,
    why: "systemd-shutdown silently does not pivot if it cannot execute /shutdown",
    cure: ({ target }) => `mount -o remount,bind,exec ${target}`,
  },
  "image-differs": {
    severity: "warning",
    what: ({ image }) => `the loaded exitrd differs from ${quote(image)}`,
    why: "the shutdown uses another image than the installed one",
    cure: () => "exitrd load",
  },
  "image-refused": {
    severity: "warning",
    what: ({ image, problem }) => `${quote(image)} would be refused now: ${problem}`,
    why: "it cannot replace the loaded tree",
    cure: ({ image }) =>
      `exitrd sign, or reinstall the package; then: exitrd verify ${shellWord(image)}`,
  },
  "config-changed": {
    severity: "warning",
    what: () => "the configuration was changed after it was loaded",
    why: "the shutdown uses the settings of the loaded tree",
    cure: () => "exitrd load",
  },
  "image-passed-over": {
    severity: "warning",
    what: ({ reason }) => splitCure(reason).text,
    why: "the package's image is loaded instead, without what was added to this one",
    cure: ({ image }) =>
      `exitrd build with the same options as before, or: rm ${shellWord(image)}; then: exitrd load`,
  },
  "config-line": {
    severity: "warning",
    what: ({ line }) => line,
    why: "it has no effect",
    cure: () => "correct it, then: exitrd load",
  },
  "config-strict": {
    severity: "warning",
    what: ({ line }) => line,
    why: "the strictest value is used, since what was meant is not known",
    cure: () => "correct it, then: exitrd load",
  },
  parameter: {
    severity: "warning",
    what: ({ line }) => line,
    why: "the setting that was meant is not used",
    cure: () => "correct it in the boot loader's configuration and reboot",
  },
  "stale-tool": {
    severity: "warning",
    what: ({ file, state }) =>
      `${quote(file)} was ${state === "gone" ? "removed" : "updated"} after the image was built`,
    why: "the image still has the old file, with the bugs that the update fixed",
    cure: ({ isConfigured }) =>
      isConfigured
        ? "exitrd build --configured && exitrd load"
        : "exitrd build with the same options as before, then: exitrd load",
  },
  "stale-initrd": {
    severity: "warning",
    what: ({ initrd, file }) => `${quote(file)} in ${quote(initrd)} differs from this machine's`,
    why: "after a reboot, the old one is used",
    cure: ({ updater }) => updater,
  },
  "extension-refused": {
    severity: "warning",
    what: ({ path, reason }) => `the extension ${quote(path)} was refused: ${reason}`,
    why: "its programs are missing at shutdown",
    cure: () => "correct or remove it, then: exitrd load",
  },
  "debug-shell": {
    severity: "error",
    what: ({ stage }) => `the kernel command line has exitrd.break=${stage}`,
    why: "the shutdown stops there in a root shell, and waits without a deadline until it exits",
    cure: () => "remove it from the boot loader's configuration and reboot",
  },
  "systemd-bug": {
    severity: "error",
    what: ({ version }) => `systemd ${showBytes(version)} cannot pivot into a mount point`,
    why: "exitrd never runs, and the storage stays attached (systemd issue 28645)",
    cure: () => "upgrade systemd to 254.1 or later",
  },
  "other-exitrd": {
    severity: "note",
    what: ({ program, unit }) => `${quote(unit)} is enabled: ${program} builds its own exitrd`,
    why: "it cannot write into exitrd's tree, so it only takes time, unless nothing is loaded",
    cure: ({ program }) => `apt-get purge ${program}`,
  },
  "short-deadline": {
    severity: "warning",
    what: ({ timeoutMs, source }) =>
      `the shutdown is limited to ${timeoutMs / 1000} s by ${source}`,
    why: "a slow disk needs longer, and whatever is not released by then stays attached",
    cure: () => "set Timeout=90s in /etc/exitrd.conf, then: exitrd load",
  },
  "low-memory": {
    severity: "warning",
    what: ({ availableKib }) =>
      `only ${Math.floor(availableKib / 1024)} MiB of memory are available`,
    why: "each step runs in a child process, which may fail to start",
    cure: () => "systemd-cgtop -m shows what uses most: stop it",
  },
  "swap-does-not-fit": {
    severity: "warning",
    what: ({ path, usedKib, availableKib }) =>
      `the swap ${quote(path)} holds ${Math.ceil(usedKib / 1024)} MiB, but only ${Math.floor(availableKib / 1024)} MiB of memory are available`,
    why: "unless killing processes frees enough, it cannot be turned off, and its devices stay attached",
    cure: ({ path }) => `stop what uses most memory, then: swapoff ${shellWord(path)}`,
  },
  "needs-tool": {
    severity: "error",
    what: ({ node, tool }) => `only ${tool} can release ${quote(node)}, which the image lacks`,
    why: "it stays attached, and so does everything below it",
    cure: ({ tool }) => cureTool(tool),
  },
  "unknown-driver": {
    severity: "error",
    what: ({ node, version }) =>
      `exitrd does not know version ${showBytes(version)} of the driver of ${quote(node)}`,
    why: "exitrd does not use a driver that it does not know, so the device stays",
    cure: () => "upgrade exitrd, or release it in a hook: see HOOKS in exitrd(8)",
  },
  mute: {
    severity: "error",
    what: ({ node }) => `${quote(node)} does not answer`,
    why: "exitrd gives it up at shutdown, and data not yet written to it is lost",
    cure: () => "dmesg --level=err,warn shows which disk or server failed",
  },
  cycle: {
    severity: "error",
    what: ({ nodes }) => `${nodes.map(quote).join(", ")} depend on each other`,
    why: "none of them can be released first, so they stay, read-only",
    cure: () => "exitrd plan --tree shows how; move the image file to another file system",
  },
  "watchdog-missing": {
    severity: "warning",
    what: ({ device }) => `Watchdog= is set, but ${quote(device)} does not exist`,
    why: "a machine that hangs at shutdown will not be reset",
    cure: () => "load its driver, or remove Watchdog= from /etc/exitrd.conf",
  },
  "watchdog-unfed": {
    severity: "error",
    what: ({ device }) => `${quote(device)} runs, cannot be stopped, and is not pinged by systemd`,
    why: "its daemon is killed before storage is released, and the machine is reset halfway",
    cure: ({ device, timeoutS }) =>
      device === DEVICE
        ? `set Watchdog=${timeoutS || 60}s in /etc/exitrd.conf, then: exitrd load`
        : `disable its daemon, or have systemd ping it: WatchdogDevice=${device} and RuntimeWatchdogSec=${timeoutS || 60}s in systemd-system.conf(5)`,
  },
  "unmarked-server": {
    severity: "error",
    what: ({ process, serves }) =>
      `${process === "" ? "the process" : quote(process)} that serves ${quote(serves)} is not marked as a storage daemon`,
    why: "the root needs it, but it is killed before the root is unmounted",
    cure: () => "make its argv[0] begin with '@', or set SurviveFinalKillSignal=yes in its unit",
  },
  "kernel-user": {
    severity: "error",
    what: ({ user, object }) => `${user} keeps ${quote(object)} open`,
    why: "neither exitrd nor a service that runs now stops it, so everything below stays in use",
    cure: ({ user, object, unit }) => cureKernelUser(user, object, unit),
  },
  "network-root": {
    severity: "error",
    what: ({ by, link }) =>
      `the root needs the network interface ${quote(link)}, which ${sayGoing(by)}`,
    why: "the root's server cannot be reached when the root is to be unmounted",
    cure: ({ by, link, file }) => cureNetwork(by, link, file),
  },
  killpower: {
    // What the UPS is set to cannot be read, and most shutdowns follow no power failure.
    severity: "note",
    what: ({ path }) => `after a power failure, ${quote(path)} makes the UPS cut the power`,
    why: "systemd-shutdown runs it before the pivot, so the delay of the UPS begins before storage is released",
    cure: () => POWER_CURE,
  },
  "pcr-binding": {
    severity: "warning",
    what: ({ device, pcr }) =>
      `the key of ${quote(device)} is bound to PCR ${pcr}, which exitrd extends`,
    why: "the TPM will not release the key once exitrd is loaded",
    cure: ({ device }) =>
      `systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto --tpm2-pcrs=7 /dev/${shellWord(device)}, or ImagePCR= and ExtensionPCR=`,
  },
  "record-no-place": {
    severity: "note",
    what: ({ reasons }) =>
      `no place can keep the record of a shutdown: ${reasons.map((one) => splitCure(one).text).join("; ")}`,
    why: "after the next boot, 'exitrd report' cannot say how the shutdown ended",
    cure: ({ reasons }) =>
      reasons.map((one) => splitCure(one).cure).find((cure) => cure !== undefined) ??
      "set Record=off in /etc/exitrd.conf, or make a place: see Record= in exitrd.conf(5)",
  },
  "record-no-bmc": {
    severity: "note",
    what: () => `Record=ipmi is set, but ${IPMI_DEVICE} does not exist`,
    why: "the next shutdown will not be entered in the system event log of the BMC",
    cure: () =>
      "modprobe -a ipmi_si ipmi_devintf, and list both in a file in /etc/modules-load.d; or remove ipmi from Record=",
  },
  unread: {
    severity: "warning",
    what: ({ what }) => `${what} could not be checked in time`,
    why: "problems there are not reported",
    cure: () => "run exitrd check again; dmesg shows what hangs",
  },
};

export function describeFinding(finding: Finding): Description {
  const { severity, what, why, cure } = findWords(finding);
  return { severity, what: what(finding), why, cure: cure(finding) };
}

export function severityOf(finding: Finding): Severity {
  return findWords(finding).severity;
}

function findWords<F extends Finding>(finding: F): Words<F> {
  // The table is exhaustive, but tsc cannot match a finding to its own row.
  return WORDS[finding.kind] as unknown as Words<F>;
}
