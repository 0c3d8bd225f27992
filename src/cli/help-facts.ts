import type { Command, Option } from "./command.ts";
import { listOptions } from "./render-help.ts";

/** The table of commands, as values for --json. */
export function helpFacts(commands: readonly Command[]) {
  return {
    commands: commands.map((command) => ({
      name: command.name,
      summary: command.summary,
      operands: [command.operand, command.second].filter((name) => name !== undefined),
      options: listOptions(command).map(describeOption),
      examples: command.examples,
    })),
  };
}

function describeOption({ name, value, repeatable, help }: Option) {
  return { name, value: value ?? null, repeatable: repeatable === true, help };
}
