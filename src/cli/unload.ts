import { unloadTree } from "../load/unload.ts";
import { quote } from "../text/show-bytes.ts";
import { type Command, defaultTarget } from "./command.ts";
import { findTarget } from "./find-target.ts";

export const unloadCommand: Command<"writableFiles" | "trees" | "codec" | "say"> = {
  name: "unload",
  summary: "Remove the loaded tree, but no files of other programs.",
  options: [{ name: "--target", value: "DIR", help: `Use DIR instead of ${defaultTarget}.` }],
  run: (args, host) => {
    const target = findTarget(args, host.writableFiles);
    const { trees, codec } = host;
    const result = unloadTree(target, { files: host.writableFiles, trees, codec });
    switch (result.kind) {
      case "unloaded":
        host.say(`exitrd: unloaded ${quote(target)}`);
        return 0;
      case "not-loaded":
        host.say(`exitrd: no exitrd is loaded at ${quote(target)}`);
        return 0;
      case "failed": {
        const { code, words } = result.error;
        const cure = code === "EPERM" ? ": run it as root" : "";
        host.say(`exitrd: cannot unmount ${quote(target)}: ${words}${cure}`);
        return 1;
      }
    }
  },
};
