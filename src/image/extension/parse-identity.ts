import { type Field, get, readList, readString } from "../../text/read-field.ts";
import { type ExtensionIdentity, extensionClasses, isExtensionName } from "./extension.ts";

/** Reads a manifest's list of extensions; undefined if it is invalid. */
export function parseIdentities(value: unknown): readonly ExtensionIdentity[] | undefined {
  try {
    return readList({ value, path: "extensions" }, readIdentity);
  } catch {
    return undefined;
  }
}

/** Throws an Error if `identify` cannot have written a field like this. */
export function readIdentity(field: Field): ExtensionIdentity {
  const [name, version, sha256] = ["name", "version", "sha256"].map((key) =>
    readString(get(field, key)),
  );
  const found = readString(get(field, "class"));
  const extensionClass = extensionClasses.find((known) => known === found);
  if (name === undefined || version === undefined || sha256 === undefined) {
    throw new Error("fewer values than keys");
  }
  if (extensionClass === undefined || !isExtensionName(name))
    throw new Error(`${field.path}: wrong`);
  return { name, class: extensionClass, version, sha256 };
}
