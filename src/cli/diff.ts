import {
  compareManifests,
  type FieldDifference,
  type ImageDifference,
} from "../image/compare-manifests.ts";
import { describeProblem } from "../image/describe-problem.ts";
import { readImageVersion } from "../image/image-version.ts";
import { largestImage, type Manifest } from "../image/manifest.ts";
import { checkImage } from "../load/check-image.ts";
import { trySys } from "../port/sys-error.ts";
import { accept, type Checked, refuse } from "../text/checked.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import type { Command, Host } from "./command.ts";
import { type Answer, answer, fail } from "./envelope/answer.ts";

/** What is compared in addition to the manifests. */
type Difference =
  | ImageDifference
  | {
      readonly kind: "head";
      readonly field: "IMAGE_VERSION";
      readonly before: string;
      readonly after: string;
    };

/** The parts of the host that this command uses. */
type Given = "files" | "codec";

export const diffCommand: Command<Given> = {
  name: "diff",
  verb: "compare",
  summary: "Show the differences between two images; exit with 1 if they differ.",
  operand: "OLD",
  second: "NEW",
  options: [],
  examples: [{ line: "exitrd diff old.img new.img", words: "What did a rebuild change?" }],
  run: (args, host) => {
    const before = readSide(args.operand, host);
    if (!before.ok) return before.problem;
    const after = readSide(args.second, host);
    if (!after.ok) return after.problem;
    const differences = compareImages(before.value, after.value);
    const [older, newer] = [describe(before.value), describe(after.value)];
    return answer(
      {
        old: older,
        new: newer,
        same: differences.length === 0,
        differences: differences.map(listDifference),
      },
      () => differences.map((difference) => `${renderDifference(difference)}\n`).join(""),
      differences.length === 0 ? 0 : 1,
    );
  },
};

interface Side {
  readonly path: string;
  readonly sha256: string;
  readonly imageVersion: number;
  readonly manifest: Manifest;
}

/** One image, without the contents, which are listed as differences. */
function describe({ path, sha256, imageVersion, manifest: { version, architecture } }: Side) {
  return { path, sha256, version, imageVersion, architecture };
}

function compareImages(before: Side, after: Side): readonly Difference[] {
  const [old, now] = [before.imageVersion, after.imageVersion].map(String);
  const heads: readonly Difference[] =
    old === undefined || now === undefined || old === now
      ? []
      : [{ kind: "head", field: "IMAGE_VERSION", before: old, after: now }];
  return [...heads, ...compareManifests(before.manifest, after.manifest)];
}

function readSide(path: string | undefined, host: Pick<Host, Given>): Checked<Side, Answer> {
  if (path === undefined) throw new Error("diff without its operands");
  const bytes = trySys(() => host.files.readInput(path, largestImage));
  if (!bytes.ok) {
    const { code, words } = bytes.problem;
    const cure = code === "EFBIG" ? ": it is larger than an image can be" : "";
    const message = `cannot compare ${quote(path)}: ${words}${cure}`;
    return refuse(fail("unreadable", message, code, 2));
  }
  const checked = checkImage(bytes.value, undefined, host.codec);
  if (checked.ok) {
    const { manifest, entries } = checked.value;
    const sha256 = host.codec.sha256(bytes.value);
    return accept({ path, sha256, imageVersion: readImageVersion(entries), manifest });
  }
  const reason = describeProblem(checked.problem);
  const message = `cannot compare ${quote(path)}: ${reason}: use an image written by 'exitrd build'`;
  return refuse(fail("bad-image", message, undefined, 2));
}

/** Every kind of difference has the same members. */
function listDifference(difference: Difference) {
  switch (difference.kind) {
    case "head": {
      const { field, before, after } = difference;
      return { kind: "head", path: null, fields: [{ field, before, after }] };
    }
    case "removed":
    case "added":
      return { kind: difference.kind, path: difference.path, fields: [] };
    case "changed":
      return { kind: "changed", path: difference.path, fields: difference.fields };
  }
}

function renderDifference(difference: Difference): string {
  switch (difference.kind) {
    case "head":
      return `  ${renderField(difference)}`;
    case "removed":
      return `- ${showBytes(difference.path)}`;
    case "added":
      return `+ ${showBytes(difference.path)}`;
    case "changed": {
      const fields = difference.fields.map(renderField).join(", ");
      return `~ ${showBytes(difference.path)}: ${fields}`;
    }
  }
}

/** Digests are cut to their first 16 digits, as in 'exitrd inspect'. */
function renderField({
  field,
  before,
  after,
}: Pick<FieldDifference, "before" | "after"> & { readonly field: string }): string {
  const show = (value: string) => showBytes(field === "sha256" ? value.slice(0, 16) : value) || "-";
  return `${field} ${show(before)} -> ${show(after)}`;
}
