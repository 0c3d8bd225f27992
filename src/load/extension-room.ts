import type { AcceptedExtension } from "../image/extension/record.ts";
import { escapeBytes, largestImage, largestText } from "../image/manifest.ts";

/**
 * What all extensions together may bring, in bytes: as much as one of them may, so that
 * their number alone cannot fill the loader's memory or the machine's.
 */
const mostContents = largestImage;
/** They stand in two texts, of each of which no more than `largestText` is read again. */
const mostText = largestText / 2;
/** Of what describes one entry, without its path. */
const entryText = 160;

export interface FittedExtensions {
  readonly fitting: readonly AcceptedExtension[];
  readonly excess: readonly AcceptedExtension[];
}

/** Takes extensions one after another, as far as there is room: what does not fit is left out. */
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
