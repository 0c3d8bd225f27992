import type { Finding } from "../../src/check/finding.ts";
import type { ExtensionProblem } from "../../src/extension/extension-problem.ts";
import type { BuildConfProblem } from "../../src/image/build-conf.ts";
import type { FormProblem } from "../../src/image/disk-image/form-problem.ts";
import type { InitrdProblem } from "../../src/image/initrd/initrd-problem.ts";
import type { ElfProblem, ImageProblem } from "../../src/image/problem.ts";
import type { SignatureProblem } from "../../src/image/sign/signature-problem.ts";
import type { UnmeasuredReason } from "../../src/image/tpm/measurement.ts";
import type { TreeChange } from "../../src/image/tree-change.ts";
import { STEP_NAMES, type Step } from "../../src/kinds/kinds.ts";
import type { LoadFailure } from "../../src/load/load-failure.ts";
import type { VerifyProblem } from "../../src/load/verify-image.ts";
import type { BuildFailure } from "../../src/pack/build-image.ts";
import type { SignFailure } from "../../src/pack/sign-image.ts";
import type { PivotProblem } from "../../src/pivot/pivot-problem.ts";
import type { PlaceProblem } from "../../src/record/place-problem.ts";
import type { Failure, Holder } from "../../src/teardown/plan/outcome.ts";
import type { StayReason } from "../../src/teardown/plan/stay-reason.ts";
import type { KeepProblem } from "../../src/teardown/record/describe-keeping.ts";
import type { NotErased } from "../../src/teardown/report/erase-lines.ts";
import type { ProgramEnd } from "../../src/teardown/report/program-end.ts";
import type { ConfigProblem } from "../../src/teardown/settings/parse-config.ts";
import { SETTING_NAMES } from "../../src/teardown/settings/settings.ts";
import type { SyntaxProblem } from "../../src/text/config-text.ts";

/**
 * Samples of every kind of failure, for the test of the messages. The tables are exhaustive by
 * type: a new kind without a sample does not compile.
 */

/** A name that must not reach a terminal unescaped. */
export const HOSTILE = "a\nb\u001b[2J'c";

type Samples<U extends { readonly kind: string }> = {
  readonly [K in U["kind"]]: readonly Extract<U, { readonly kind: K }>[];
};

type Words<K extends string> = Readonly<Record<K, true>>;

export function listSamples<S extends Readonly<Record<string, readonly unknown[]>>>(
  samples: S,
): readonly S[keyof S][number][] {
  return Object.values(samples).flat();
}

export function listWords<K extends string>(words: Words<K>): readonly K[] {
  return Object.keys(words) as K[];
}

const path = HOSTILE;
const name = HOSTILE;

const errors = ["EACCES", "EFBIG", "ENOENT", "ENOSPC", "ENOMEM", "ENOSYS", "ENOKEY", "EIO"].flatMap(
  (code) =>
    ["open", "fsopen", "mount"].map((syscall) => ({ syscall, code, words: "Input/output error" })),
);

const holder: Holder = { pid: 812, command: HOSTILE, by: "cwd", path: "/" };

export const holderLists: readonly (readonly Holder[])[] = [[], [holder], [holder, holder]];

export const steps = STEP_NAMES.map(
  (kind) => ({ kind, name, path, target: path, uuid: name, devices: [] }) as unknown as Step,
);

export const failures: Samples<Failure> = {
  busy: holderLists.map((holders) => ({ kind: "busy", holders })),
  error: [{ kind: "error", syscall: "umount2", code: "EIO", words: "Input/output error" }],
  "still-there": [{ kind: "still-there" }],
  hung: [
    { kind: "hung", limitMs: 10_000 },
    { kind: "hung", limitMs: 0 },
  ],
  crashed: [0, 11].map((signal) => ({ kind: "crashed", signal })),
};

