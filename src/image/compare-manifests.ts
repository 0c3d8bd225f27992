import { isManifestFile, isManifestLink, type Manifest, type ManifestEntry } from "./manifest.ts";

/** One thing in which two images differ. */
export type ImageDifference =
  | ({ readonly kind: "head"; readonly field: HeadField } & Sides)
  | { readonly kind: "removed"; readonly path: string }
  | { readonly kind: "added"; readonly path: string }
  | {
      readonly kind: "changed";
      readonly path: string;
      readonly fields: readonly FieldDifference[];
    };

export interface FieldDifference extends Sides {
  readonly field: "type" | "mode" | "size" | "sha256" | "file" | "package" | "version" | "target";
}

interface Sides {
  readonly before: string;
  readonly after: string;
}

const headFields = ["version", "architecture"] as const;
type HeadField = (typeof headFields)[number];

/** Compares the contents of two images, in the order of paths; modification times are ignored. */
export function compareManifests(before: Manifest, after: Manifest): readonly ImageDifference[] {
  const heads = headFields
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ kind: "head", field, before: before[field], after: after[field] }) as const);
  const [old, now] = [before, after].map(({ entries }) => {
    return new Map(entries.map((entry) => [entry.path, entry]));
  });
  const paths = [...new Set([...before.entries, ...after.entries].map(({ path }) => path))].sort();
  return [...heads, ...paths.flatMap((path) => comparePath(path, old?.get(path), now?.get(path)))];
}

function comparePath(
  path: string,
  before: ManifestEntry | undefined,
  after: ManifestEntry | undefined,
): readonly ImageDifference[] {
  if (before === undefined) return [{ kind: "added", path }];
  if (after === undefined) return [{ kind: "removed", path }];
  const [old, now] = [listFields(before), listFields(after)];
  const fields = [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const sides = { before: old.get(field) ?? "", after: now.get(field) ?? "" };
    return sides.before === sides.after ? [] : [{ field, ...sides }];
  });
  return fields.length === 0 ? [] : [{ kind: "changed", path, fields }];
}

function listFields(entry: ManifestEntry): ReadonlyMap<FieldDifference["field"], string> {
  const fields = new Map<FieldDifference["field"], string>([["mode", entry.mode]]);
  if (isManifestLink(entry)) return fields.set("type", "link").set("target", entry.target);
  fields.set("type", isManifestFile(entry) ? "file" : "directory");
  if (!isManifestFile(entry)) return fields;
  fields.set("size", String(entry.size)).set("sha256", entry.sha256);
  const { file, package: name, version } = entry.origin ?? {};
  return fields
    .set("file", file ?? "")
    .set("package", name ?? "")
    .set("version", version ?? "");
}
