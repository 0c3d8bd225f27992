import type { ExtensionProblem } from "../../src/extension/extension-problem.ts";
import type { BuildConfProblem } from "../../src/image/build-conf.ts";
import type { FormProblem } from "../../src/image/disk-image/form-problem.ts";
import type { ElfProblem, ImageProblem } from "../../src/image/problem.ts";
import type { SignatureProblem } from "../../src/image/sign/signature-problem.ts";
import type { UnmeasuredReason } from "../../src/image/tpm/measurement.ts";
import type { TreeChange } from "../../src/image/tree-change.ts";
import { STEP_NAMES, type Step } from "../../src/kinds/kinds.ts";
import type { LoadFailure } from "../../src/load/load-failure.ts";
import type { VerifyProblem } from "../../src/load/verify-image.ts";
import type { BuildFailure } from "../../src/pack/build-image.ts";
import type { SignFailure } from "../../src/pack/sign-image.ts";
import type { Failure, Holder } from "../../src/teardown/plan/outcome.ts";
import type { StayReason } from "../../src/teardown/plan/stay-reason.ts";
import type { NotErased } from "../../src/teardown/report/erase-lines.ts";
import type { ProgramEnd } from "../../src/teardown/report/program-end.ts";
import type { ConfigProblem } from "../../src/teardown/settings/parse-config.ts";
import { SETTING_NAMES } from "../../src/teardown/settings/settings.ts";
import type { SyntaxProblem } from "../../src/text/config-text.ts";

/**
 * Values of every kind of failure, for the test of the messages. The records are exhaustive by
 * type: a new kind without a sample does not compile.
 */

/** A name that must not reach a terminal as it is. */
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
  hung: [{ kind: "hung", limitMs: 10_000 }],
  crashed: [0, 11].map((signal) => ({ kind: "crashed", signal })),
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
  ...{ mode: true, size: true, digest: true },
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
  "wrong-value": SETTING_NAMES.map((setting) => ({
    kind: "wrong-value",
    name: setting,
    value: HOSTILE,
  })),
};

export const buildConfProblems: Samples<BuildConfProblem> = {
  ...syntax,
  "wrong-value": [{ kind: "wrong-value", key: "Tool", value: HOSTILE }],
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
  duplicate: [{ kind: "duplicate", path }],
  "no-parent": [{ kind: "no-parent", path }],
  "bad-type": [{ kind: "bad-type", path, mode: 0o120777 }],
  "not-ours": [{ kind: "not-ours" }],
  "no-manifest": [{ kind: "no-manifest" }],
  "bad-manifest": [{ kind: "bad-manifest", reason: HOSTILE }],
  "manifest-format": [{ kind: "manifest-format", format: 9 }],
  missing: [{ kind: "missing", path }],
  extra: [{ kind: "extra", path }],
  "loaders-own": [{ kind: "loaders-own", path }],
  changed: (["mode", "size", "digest"] as const).map((what) => ({ kind: "changed", path, what })),
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
  "no-interpreter": [{ kind: "no-interpreter", path, interpreter: path }],
};

export const signFailures: Samples<SignFailure> = {
  unreadable: errors.map((error) => ({ kind: "unreadable", path, error })),
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

export const buildFailures: Samples<BuildFailure> = {
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
