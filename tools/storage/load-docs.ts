import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { KindDocs } from "../../src/kinds/kind-docs.ts";
import { projectRoot } from "../bundle.ts";

const folder = join(projectRoot, "src/kinds");

/** The folders of src/kinds, sorted. */
export function listKinds(): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The documentation of each kind, by the name of its folder. Throws if one has none. */
export async function loadKindDocs(): Promise<ReadonlyMap<string, KindDocs>> {
  const all = new Map<string, KindDocs>();
  for (const kind of listKinds()) {
    const path = join(folder, kind, "docs.ts");
    if (!existsSync(path)) throw new Error(`no 'src/kinds/${kind}/docs.ts'`);
    const { docs } = (await import(pathToFileURL(path).href)) as { readonly docs: KindDocs };
    all.set(kind, docs);
  }
  return all;
}