export const pivotProblems: Samples<PivotProblem> = {
  systemd: [{ kind: "systemd" }],
  "unknown-init": [{ kind: "unknown-init", name }],
  container: [{ kind: "container", where: "in WSL" }],
  elsewhere: [{ kind: "elsewhere" }],
  "no-tree": [{ kind: "no-tree", target: path, reason: "nothing is loaded" }],
  system: errors.flatMap((error) =>
    (["prepare", "enter"] as const).map((action) => ({ kind: "system", action, error }) as const),
  ),
  "not-taken": [
    {
      kind: "not-taken",
      init: name,
      attempts: [
        { way: "request", problem: { kind: "no-answer" } },
        { way: "finish", problem: { kind: "no-stop" } },
        { way: "trace", problem: { kind: "architecture", machine: name } },
        { way: "trace", problem: { kind: "not-executed" } },
        ...errors.map((error) => ({ way: "trace", problem: { kind: "system", error } }) as const),
      ],
    },
  ],
};

export const stays: Samples<StayReason> = {
  own: [{ kind: "own" }],
  hardware: [{ kind: "hardware" }],
  held: [{ kind: "held", by: ["block:253:1"] }],
  "no-memory": [{ kind: "no-memory" }],
  "no-tool": [{ kind: "no-tool", tool: "drbdsetup" }],
  mute: [{ kind: "mute" }],
  policy: [{ kind: "policy" }],
  "unknown-version": [{ kind: "unknown-version", version: HOSTILE }],
  cycle: [{ kind: "cycle" }],
};

export const programEnds: Samples<ProgramEnd> = {
  exited: [{ kind: "exited", status: 3 }],
  killed: [{ kind: "killed", signal: 11 }],
  hung: [{ kind: "hung", limitMs: 10_000 }],
  error: [{ kind: "error", words: "No such file or directory" }],
};

export const notErased: Words<NotErased> = { error: true, crashed: true, hung: true, late: true };

export const treeChanges: Words<TreeChange["what"]> = {
  ...{ missing: true, extra: true, mounted: true, manifest: true },
  ...{ mode: true, size: true, digest: true, target: true },
};

const syntax: Samples<SyntaxProblem> = {
  unreadable: [{ kind: "unreadable", reason: "Permission denied" }],
  "too-long": [{ kind: "too-long" }],
  "no-equals": [{ kind: "no-equals", text: HOSTILE }],
  "unknown-section": [{ kind: "unknown-section", section: HOSTILE }],
  "no-section": [{ kind: "no-section", key: HOSTILE }],
  "unknown-key": [{ kind: "unknown-key", key: HOSTILE }],
};

export const configProblems: Samples<ConfigProblem> = {
  ...syntax,
  misplaced: [{ kind: "misplaced", meant: "/etc/exitrd.conf" }],
  more: [{ kind: "more", count: 3 }],
  "wrong-value": SETTING_NAMES.map((setting) => ({
    kind: "wrong-value",
    name: setting,
    value: HOSTILE,
  })),
};

export const buildConfProblems: Samples<BuildConfProblem> = {
  ...syntax,
  "wrong-value": [{ kind: "wrong-value", key: "Tool", value: HOSTILE }],
  "wrong-base": [{ kind: "wrong-base", value: HOSTILE }],
  incomplete: [{ kind: "incomplete", key: "Sign", needs: "SignCertificate" }],
  exclusive: [{ kind: "exclusive", key: "Sign", other: "SignCommand" }],
};

const elfReasons: Words<ElfProblem["reason"]> = {
  ...{ "not-elf": true, truncated: true, "not-executable": true },
  ...{ interpreter: true, machine: true, "bad-note": true },
};

const elf = listWords(elfReasons).map((reason) => ({ kind: "elf", path, reason }) as const);

const forms: Samples<FormProblem> = {
  "unknown-form": [{ kind: "unknown-form" }],
  table: (["truncated", "bad-header"] as const).map((reason) => ({ kind: "table", reason })),
  partitions: (["none", "ambiguous", "no-verity", "no-signature"] as const).map((reason) => ({
    kind: "partitions",
    reason,
  })),
  verity: (["bad-superblock", "unknown-hash", "truncated", "changed"] as const).map((reason) => ({
    kind: "verity",
    reason,
  })),
  "verity-signature": (["no-json", "root-hash", "signature"] as const).map((reason) => ({
    kind: "verity-signature",
    reason,
  })),
};

