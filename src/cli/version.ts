import { type Command, jsonOption } from "./command.ts";
import { formatJson } from "./format.ts";

export const versionCommand: Command<"version" | "machine" | "print"> = {
  name: "version",
  summary: "Print the version of this program.",
  options: [jsonOption],
  run: (args, { version, machine, print }) => {
    print(args.flags.has("--json") ? formatJson({ version, machine }) : `exitrd ${version}\n`);
    return 0;
  },
};
