import { describeProblem } from "../../image/describe-problem.ts";
import { describePassedOver } from "../../load/describe-passed-over.ts";
import { describeVerifyProblem } from "../../load/describe-verify-problem.ts";
import { describeLoadFailure } from "../../load/load-failure.ts";
import { readPeers } from "../../load/read-peers.ts";
import type { FileReader } from "../../port/loader.ts";
import { stringifySettings } from "../../teardown/settings/stringify-settings.ts";
import { listMeasurement, listOrigin, listSigner } from "../shared-facts.ts";
import { listSettings } from "./list-settings.ts";
import { listWarnings } from "./list-warnings.ts";
import type { Seen } from "./seen.ts";

export type StatusFacts = ReturnType<typeof listStatusFacts>;

/** The status as values, as --json prints it; `status.schema.json` describes it. */
export function listStatusFacts(seen: Seen, files: FileReader) {
  const { now, next, boot, status } = seen;
  return {
    now,
    nextBoot: { ...next, by: next.by ?? null, initrd: listInitrd(seen) },
    init: {
      name: boot.init.name,
      version: boot.init.version ?? null,
      problem: boot.init.problem ?? null,
    },
    off: boot.off ?? null,
    image: listImage(seen),
    loaded: listLoaded(seen),
    extensions: listExtensions(seen),
    pivots: status.pivots,
    verification: listVerification(seen),
    configuration: { same: isSameConfiguration(seen) },
    settings: listSettings(seen),
    peers: readPeers(files),
    warnings: listWarnings(seen, files),
  };
}

function listImage({ status: { image }, chosen: { path, passedOver } }: Seen) {
  const good = image.kind === "good" ? image : undefined;
  return {
    path,
    passedOver:
      passedOver === undefined
        ? null
        : { kind: passedOver.kind, message: describePassedOver(passedOver) },
    state: image.kind,
    problem: listImageProblem(image),
    version: good?.version ?? null,
    architecture: good?.manifest.architecture ?? null,
    manifestSha256: good?.digest ?? null,
    updates: (good?.updates ?? []).map(({ origin, state }) => ({
      state,
      origin: listOrigin(origin),
    })),
  };
}

function listImageProblem(image: Seen["status"]["image"]) {
  switch (image.kind) {
    case "unreadable":
      return { kind: image.error.code, message: image.error.words };
    case "bad":
      return { kind: image.problem.kind, message: describeProblem(image.problem) };
    case "good":
      return null;
  }
}

function listLoaded({ status: { image, occupant, mount }, target }: Seen) {
  const ours = occupant.kind === "ours" ? occupant : undefined;
  const sealed = ours?.sealed === true;
  const unswappable =
    sealed || mount?.fsType === "ramfs" || mount?.superOptions.includes("noswap") === true;
  const isSame =
    image.kind === "good" && ours?.digest === image.digest && ours.sealed === image.sealed;
  return {
    path: target,
    state: ours !== undefined && !ours.intact ? "damaged" : occupant.kind,
    version: ours?.manifest.version ?? null,
    manifestSha256: ours?.digest ?? null,
    same: isSame,
    fsType: mount?.fsType ?? null,
    mountOptions: mount === undefined ? [] : [...mount.options, ...mount.superOptions],
    unswappable,
    sealed,
    measurement: ours?.measurement === undefined ? null : listMeasurement(ours.measurement),
  };
}

function listExtensions({ status: { occupant } }: Seen) {
  const record = occupant.kind === "ours" ? occupant.extensions : undefined;
  return {
    loaded: (record?.loaded ?? []).map(({ entries: _, ...extension }) => extension),
    refused: record?.refused ?? [],
  };
}

/** Who signed the image, and whether this machine accepts it. */
function listVerification({ status: { image }, verification }: Seen) {
  const trust = image.kind === "good" ? image.trust : undefined;
  const signer = trust?.ok && trust.value.kind === "signed" ? trust.value.signer : undefined;
  return {
    ok: trust?.ok ?? null,
    policy: verification.policy,
    secureBoot: verification.secureBoot,
    anchors: verification.trust.anchors.length,
    imageVersionFloor: verification.floor,
    state: trust?.ok ? trust.value.kind : null,
    signer: signer === undefined ? null : listSigner(signer),
    problem:
      trust?.ok === false
        ? { kind: trust.problem.kind, message: describeVerifyProblem(trust.problem) }
        : null,
  };
}

/** Whether the configuration in /etc is the loaded one. */
function isSameConfiguration({ status: { occupant }, config }: Seen): boolean {
  const loaded = occupant.kind === "ours" ? occupant.configuration : undefined;
  return loaded === stringifySettings(config.settings);
}

/** What the initrd contains, and whether its loader will accept it. */
function listInitrd({ boot: { initrd } }: Seen) {
  const read = initrd.kind === "holds" ? initrd.read : undefined;
  return {
    ok: read?.ok ?? null,
    path: initrd.kind === "none" ? null : initrd.path,
    state: initrd.kind,
    image: initrd.kind === "holds" ? initrd.image : null,
    version: read?.ok ? read.value.image.manifest.version : null,
    problem:
      read?.ok === false
        ? { kind: read.problem.kind, message: describeLoadFailure(read.problem) }
        : null,
    unreadable: initrd.kind === "unknown" ? initrd.reason : null,
    stale: initrd.kind === "holds" ? initrd.stale : [],
  };
}
