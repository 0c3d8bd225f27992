import { type Field, get, readList, readString } from "../../text/read-field.ts";
import { isSafePath } from "../check-path.ts";
import type { ManifestEntry } from "../manifest.ts";
import { isEntry } from "../parse-manifest.ts";
import { readIdentity } from "./parse-identity.ts";
import { type ExtensionRecord, stringifyRecord } from "./record.ts";

/** Reads the text of `extensions.json`; undefined if `stringifyRecord` cannot have written it. */
export function parseRecord(text: string): ExtensionRecord | undefined {
  try {
    const record = readRecord({ value: JSON.parse(text), path: "" });
    return stringifyRecord(record) === text ? record : undefined;
  } catch {
    return undefined;
  }
}

function readRecord(field: Field): ExtensionRecord {
  const text = (item: Field, key: string) => readString(get(item, key));
  return {
    format: 1,
    loaded: readList(get(field, "loaded"), (item) => ({
      ...readIdentity(item),
      path: text(item, "path"),
      signer: text(item, "signer"),
      entries: readList(get(item, "entries"), readEntry),
    })),
    refused: readList(get(field, "refused"), (item) => ({
      path: text(item, "path"),
      reason: text(item, "reason"),
    })),
  };
}

function readEntry({ value, path }: Field): ManifestEntry {
  if (!isEntry(value) || !isSafePath(value.path)) throw new Error(`${path}: wrong`);
  return value;
}