const imageProblems: Samples<ImageProblem> = {
  ...forms,
  zstd: [{ kind: "zstd", reason: "no zstd data" }],
  truncated: [{ kind: "truncated", at: 110 }],
  "bad-magic": [{ kind: "bad-magic", at: 110 }],
  "bad-field": [{ kind: "bad-field", at: 110, field: "mode" }],
  trailing: [{ kind: "trailing", at: 110 }],
  "too-many-entries": [{ kind: "too-many-entries", limit: 64 }],
  "unsafe-path": [{ kind: "unsafe-path", path }],
  "unsafe-link": [{ kind: "unsafe-link", path }],
  duplicate: [{ kind: "duplicate", path }],
  "no-parent": [{ kind: "no-parent", path }],
  "bad-type": [{ kind: "bad-type", path, mode: 0o20666 }],
  "not-ours": [{ kind: "not-ours" }],
  "no-manifest": [{ kind: "no-manifest" }],
  "bad-manifest": [{ kind: "bad-manifest", reason: HOSTILE }],
  "manifest-format": [{ kind: "manifest-format", format: 9 }],
  missing: [{ kind: "missing", path }],
  extra: [{ kind: "extra", path }],
  "loaders-own": [{ kind: "loaders-own", path }],
  changed: (["mode", "size", "digest", "target"] as const).map((what) => ({
    kind: "changed",
    path,
    what,
  })),
  "shutdown-not-last": [{ kind: "shutdown-not-last" }],
  architecture: [{ kind: "architecture", image: "aarch64", machine: "x86_64" }],
  elf,
};

const signatureProblems: Samples<SignatureProblem> = {
  unsigned: [{ kind: "unsigned" }],
  "not-der": [{ kind: "not-der", at: 1 }],
  trailing: [{ kind: "trailing", at: 1 }],
  malformed: [{ kind: "malformed", part: "digest" }],
  attached: [{ kind: "attached" }],
  signers: [{ kind: "signers", count: 2 }],
  weak: [
    { kind: "weak", algorithm: "SHA-1" },
    { kind: "weak", algorithm: "SHA-1", name },
  ],
  unsupported: [
    { kind: "unsupported", algorithm: "MD2" },
    { kind: "unsupported", algorithm: "MD2", name },
  ],
  "bad-certificate": [{ kind: "bad-certificate", reason: "no public key" }],
  "critical-extension": [{ kind: "critical-extension", name, oid: "1.2.3" }],
  "no-certificate": [{ kind: "no-certificate" }],
  "stray-certificate": [{ kind: "stray-certificate", name }],
  "bad-chain": [{ kind: "bad-chain", name, issuer: name }],
  untrusted: [{ kind: "untrusted", name, issuer: name }],
  expired: [{ kind: "expired", name, lastDay: "2026-01-01" }],
  revoked: [{ kind: "revoked", name }],
  usage: [{ kind: "usage", name, wanted: "sign data" }],
  "path-length": [{ kind: "path-length", name }],
  "other-content": [{ kind: "other-content" }],
  "bad-signature": [{ kind: "bad-signature", signer: name }],
};

const verifyProblems: Samples<VerifyProblem> = {
  ...signatureProblems,
  "bad-seal": listSamples(forms).map((form) => ({ kind: "bad-seal", form })),
  "unreadable-signature": [{ kind: "unreadable-signature", reason: "Permission denied" }],
  "trust-file": [
    ...(["file", "firmware"] as const).map((origin) => {
      const file = { path, reason: "no certificate in PEM", fatal: true, origin } as const;
      return { kind: "trust-file", file } as const;
    }),
  ],
  rollback: [{ kind: "rollback", version: 7, floor: 8 }],
};

const unmeasuredReasons: Samples<UnmeasuredReason> = {
  off: [{ kind: "off" }],
  "no-tpm": [{ kind: "no-tpm" }],
  system: [{ kind: "system", words: "Permission denied" }],
  "no-bank": [{ kind: "no-bank", pcr: 12 }],
  "no-answer": [{ kind: "no-answer" }],
  "bad-answer": [{ kind: "bad-answer" }],
  refused: [{ kind: "refused", code: 0x984 }],
};

