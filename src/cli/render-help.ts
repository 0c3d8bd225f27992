import type { Command, Option } from "./command.ts";

const widest = 80;
/** The options that every command has. */
export const jsonOption: Option = {
  name: "--json",
  help: "Print JSON instead of text: see exitrd-json(7).",
};
const helpOption: Option = { name: "--help", help: "Print this help." };

/** The text of `exitrd help`. */
export function renderOverview(commands: readonly Command[]): string {
  return [
    "Usage: exitrd COMMAND [OPTION...]",
    "",
    "Take the storage stack apart at shutdown, from a small system in RAM.",
    "",
    "Commands:",
    ...renderColumns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "See 'exitrd COMMAND --help' and exitrd(8).",
    "",
  ].join("\n");
}

/** The text of `exitrd COMMAND --help`. */
export function renderHelp(command: Command): string {
  return [
    `Usage: ${["exitrd", command.name, "[OPTION...]", command.operand, command.second].filter(Boolean).join(" ")}`,
    "",
    ...wrap(command.summary, widest),
    "",
    "Options:",
    ...renderColumns(listOptions(command).map((option) => [nameOption(option), option.help])),
    "",
    command.examples.length === 1 ? "Example:" : "Examples:",
    ...command.examples.flatMap(({ line, words }) => [`  ${line}`, `      ${words}`]),
    "",
  ].join("\n");
}

/** The command's own options, then those that every command has. */
export function listOptions({ options }: Command): readonly Option[] {
  return [...options, jsonOption, helpOption];
}

/** An option with its placeholder, "--output FILE". */
export function nameOption({ name, value }: Option): string {
  return value === undefined ? name : `${name} ${value}`;
}

function renderColumns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, text]) =>
    wrap(text, widest - left).map((line, i) => `${i === 0 ? `  ${name}` : ""}`.padEnd(left) + line),
  );
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
