import { isSysError, toSysFailure } from "../port/sys-error.ts";
import { quote } from "../text/show-bytes.ts";
import type { Command, ExitCode, Host } from "./command.ts";
import { commands } from "./commands.ts";
import { parseArguments } from "./parse-arguments.ts";
import { renderHelp, renderOverview } from "./render-help.ts";

/** Runs the command line `argv` (without the program's name); returns the exit code. */
export function run(argv: readonly string[], host: Host): ExitCode {
  const [name, ...rest] = argv;
  if (name === undefined) {
    host.say("exitrd: cannot run: no command given: see 'exitrd help'");
    return 2;
  }
  if (name === "help" || name === "--help" || name === "-h") {
    return runCatching(() => help(rest, host), "help", host);
  }
  const command = find(name === "--version" ? "version" : name);
  if (command === undefined) return refuseCommand(name, host);
  return runCatching(() => runCommand(command, rest, host), command.name, host);
}

function help(names: readonly string[], host: Host): ExitCode {
  const [name, excess] = names.filter((word) => word !== "--help" && word !== "-h");
  if (excess !== undefined) {
    host.say(`exitrd: cannot print help: unexpected operand ${quote(excess)}: see 'exitrd help'`);
    return 2;
  }
  const command = name === undefined ? undefined : find(name);
  if (name !== undefined && command === undefined) return refuseCommand(name, host);
  host.print(command === undefined ? renderOverview(commands) : renderHelp(command));
  return 0;
}

function runCommand(command: Command, argv: readonly string[], host: Host): ExitCode {
  const parsed = parseArguments(command, argv);
  switch (parsed.kind) {
    case "help":
      host.print(renderHelp(command));
      return 0;
    case "wrong":
      host.say(
        `exitrd: cannot ${command.name}: ${parsed.reason}: see 'exitrd ${command.name} --help'`,
      );
      return 2;
    case "arguments":
      return command.run(parsed.args, host);
  }
}

/** An unexpected failure of a system call is also reported in one line, not as a stack trace. */
function runCatching(call: () => ExitCode, name: string, host: Host): ExitCode {
  try {
    return call();
  } catch (thrown) {
    if (!isSysError(thrown)) throw thrown;
    const { code, words, syscall } = toSysFailure(thrown);
    // Whoever reads wanted no more: head(1) needs no message.
    if (code === "EPIPE") return 1;
    const object = thrown.path === undefined ? nameCall(syscall) : quote(thrown.path);
    const cure = code === "EACCES" || code === "EPERM" ? ": run it as root" : "";
    host.say(`exitrd: cannot ${name}: ${object}: ${words}${cure}`);
    return 1;
  }
}

function nameCall(syscall: string): string {
  return syscall === "write" ? "standard output" : syscall;
}

function find(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}

function refuseCommand(name: string, host: Host): ExitCode {
  host.say(`exitrd: cannot run ${quote(name)}: unknown command: see 'exitrd help'`);
  return 2;
}