const image = HOSTILE;
const target = HOSTILE;

export const loadFailures: Samples<LoadFailure> = {
  unreadable: errors.map((error) => ({ kind: "unreadable", image, error })),
  "bad-image": listSamples(imageProblems).map((problem) => ({ kind: "bad-image", image, problem })),
  unverified: listSamples(verifyProblems).map((problem) => ({
    kind: "unverified",
    image,
    problem,
  })),
  "not-measured": listSamples(unmeasuredReasons).map((reason) => ({
    kind: "not-measured",
    image,
    reason,
  })),
  "not-directory": [{ kind: "not-directory", target }],
  taken: [{ kind: "taken", target }],
  system: (["create", "fill", "mkdir", "mount"] as const).flatMap((action) =>
    errors.map((error) => ({ kind: "system" as const, action, target, error })),
  ),
  "not-sealed": [{ kind: "not-sealed", image }],
  "no-verity": errors.map((error) => ({ kind: "no-verity", target, error })),
  beside: errors.map((error) => ({ kind: "beside", target, error })),
  "in-use": [{ kind: "in-use", target }],
  "mounts-below": [{ kind: "mounts-below", target, name: "li\x07ve" }],
  "not-there": [true, false].map((removed) => ({ kind: "not-there", target, removed })),
};

const extensionProblems: Samples<ExtensionProblem> = {
  ...forms,
  "bad-name": [{ kind: "bad-name" }],
  unreadable: errors.map((error) => ({ kind: "unreadable", error })),
  failed: [{ kind: "failed", reason: "out of memory" }],
  "not-looked-at": [{ kind: "not-looked-at", count: 38 }],
  "no-room": [{ kind: "no-room" }],
  unmountable: errors.map((error) => ({ kind: "unmountable", type: "squashfs", error })),
  unsigned: [{ kind: "unsigned", signature: path }],
  "unsigned-directory": [{ kind: "unsigned-directory" }],
  "bad-signature": [{ kind: "bad-signature", reason: "its signature does not match this file" }],
  "no-release": [{ kind: "no-release", name: "x" }],
  mismatch: [undefined, HOSTILE].map((found) => ({
    kind: "mismatch",
    field: "ID",
    found,
    wanted: "exitrd",
  })),
  "unsafe-path": [{ kind: "unsafe-path", path }],
  "bad-type": (
    ["link", "hard-link", "device", "fifo", "socket", "set-id", "capability"] as const
  ).map((type) => ({ kind: "bad-type", path, type })),
  outside: [{ kind: "outside", path, roots: ["usr", "opt"] }],
  reserved: [{ kind: "reserved", path }],
  collision: [undefined, "other"].map((owner) => ({ kind: "collision", path, owner })),
  "too-many-files": [{ kind: "too-many-files", limit: 4096 }],
  "too-large": [{ kind: "too-large", limit: 64 << 20 }],
  "hook-name": [{ kind: "hook-name", path }],
  "no-executable-bit": [{ kind: "no-executable-bit", path }],
  program: listWords(elfReasons).map((reason) => ({ kind: "program", path, reason })),
  "cr-lf": [{ kind: "cr-lf", path }],
  "no-interpreter": [{ kind: "no-interpreter", path, interpreter: path }],
};

export const signFailures: Samples<SignFailure> = {
  unreadable: errors.map((error) => ({ kind: "unreadable", path, error })),
  "not-an-image": [{ kind: "not-an-image" }],
  "no-openssl": [{ kind: "no-openssl" }],
  "no-command": [{ kind: "no-command", command: path }],
  failed: ["openssl", path].map((program) => ({
    ...{ kind: "failed" as const, program },
    ...{ status: 1, words: HOSTILE },
  })),
  useless: listSamples(signatureProblems).map((problem) => ({ kind: "useless", problem })),
  unwritable: errors.map((error) => ({ kind: "unwritable", path, error })),
  "no-partition-types": [{ kind: "no-partition-types", machine: "s390x" }],
};

