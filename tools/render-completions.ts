import type { Command, Option } from "../src/cli/command.ts";
import { VERBS } from "../src/cli/pivot.ts";
import { listOptions } from "../src/cli/render-help.ts";

// Renders the completions for shells from the program's own table of commands.

/** The placeholders whose values are file names. Other values have no completion. */
const fileValues: readonly string[] = ["FILE", "PATH", "URI"];
const directoryValues: readonly string[] = ["DIR"];

/** For bash-completion, which loads it by the name of the program. */
export function renderBashCompletion(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const options = listOptions(command).map(({ name }) => name);
    return `\t${command.name}) words="${options.join(" ")}" ;;`;
  });
  const operands = commands.flatMap((command) => {
    if (command.operand === undefined) return [];
    const words = listOperands(command, commands);
    const reply =
      words === undefined
        ? '_exitrd_files -f "$current"'
        : `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`;
    return `\t\t${command.name}) ${reply} ;;`;
  });
  const valued = (values: readonly string[]) => listValued(commands, values).join(" | ");
  const others = commands
    .flatMap(listOptions)
    .filter(({ value = "FILE" }) => ![...fileValues, ...directoryValues].includes(value));
  return `# bash completion for exitrd(8), written by tools/render-completions.ts
_exitrd_files()
{
	local name
	compopt -o filenames
	while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$1" -- "$2")
}

_exitrd()
{
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	# bash takes "--target=DIR" apart at the equals sign.
	if [ "$current" = = ]; then
		current=
	elif [ "$previous" = = ]; then
		previous=\${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "${listNames(commands).join(" ")}" -- "$current"))
		return
	fi
	case $previous in
	${valued(fileValues)}) _exitrd_files -f "$current"; return ;;
	${valued(directoryValues)}) _exitrd_files -d "$current"; return ;;
	${unique(others.map(({ name }) => name)).join(" | ")}) return ;;
	esac
	case \${COMP_WORDS[1]} in
${cases.join("\n")}
	*) return ;;
	esac
	case $current in
	-*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
	*)
		case \${COMP_WORDS[1]} in
${operands.join("\n")}
		esac
		;;
	esac
}
complete -F _exitrd exitrd
`;
}

export function renderZshCompletion(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `\t\t${quoteZsh(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const operands = [command.operand, command.second].filter((name) => name !== undefined);
    const parts = [
      ...listOptions(command).map(renderZshOption),
      ...operands.map((operand) => {
        const words = listOperands(command, commands);
        const action = words === undefined ? "_files" : `(${words.join(" ")})`;
        return `":${operand.toLowerCase().replaceAll(/[[\]]/g, "")}:${action}"`;
      }),
    ];
    return `\t${command.name}) _arguments ${parts.join(" ")} ;;`;
  });
  return `#compdef exitrd
# zsh completion for exitrd(8), written by tools/render-completions.ts
_exitrd()
{
	local -a commands
	commands=(
${list.join("\n")}
	)
	if (( CURRENT == 2 )); then
		_describe command commands
		return
	fi
	shift words
	(( CURRENT-- ))
	case $words[1] in
${cases.join("\n")}
	esac
}
_exitrd "$@"
`;
}

export function renderFishCompletion(commands: readonly Command[]): string {
  const first = "not __fish_seen_subcommand_from $commands";
  const lines = commands.flatMap((command) => [
    `complete -c exitrd -n "${first}" -f -a ${command.name} -d ${quoteFish(command.summary)}`,
    ...listOptions(command).map((option) => renderFishOption(command, option)),
    ...renderFishOperands(command, commands),
  ]);
  return `# fish completion for exitrd(8), written by tools/render-completions.ts
set -l commands ${listNames(commands).join(" ")}
${lines.join("\n")}
`;
}

function renderZshOption({ name, value, repeatable, help }: Option): string {
  const many = repeatable === true ? "\\*" : "";
  const text = `[${help.replaceAll(/[[\]:]/g, " ")}]`;
  if (value === undefined) return `${many}${name}${quoteZsh(text)}`;
  const action = directoryValues.includes(value) ? "_files -/" : "_files";
  const known = fileValues.includes(value) || directoryValues.includes(value);
  return `${many}${name}=${quoteZsh(`${text}:${value.toLowerCase()}:${known ? action : " "}`)}`;
}

function renderFishOption({ name }: Command, option: Option): string {
  const kind =
    option.value === undefined ? "" : fileValues.includes(option.value) ? " -r -F" : " -x";
  const directories = option.value !== undefined && directoryValues.includes(option.value);
  const values = directories ? " -a '(__fish_complete_directories)'" : "";
  const long = option.name.slice(2);
  const when = `"__fish_seen_subcommand_from ${name}"`;
  return `complete -c exitrd -n ${when} -l ${long}${kind}${values} -d ${quoteFish(option.help)}`;
}

/** Without an operand, no file is offered. */
function renderFishOperands(command: Command, commands: readonly Command[]): readonly string[] {
  const words = listOperands(command, commands);
  if (command.operand !== undefined && words === undefined) return [];
  const values = words === undefined ? "" : ` -a ${quoteFish(words.join(" "))}`;
  return [`complete -c exitrd -n "__fish_seen_subcommand_from ${command.name}" -f${values}`];
}

/** The words that an operand may be; undefined if it is a file. */
function listOperands(
  { operand }: Command,
  commands: readonly Command[],
): readonly string[] | undefined {
  if (operand === "[COMMAND]") return listNames(commands);
  return operand === "VERB" ? VERBS : undefined;
}

function listNames(commands: readonly Command[]): readonly string[] {
  return commands.map(({ name }) => name);
}

function listValued(commands: readonly Command[], values: readonly string[]): readonly string[] {
  const options = commands.flatMap(listOptions);
  return unique(options.filter(({ value = "" }) => values.includes(value)).map(({ name }) => name));
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function quoteZsh(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoteFish(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
