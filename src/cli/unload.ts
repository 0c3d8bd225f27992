import { unloadTree } from "../load/unload.ts";
import { quote } from "../text/show-bytes.ts";
import { type Command, defaultTarget } from "./command.ts";
import { answer, fail } from "./envelope/answer.ts";
import { findTarget } from "./find-target.ts";

export const unloadCommand: Command<"writableFiles" | "trees" | "codec" | "say"> = {
  name: "unload",
  summary: "Remove the loaded tree, but not files of other programs.",
  options: [{ name: "--target", value: "DIR", help: `Use DIR instead of ${defaultTarget}.` }],
  examples: [{ line: "exitrd unload", words: "Shut down once without exitrd." }],
  run: (args, host) => {
    const target = findTarget(args, host.writableFiles);
    const { trees, codec } = host;
    const result = unloadTree(target, { files: host.writableFiles, trees, codec });
    switch (result.kind) {
      case "unloaded":
        host.say(`exitrd: unloaded ${quote(target)}`);
        return answer({ target, changed: true });
      case "not-loaded":
        host.say(`exitrd: no exitrd is loaded at ${quote(target)}`);
        return answer({ target, changed: false });
      case "failed": {
        const { code, words } = result.error;
        const cure = code === "EPERM" ? ": run it as root" : "";
        return fail("cannot-unmount", `cannot unmount ${quote(target)}: ${words}${cure}`, code);
      }
    }
  },
};
