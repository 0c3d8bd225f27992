import { isSysError, type SysError } from "../port/sys-error.ts";
import { findClosest } from "../text/closest-word.ts";
import { clip } from "../text/columns.ts";
import { escapeControls, quote } from "../text/show-bytes.ts";
import type { Command, Host } from "./command.ts";
import { commands } from "./commands.ts";
import {
  type Answer,
  answer,
  type ExitCode,
  fail,
  LONGEST_MESSAGE,
  misuse,
} from "./envelope/answer.ts";
import { makeEnvelope } from "./envelope/envelope.ts";
import { formatJson } from "./envelope/format-json.ts";
import { helpFacts } from "./help-facts.ts";
import { LONGEST_WORD, parseArguments } from "./parse-arguments.ts";
import { renderHelp, renderOverview } from "./render-help.ts";

/** Runs the command line `argv`, which excludes the program's name; returns the exit status. */
export function run(argv: readonly string[], host: Host): ExitCode {
  const request = readRequest(argv);
  const messages: string[] = [];
  const say = (line: string): void => {
    const short = clip(line, LONGEST_MESSAGE);
    messages.push(short);
    host.say(short);
  };
  const given = catchFailures(() => request.run({ ...host, say }), request);
  if (given.kind === "error" && given.error.kind !== readerIsGone) {
    say(`exitrd: ${given.error.message}`);
  }
  if (!request.isJson && given.kind === "error") return given.exit;
  const printed = catchFailures(() => {
    if (request.isJson) {
      host.print(formatJson(makeEnvelope(request.command, given, messages, host)));
    } else if (given.kind === "result") {
      show(given, host);
    }
    return given;
  }, request);
  if (printed !== given && printed.kind === "error" && printed.error.kind !== readerIsGone) {
    host.say(`exitrd: ${printed.error.message}`);
  }
  return printed.exit;
}

/** The reader has closed the pipe, as head(1) does: not an error worth a message. */
const readerIsGone = "reader-gone";

/** Everything is escaped here, so no name can control a terminal, wherever it came from. */
function show(
  { text, form }: Extract<Answer, { readonly kind: "result" }>,
  host: Pick<Host, "page" | "print">,
): void {
  const lines = text();
  const shown = form === undefined ? lines.split("\n").map(escapeControls).join("\n") : lines;
  if (form?.pager === undefined || !host.page(form.pager, shown)) host.print(shown);
}

/** What to run, and how to print its answer. */
interface Request {
  /** The verb in its messages. */
  readonly name: string;
  /** Null if there is no such command. */
  readonly command: string | null;
  readonly failure?: ExitCode | undefined;
  readonly isJson: boolean;
  readonly run: (host: Host) => Answer;
}

function readRequest(argv: readonly string[]): Request {
  const [name, ...rest] = argv;
  const isJson = asksForJson(argv);
  if (name === undefined || (name === "--json" && rest.length === 0)) {
    const wrong = misuse("cannot run: no command given: see 'exitrd help'");
    return { name: "run", command: null, isJson, run: () => wrong };
  }
  if (name === "help" || name === "--help" || name === "-h") {
    return { name: "print help", command: "help", isJson, run: () => help(rest) };
  }
  const command = find(name === "--version" ? "version" : name);
  if (command === undefined) {
    return { name: "run", command: null, isJson, run: () => refuseCommand(name) };
  }
  return {
    name: verbOf(command),
    command: command.name,
    failure: command.failure,
    isJson,
    run: (host) => runCommand(command, rest, host),
  };
}

/**
 * Looks for --json before everything is parsed, so that errors in the command line are also
 * reported as JSON.
 */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).includes("--json");
}

function help(words: readonly string[]): Answer {
  const [name, excess] = words.filter((word) => !["--help", "-h", "--json"].includes(word));
  if (excess !== undefined) {
    return misuse(
      `cannot print help: unexpected operand ${quote(clip(excess, LONGEST_WORD))}: see 'exitrd help'`,
    );
  }
  const command = name === undefined ? undefined : find(name);
  if (name !== undefined && command === undefined) return refuseCommand(name);
  return command === undefined
    ? answer(helpFacts(commands), () => renderOverview(commands))
    : answer(helpFacts([command]), () => renderHelp(command));
}

function runCommand(command: Command, argv: readonly string[], host: Host): Answer {
  const parsed = parseArguments(command, argv);
  switch (parsed.kind) {
    case "help":
      return answer(helpFacts([command]), () => renderHelp(command));
    case "wrong": {
      const cure = parsed.cure ?? `see 'exitrd ${command.name} --help'`;
      return misuse(`cannot ${verbOf(command)}: ${parsed.reason}: ${cure}`);
    }
    case "arguments":
      return command.run(parsed.args, host);
  }
}

/** Some commands are named after a noun, such as `status`. */
function verbOf({ name, verb = name }: Pick<Command, "name" | "verb">): string {
  return verb;
}

/** An unexpected failure of a system call, or a lack of memory, becomes one line, not a stack trace. */
function catchFailures(call: () => Answer, request: Request): Answer {
  try {
    return call();
  } catch (thrown) {
    if (isOutOfMemory(thrown)) {
      const message = `cannot ${request.name}: out of memory: free some`;
      return fail("out-of-memory", message, "ENOMEM", request.failure);
    }
    if (!isSysError(thrown)) throw thrown;
    return describeCall(thrown, request);
  }
}

/** As QuickJS and native/ report it. */
function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === "out of memory";
}

function describeCall(
  { code, words, syscall, path }: SysError,
  { name, failure }: Request,
): Answer {
  if (code === "EPIPE") return fail(readerIsGone, "nobody reads the output");
  const what = path === undefined ? `${name}: ${nameCall(syscall)}` : `read ${quote(path)}`;
  return fail("system-call", `cannot ${what}: ${words}${cureCall(code)}`, code, failure);
}

function cureCall(code: string): string {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return ": run it as root";
    case "EFBIG":
      return ": it is larger than such a file can be";
    default:
      return "";
  }
}

function nameCall(syscall: string): string {
  return syscall === "write" ? "standard output" : syscall;
}

function find(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}

function refuseCommand(name: string): Answer {
  if (name.startsWith("-")) {
    const shown = quote(clip(name, LONGEST_WORD));
    return misuse(`cannot run ${shown}: options come after the command: see 'exitrd help'`);
  }
  const closest = findClosest(
    name,
    commands.map((command) => command.name),
  );
  const cure = closest === undefined ? "see 'exitrd help'" : `did you mean ${quote(closest)}?`;
  return misuse(`cannot run ${quote(clip(name, LONGEST_WORD))}: unknown command: ${cure}`);
}
