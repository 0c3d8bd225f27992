import type { AcceptedExtension } from "../image/extension/record.ts";
import { escapeBytes, largestImage, largestText } from "../image/manifest.ts";

/**
 * The limit of all extensions together, in bytes. It equals that of a single one, so that many
 * extensions cannot exhaust the memory of the loader or of the machine.
 */
const mostContents = largestImage;
/** Paths are recorded in two files, of which the reader accepts at most `largestText` each. */
const mostText = largestText / 2;
/** Bytes that describe one entry, without its path. */
const entryText = 160;

export interface FittedExtensions {
  readonly fitting: readonly AcceptedExtension[];
  readonly excess: readonly AcceptedExtension[];
}

/** Accepts extensions in order while there is space; those that do not fit are left out. */
export function fitExtensions(extensions: readonly AcceptedExtension[]): FittedExtensions {
  const fitting: AcceptedExtension[] = [];
  const excess: AcceptedExtension[] = [];
  let [contents, text] = [mostContents, mostText];
  for (const one of extensions) {
    const cost = findCost(one);
    const fits = cost.contents <= contents && cost.text <= text;
    (fits ? fitting : excess).push(one);
    if (!fits) continue;
    contents -= cost.contents;
    text -= cost.text;
  }
  return { fitting, excess };
}

function findCost({ extension: { entries } }: AcceptedExtension) {
  let [contents, text] = [0, 0];
  for (const entry of entries) {
    text += escapeBytes(JSON.stringify(entry.path)).length + entryText;
    if (entry.kind === "file") contents += entry.data.length;
  }
  return { contents, text };
}