const initrdProblems: Samples<InitrdProblem> = {
  "unknown-form": [{ kind: "unknown-form" }],
  none: [{ kind: "none" }],
  damaged: [{ kind: "damaged" }],
  squashed: [{ kind: "squashed", path: "/squashfs-root.img" }],
  "too-large": [{ kind: "too-large", limit: 1 << 28 }],
  packed: [{ kind: "packed", compression: "lzo" }],
  unpack: [{ kind: "unpack", reason: HOSTILE }],
};

export const buildFailures: Samples<BuildFailure> = {
  "not-shutdown": [{ kind: "not-shutdown", path }],
  "no-initrd": errors.map((error) => ({ kind: "no-initrd", path, error })),
  "bad-initrd": listSamples(initrdProblems).map((problem) => ({
    kind: "bad-initrd",
    path,
    problem,
  })),
  "no-shutdown": errors.map((error) => ({ kind: "no-shutdown", path, error })),
  unwritable: errors.map((error) => ({ kind: "unwritable", path, error })),
  "old-signature": errors.map((error) => ({ kind: "old-signature", path, error })),
  "keeps-signed": [{ kind: "keeps-signed", path }],
  unsigned: listSamples(signFailures).map((failure) => ({ kind: "unsigned", path, failure })),
  "too-large": [{ kind: "too-large" }],
  "not-loadable": listSamples(imageProblems).map((problem) => ({ kind: "not-loadable", problem })),
  unreadable: errors.map((error) => ({ kind: "unreadable", path, error })),
  elf,
  "bad-name": (["hook", "system-shutdown", "shell", "tool"] as const).map((role) => ({
    kind: "bad-name",
    path,
    role,
  })),
  "same-name": [{ kind: "same-name", path }],
  "no-executable-bit": [{ kind: "no-executable-bit", path }],
  "cr-lf": [{ kind: "cr-lf", path }],
  "no-interpreter": [{ kind: "no-interpreter", path, interpreter: path }],
  "no-library": [{ kind: "no-library", path, library: path, file: path }],
  "foreign-tool": [{ kind: "foreign-tool", path, machine: "aarch64" }],
  "does-not-run": listSamples(programEnds).map((end) => ({
    kind: "does-not-run",
    path,
    end,
    words: HOSTILE,
  })),
  "cannot-run": errors.map((error) => ({ kind: "cannot-run", error })),
  extension: listSamples(extensionProblems).map((problem) => ({
    kind: "extension",
    path,
    problem,
  })),
};

export const keepProblems: Samples<KeepProblem> = {
  changed: [{ kind: "changed" }],
  "not-ours": [{ kind: "not-ours" }],
  "in-use": [{ kind: "in-use" }],
  misread: [{ kind: "misread" }],
  "too-long": [{ kind: "too-long" }],
  "no-driver": [{ kind: "no-driver" }],
  refused: [0x81, 0xc1, 0xc4].map((code) => ({ kind: "refused", code })),
  "not-logged": [{ kind: "not-logged" }],
  "not-dumped": [{ kind: "not-dumped" }],
  hung: [{ kind: "hung", limitMs: 1000 }],
  crashed: [{ kind: "crashed" }],
  error: [{ kind: "error", words: "I/O error" }],
};

export const placeProblems: Samples<PlaceProblem> = {
  "file-system": [{ kind: "file-system", fsType: HOSTILE }],
  "no-partition": [{ kind: "no-partition" }],
  "no-disk": [{ kind: "no-disk" }],
  held: [{ kind: "held" }],
  "read-only": [{ kind: "read-only" }],
  "data-journal": [{ kind: "data-journal" }],
  absent: [{ kind: "absent" }],
  missing: [{ kind: "missing" }],
  foreign: [{ kind: "foreign" }],
  inode: [{ kind: "inode", word: "encrypted" }],
  extent: [{ kind: "extent", word: "unwritten" }],
  scattered: [{ kind: "scattered" }],
  "pstore-backend": [{ kind: "pstore-backend", backend: HOSTILE }],
  "pstore-reason": [{ kind: "pstore-reason", maxReason: HOSTILE }],
  elsewhere: [{ kind: "elsewhere" }],
  "no-driver": [{ kind: "no-driver" }],
  error: [{ kind: "error", words: "I/O error" }],
};

