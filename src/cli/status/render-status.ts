import { extensionLine } from "../../image/report/extension-line.ts";
import { describeMeasurement } from "../../image/tpm/describe-measurement.ts";
import { cureImage } from "../../load/cure-image.ts";
import type { OurTree } from "../../load/look-at-target.ts";
import { describeInit } from "../../load/read-init.ts";
import type { LoadStatus } from "../../load/read-status.ts";
import { quote, showBytes } from "../../text/show-bytes.ts";
import { sayTrustInFull } from "../trust-lines.ts";
import type { StatusFacts } from "./list-facts.ts";
import type { SettingFact } from "./list-settings.ts";
import type { Seen } from "./seen.ts";

/** The status for people: the verdict first. */
export function renderStatus(seen: Seen, facts: StatusFacts): string {
  const { image, occupant } = seen.status;
  return [
    `shutdown: ${sayVerdict(seen)}`,
    `next:     ${sayNext(seen)}`,
    `init:     ${describeInit(seen.boot.init)}`,
    `image:    ${showBytes(facts.image.path)}: ${sayImage(image, facts)}`,
    `loaded:   ${showBytes(facts.loaded.path)}: ${sayLoaded(occupant, facts)}`,
    ...(image.kind === "good" ? [`signed:   ${saySigned(image.trust, facts)}`] : []),
    ...(occupant.kind === "ours" ? [`memory:   ${sayMemory(facts)}`] : []),
    ...(occupant.kind === "ours" ? [`tpm:      ${sayMeasured(occupant)}`] : []),
    ...(occupant.kind === "ours" ? [`config:   ${sayConfig(facts)}`] : []),
    ...facts.settings.map((setting) => `setting:  ${saySetting(setting)}`),
    ...facts.extensions.loaded.map((extension) => `with:     ${extensionLine(extension)}`),
    ...facts.extensions.refused.map(({ path, reason }) => `without:  ${quote(path)}: ${reason}`),
    ...facts.peers.map(({ name, rule }) => `beside:   ${name} ${rule}`),
    ...facts.warnings.map(({ message }) => `warning:  ${message}`),
    "",
  ].join("\n");
}

function sayVerdict({ now, next }: Seen): string {
  if (!now.ok) return `not through exitrd: ${now.reasons[0]?.message}`;
  if (next.ok) return "through exitrd, now and after a reboot";
  return `through exitrd, but not after a reboot: ${next.reasons[0]?.message}`;
}

function sayNext({ next, boot: { initrd, loader }, chosen }: Seen): string {
  switch (next.by) {
    case "initrd":
      return initrd.kind === "holds" ? `${quote(initrd.path)} loads ${quote(initrd.image)}` : "";
    case "service":
      return `${loader.name} loads ${quote(chosen.path)}`;
    case undefined:
      return `nothing is loaded: ${next.reasons.map(({ message }) => message).join("; ")}`;
  }
}

function sayImage(image: LoadStatus["image"], facts: StatusFacts): string {
  switch (image.kind) {
    case "unreadable":
      return `unreadable: ${image.error.words}: ${cureImage(facts.image.path, image.error.code)}`;
    case "bad":
      return `bad: ${facts.image.problem?.message}: reinstall the package or run 'exitrd build'`;
    case "good":
      return `good, version ${image.version}`;
  }
}

function saySigned(
  trust: Extract<LoadStatus["image"], { kind: "good" }>["trust"],
  { verification: { policy, problem } }: StatusFacts,
): string {
  if (!trust.ok) return `rejected: ${problem?.message} (Verify=${policy})`;
  return `${sayTrustInFull(trust.value)} (Verify=${policy})`;
}

function sayLoaded(occupant: LoadStatus["occupant"], facts: StatusFacts): string {
  switch (occupant.kind) {
    case "nothing":
      return "nothing: run 'exitrd load'";
    case "not-directory":
      return "not a directory: remove it and run 'exitrd load'";
    case "foreign":
      return occupant.hasShutdown
        ? "another program's exitrd: remove that program, or run 'exitrd load --force'"
        : "not an exitrd: run 'exitrd load'";
    case "ours": {
      if (!occupant.intact) return "damaged: run 'exitrd load'";
      const same = facts.loaded.same
        ? "same as the image"
        : "differs from the image: run 'exitrd load'";
      return `version ${occupant.manifest.version}, intact, ${same}`;
    }
  }
}

function sayMemory({ loaded }: StatusFacts): string {
  const swap = loaded.unswappable ? "never swapped" : "may be swapped";
  const type = `${loaded.fsType ?? "not mounted"}${loaded.sealed ? " under dm-verity" : ""}`;
  // The mount is writable, the file system is not: "rw" would be wrong.
  const { mountOptions: all } = loaded;
  const options = all.includes("ro") ? all.filter((option) => option !== "rw") : all;
  return `${type}, ${swap}, ${options.join(",")}`;
}

function sayMeasured({ measurement }: OurTree): string {
  return measurement === undefined ? "unknown" : describeMeasurement(measurement);
}

function sayConfig({ configuration }: StatusFacts): string {
  return configuration.same ? "loaded" : "changed since it was loaded: run 'exitrd load'";
}

/** A setting with its origin, "Wipe=yes (/etc/exitrd.conf:3)". */
function saySetting({ name, value, file, line }: SettingFact): string {
  const place = file === null ? "a file cannot be read" : showBytes(file);
  return `${name}=${value} (${place}${line === null ? "" : `:${line}`})`;
}
