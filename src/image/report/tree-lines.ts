import { quote } from "../../text/show-bytes.ts";
import type { TreeChange } from "../tree-change.ts";

/** "exitrd: '/shutdown' was changed after it was loaded (digest), going on". */
export function changeLine({ path, what }: TreeChange): string {
  return `exitrd: ${quote(`/${path}`)} ${describeChange(what)}, going on`;
}

function describeChange(what: TreeChange["what"]): string {
  switch (what) {
    case "missing":
      return "was removed after the image was loaded";
    case "extra":
      return "was added after the image was loaded";
    case "mounted":
      return "was mounted over after the image was loaded";
    case "manifest":
      return "cannot be read: nothing tells whether the image was changed";
    case "mode":
    case "size":
    case "digest":
      return `was changed after it was loaded (${what})`;
  }
}

/** The check itself failed, or took too long. */
export function uncheckedLine(): string {
  return "exitrd: cannot check whether the image was changed, going on";
}
