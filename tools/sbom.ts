import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";

/** A third-party part of a program, or a file of the release. */
export interface Part {
  readonly kind: "library" | "file";
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  readonly purl?: string;
  readonly hash: { readonly algorithm: "SHA-256" | "SHA-512"; readonly hex: string } | undefined;
  /** The names of the parts that it contains. */
  readonly contains: readonly string[];
}

/**
 * Makes a software bill of materials (CycloneDX 1.6, JSON) of `subject` and its contents. It has no
 * serial number, so the same parts and time give the same bytes.
 */
export function renderBom(subject: Part, parts: readonly Part[], epoch: number): string {
  const bom = new Models.Bom();
  bom.metadata.timestamp = new Date(epoch * 1000);
  const components = new Map(
    [subject, ...parts].map((part) => [part.name, makeComponent(part)] as const),
  );
  for (const { name, contains } of [subject, ...parts]) {
    const component = components.get(name);
    for (const other of contains) {
      const found = components.get(other);
      if (found === undefined)
        throw new Error(`'${name}' contains '${other}', which is not a part`);
      component?.dependencies.add(found.bomRef);
    }
    if (component === undefined) continue;
    if (name === subject.name) bom.metadata.component = component;
    else bom.components.add(component);
  }
  const normalizers = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const serializer = new Serialize.JsonSerializer(normalizers);
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function makeComponent({ kind, name, version, license, purl, hash }: Part): Models.Component {
  const types = { library: Enums.ComponentType.Library, file: Enums.ComponentType.File };
  const component = new Models.Component(types[kind], name, { version, bomRef: name });
  if (purl !== undefined) component.purl = purl;
  component.licenses.add(new Models.LicenseExpression(license));
  if (hash !== undefined) component.hashes.set(Enums.HashAlgorithm[hash.algorithm], hash.hex);
  return component;
}
