import { accept, type Checked, refuse } from "../text/checked.ts";
import { parseIdentities } from "./extension/parse-identity.ts";
import { type Manifest, type ManifestEntry, type Origin, stringifyManifest } from "./manifest.ts";
import type { ManifestProblem } from "./problem.ts";

/**
 * Reads the text of `manifest.json`, and rejects everything that `stringifyManifest` cannot have
 * written.
 */
export function parseManifest(text: string): Checked<Manifest, ManifestProblem> {
  const value = parseJson(text);
  if (!isRecord(value)) return bad("not a JSON object");
  if (typeof value.format !== "number") return bad("no 'format'");
  if (value.format !== 1) return refuse({ kind: "manifest-format", format: value.format });
  if (typeof value.version !== "string" || !isWord(value.version)) return bad("no 'version'");
  if (typeof value.architecture !== "string" || !isWord(value.architecture)) {
    return bad("no 'architecture'");
  }
  if (!Array.isArray(value.entries) || !value.entries.every(isEntry)) return bad("no 'entries'");
  const { version, architecture, entries } = value;
  const extensions = parseIdentities(value.extensions ?? []);
  if (extensions === undefined) return bad("no 'extensions'");
  const manifest: Manifest = { format: 1, version, architecture, extensions, entries };
  if (stringifyManifest(manifest) !== text) return bad("not written by 'exitrd build'");
  return accept(manifest);
}

function bad(reason: string): Checked<never, ManifestProblem> {
  return refuse({ kind: "bad-manifest", reason });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Characters that are safe in a message, and in os-release without quotes. */
function isWord(text: string): boolean {
  return /^[A-Za-z0-9._+~-]{1,64}$/.test(text);
}

export function isEntry(value: unknown): value is ManifestEntry {
  if (!isRecord(value)) return false;
  const { path, mode, size, sha256, origin, target } = value;
  if (!isByteString(path) || typeof mode !== "string" || !/^0[0-7]{3}$/.test(mode)) return false;
  if (target !== undefined) return isByteString(target) && (size ?? sha256 ?? origin) === undefined;
  if (size === undefined && sha256 === undefined) return origin === undefined;
  if (!Number.isSafeInteger(size) || typeof sha256 !== "string") return false;
  return /^[0-9a-f]{64}$/.test(sha256) && (origin === undefined || isOrigin(origin));
}

function isOrigin(value: unknown): value is Origin {
  if (!isRecord(value)) return false;
  const { file, package: name, version } = value;
  const isName = (text: unknown) => text === undefined || isPackageWord(text);
  return isByteString(file) && file.startsWith("/") && isName(name) && isName(version);
}

/** A JSON escape can be any character, even half of a surrogate pair. */
function isByteString(value: unknown): value is string {
  return typeof value === "string" && /^[\0-\xff]*$/.test(value);
}

function isPackageWord(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9._+~:^-]{1,128}$/.test(value);
}
