import type { Command } from "./command.ts";
import { answer } from "./envelope/answer.ts";

export const versionCommand: Command<"version" | "machine"> = {
  name: "version",
  verb: "print the version",
  summary: "Print the version of this program.",
  options: [],
  examples: [{ line: "exitrd version", words: "Which exitrd is this?" }],
  run: (_, { version, machine }) =>
    answer({ version, architecture: machine }, () => `exitrd ${version}\n`),
};
