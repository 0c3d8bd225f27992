import { quote } from "../../text/show-bytes.ts";
import type { TreeChange } from "../tree-change.ts";

/** "exitrd: cannot verify '/shutdown': changed after loading (digest), ignoring". */
export function changeLine({ path, what }: TreeChange): string {
  return `exitrd: cannot verify ${quote(`/${path}`)}: ${describeChange(what)}, ignoring`;
}

function describeChange(what: TreeChange["what"]): string {
  switch (what) {
    case "missing":
      return "removed after loading";
    case "extra":
      return "added after loading";
    case "mounted":
      return "covered by a mount after loading";
    case "manifest":
      return "not a valid manifest";
    case "mode":
    case "size":
    case "digest":
    case "target":
      return `changed after loading (${what})`;
  }
}

/** The message for a check that failed or timed out. */
export function uncheckedLine(): string {
  return "exitrd: cannot verify the loaded image: the check failed or timed out, ignoring";
}
