import {
  compareManifests,
  type FieldDifference,
  type ImageDifference,
} from "../image/compare-manifests.ts";
import { describeProblem } from "../image/describe-problem.ts";
import { largestImage, type Manifest } from "../image/manifest.ts";
import { checkImage } from "../load/check-image.ts";
import { trySys } from "../port/sys-error.ts";
import { quote, showBytes } from "../text/show-bytes.ts";
import { type Command, type Host, jsonOption } from "./command.ts";
import { formatJson } from "./format.ts";

/** The parts of the host that the command gets. */
type Given = "files" | "codec" | "print" | "say";

export const diffCommand: Command<Given> = {
  name: "diff",
  summary: "Show the differences between two images; exit with 1 if there are any.",
  operand: "OLD",
  second: "NEW",
  options: [jsonOption],
  run: (args, host) => {
    const [before, after] = [args.operand, args.second].map((path) => readManifest(path, host));
    if (before === undefined || after === undefined) return 2;
    const differences = compareManifests(before, after);
    if (args.flags.has("--json")) host.print(formatJson(differences));
    else host.print(differences.map((difference) => `${renderDifference(difference)}\n`).join(""));
    return differences.length === 0 ? 0 : 1;
  },
};

/** Undefined, after a message, if the image is bad. */
function readManifest(path: string | undefined, host: Pick<Host, Given>): Manifest | undefined {
  if (path === undefined) throw new Error("diff without its operands");
  const bytes = trySys(() => host.files.readInput(path, largestImage));
  if (!bytes.ok) {
    host.say(`exitrd: cannot compare ${quote(path)}: ${bytes.problem.words}`);
    return undefined;
  }
  const checked = checkImage(bytes.value, undefined, host.codec);
  if (checked.ok) return checked.value.manifest;
  const reason = describeProblem(checked.problem);
  host.say(
    `exitrd: cannot compare ${quote(path)}: ${reason}: use an image written by 'exitrd build'`,
  );
  return undefined;
}

function renderDifference(difference: ImageDifference): string {
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
