import { findClosest } from "../text/closest-word.ts";
import { clip } from "../text/columns.ts";
import { quote } from "../text/show-bytes.ts";
import type { Arguments, Command, Option } from "./command.ts";
import { listOptions } from "./render-help.ts";

export type Parsed =
  | { readonly kind: "arguments"; readonly args: Arguments }
  | { readonly kind: "help" }
  | {
      readonly kind: "wrong";
      readonly reason: string;
      /** What to do, if it is not to read the help. */
      readonly cure?: string;
    };

type Wrong = Extract<Parsed, { readonly kind: "wrong" }>;

/** The most columns in which an invalid word is shown. */
export const LONGEST_WORD = 60;

/**
 * Parses the words after a command's name: long options as in GNU getopt_long(3), in any order;
 * `--` ends the options.
 *
 * No library: `arg` and `@pkgjs/parseargs` need features that our QuickJS is built without (the
 * regular expression compiler, Proxy), and `mri` accepts `---x` and `--no-x` for options that the
 * command does not have.
 */
export function parseArguments(command: Command, argv: readonly string[]): Parsed {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  const operands: string[] = [];
  const words = argv[Symbol.iterator]();
  for (const word of words) {
    if (word === "--") {
      operands.push(...words);
    } else if (word === "--help" || word === "-h") {
      return { kind: "help" };
    } else if (word.length > 1 && word.startsWith("-")) {
      const wrong = takeOption(listOptions(command), word, words, { flags, values, lists });
      if (wrong !== undefined) return wrong;
    } else {
      operands.push(word);
    }
  }
  return checkOperands(command, { flags, values, lists }, operands);
}

interface Taken {
  readonly flags: Set<string>;
  readonly values: Map<string, string>;
  readonly lists: Map<string, readonly string[]>;
}

/**
 * Parses one option, whose value may be the next of `words`. Returns the problem, if there is one.
 */
function takeOption(
  options: readonly Option[],
  word: string,
  words: Iterator<string>,
  { flags, values, lists }: Taken,
): Wrong | undefined {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals);
  const option = options.find((known) => known.name === name);
  if (option === undefined) return refuseOption(name, options);
  if (option.value === undefined) {
    if (equals >= 0) return makeWrong(`option ${quote(name)} takes no value`);
    flags.add(name);
    return undefined;
  }
  const value = equals < 0 ? words.next().value : word.slice(equals + 1);
  // The value was probably forgotten. A value that really begins with "--" can be given with "=".
  const isOption = equals < 0 && value?.startsWith("--") === true;
  if (value === undefined || value === "" || isOption) {
    return makeWrong(`option ${quote(name)} needs ${option.value}`);
  }
  if (option.repeatable) lists.set(name, [...(lists.get(name) ?? []), value]);
  else values.set(name, value);
  return undefined;
}

function makeWrong(reason: string): Wrong {
  return { kind: "wrong", reason };
}

function refuseOption(name: string, options: readonly Option[]): Wrong {
  const reason = `unknown option ${quote(clip(name, LONGEST_WORD))}`;
  const closest = findClosest(
    name,
    options.map((option) => option.name),
  );
  if (closest === undefined) return makeWrong(reason);
  return { kind: "wrong", reason, cure: `did you mean ${quote(closest)}?` };
}

function checkOperands(
  command: Command,
  options: Omit<Arguments, "operand" | "second">,
  operands: readonly string[],
): Parsed {
  const names = [command.operand, command.second].filter((name) => name !== undefined);
  const excess = operands[names.length];
  if (excess !== undefined) {
    return makeWrong(`unexpected operand ${quote(clip(excess, LONGEST_WORD))}`);
  }
  const missing = names.slice(operands.length).find((name) => !name.startsWith("["));
  if (missing !== undefined) return makeWrong(`missing operand ${missing}`);
  const [operand, second] = operands;
  return { kind: "arguments", args: { ...options, operand, second } };
}