const reason = `it is ${HOSTILE}: run 'exitrd load'`;
const kernelUsers: Words<Extract<Finding, { readonly kind: "kernel-user" }>["user"]> = {
  ...{ block2mtd: true, nandsim: true, "nvmet passthrough": true, "OCFS2 heartbeat": true },
  ...{ pscsi: true, "rnbd-server": true, tcmu: true, "xen-blkback": true, zloop: true },
};

export const findings: Samples<Finding> = {
  "not-loaded": [reason, HOSTILE].map((text) => ({
    kind: "not-loaded",
    cause: "nothing-loaded",
    reason: text,
  })),
  "not-after-reboot": [{ kind: "not-after-reboot", cause: "nothing-loaded", reason }],
  noexec: [{ kind: "noexec", target: path }],
  "image-differs": [{ kind: "image-differs", image: path }],
  "image-refused": [{ kind: "image-refused", image: path, problem: HOSTILE }],
  "config-changed": [{ kind: "config-changed" }],
  "image-passed-over": [{ kind: "image-passed-over", image: path, reason }],
  "config-line": [{ kind: "config-line", line: HOSTILE }],
  "config-strict": [{ kind: "config-strict", line: HOSTILE }],
  parameter: [{ kind: "parameter", line: HOSTILE }],
  "stale-tool": (["changed", "gone"] as const).flatMap((state) =>
    [true, false].map((isConfigured) => ({ kind: "stale-tool", file: path, state, isConfigured })),
  ),
  "stale-initrd": [{ kind: "stale-initrd", updater: "dracut --force", initrd: path, file: path }],
  "extension-refused": [{ kind: "extension-refused", path, reason }],
  "debug-shell": [{ kind: "debug-shell", stage: "before-verb" }],
  "systemd-bug": [{ kind: "systemd-bug", version: HOSTILE }],
  "other-exitrd": [{ kind: "other-exitrd", program: "finalrd", unit: "finalrd.service" }],
  "short-deadline": [{ kind: "short-deadline", timeoutMs: 1_000, source: "Timeout=" }],
  "low-memory": [{ kind: "low-memory", availableKib: 20_000 }],
  "swap-does-not-fit": [{ kind: "swap-does-not-fit", path, usedKib: 1e6, availableKib: 5e5 }],
  "needs-tool": [{ kind: "needs-tool", node: name, tool: "drbdsetup" }],
  "unknown-driver": [{ kind: "unknown-driver", node: name, version: HOSTILE }],
  mute: [{ kind: "mute", node: name }],
  cycle: [{ kind: "cycle", nodes: [name, name] }],
  "watchdog-missing": [{ kind: "watchdog-missing", device: "/dev/watchdog0" }],
  "watchdog-unfed": [{ kind: "watchdog-unfed", device: "/dev/watchdog1", timeoutS: 60 }],
  "unmarked-server": ["", HOSTILE].map((process) => ({
    ...{ kind: "unmarked-server", process },
    serves: name,
  })),
  "kernel-user": listWords(kernelUsers).map((user) => ({
    ...{ kind: "kernel-user", user, unit: user === "tcmu" ? "target.service" : "" },
    object: name,
  })),
  "network-root": (["networkd", "ifupdown", "wireless"] as const).map((by) => ({
    ...{ kind: "network-root", by },
    ...{ link: name, file: path },
  })),
  killpower: [{ kind: "killpower", path }],
  "pcr-binding": [{ kind: "pcr-binding", device: name, pcr: 12 }],
  "record-no-place": [{ kind: "record-no-place", reasons: [HOSTILE, HOSTILE] }],
  "record-no-bmc": [{ kind: "record-no-bmc" }],
  unread: [{ kind: "unread", what: "the network" }],
};
