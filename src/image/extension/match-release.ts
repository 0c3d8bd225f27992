import { accept, type Checked, refuse } from "../../text/checked.ts";
import { splitWords } from "../../text/words.ts";
import { nameArchitecture } from "./architecture-name.ts";
import { classRules, type ExtensionClass } from "./extension.ts";
import { parseOsRelease } from "./os-release.ts";
import type { ReleaseProblem } from "./problem.ts";

/** The image that an extension must match. */
export interface ExtensionHost {
  /** The text of the image's etc/initrd-release. */
  readonly release: string;
  /** As printed by uname -m. */
  readonly machine: string;
}

/**
 * Checks an extension-release against the image, as systemd does against its
 * host (os-release(5); src/shared/extension-util.c): scope, architecture, ID, then the level if
 * both have one, otherwise VERSION_ID. Returns its version.
 */
export function matchRelease(
  text: string,
  extensionClass: ExtensionClass,
  host: ExtensionHost,
): Checked<string, ReleaseProblem> {
  const { prefix } = classRules[extensionClass];
  const fields = parseOsRelease(text);
  const get = (field: string) => fields.get(field) || undefined;
  const scope = fields.get(`${prefix}_SCOPE`);
  // Without SYSEXT_SCOPE= or CONFEXT_SCOPE=, the extension is for a running system, not for an
  // initrd or exitrd.
  if (scope === undefined || !splitWords(scope).includes("initrd")) {
    return mismatch(`${prefix}_SCOPE`, scope, "initrd");
  }
  const architecture = get("ARCHITECTURE");
  const wanted = nameArchitecture(host.machine);
  if (architecture !== undefined && architecture !== "_any" && architecture !== wanted) {
    return mismatch("ARCHITECTURE", architecture, wanted);
  }
  const problem = matchSystem(get, parseOsRelease(host.release), `${prefix}_LEVEL`);
  if (problem !== undefined) return refuse(problem);
  const version = get(`${prefix}_IMAGE_VERSION`) ?? get(`${prefix}_VERSION_ID`) ?? "";
  return accept(/^[A-Za-z0-9._+~-]{0,64}$/.test(version) ? version : "");
}

function matchSystem(
  get: (field: string) => string | undefined,
  host: ReadonlyMap<string, string>,
  level: string,
): ReleaseProblem | undefined {
  const id = get("ID");
  if (id === "_any") return undefined;
  const newest = get(level) !== undefined && host.get(level) ? level : "VERSION_ID";
  for (const field of ["ID", newest]) {
    const wanted = host.get(field) ?? "";
    // A host without a version, such as a rolling release, accepts any.
    if (field !== "ID" && wanted === "") continue;
    if (get(field) !== wanted) return { kind: "mismatch", field, found: get(field), wanted };
  }
  return undefined;
}

function mismatch(
  field: string,
  found: string | undefined,
  wanted: string,
): Checked<never, ReleaseProblem> {
  return refuse({ kind: "mismatch", field, found, wanted });
}
