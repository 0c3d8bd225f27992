import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { listOptions } from "../../src/cli/render-help.ts";
import { cacheDir } from "../../tools/cache.ts";
import {
  renderBashCompletion,
  renderFishCompletion,
  renderZshCompletion,
} from "../../tools/render-completions.ts";
import { runProgram } from "./exitrd-program.ts";

const dir = mkdtempSync(join(cacheDir("test-native"), "completions-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const files = {
  bash: join(dir, "exitrd.bash"),
  zsh: join(dir, "_exitrd"),
  fish: join(dir, "exitrd.fish"),
};
writeFileSync(files.bash, renderBashCompletion(commands));
writeFileSync(files.zsh, renderZshCompletion(commands));
writeFileSync(files.fish, renderFishCompletion(commands));
writeFileSync(join(dir, "some.img"), "");
writeFileSync(join(dir, "my $image *.img"), "");
mkdirSync(join(dir, "sub dir"));

const names = commands.map(({ name }) => name);

function optionsOf(name: string): readonly string[] {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return listOptions(command).map((option) => option.name);
}

function run(shell: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = runProgram(shell, args, { HOME: dir, TERM: "dumb" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter(Boolean);
}

/** The completions that bash offers for the last of these words. */
function completeInBash(...words: readonly string[]): readonly string[] {
  const list = words.map((word) => `'${word}'`).join(" ");
  const script = `cd '${dir}'; compopt() { :; }; . '${files.bash}'
COMP_WORDS=(exitrd ${list}); COMP_CWORD=${words.length}; _exitrd; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run("bash", ["--norc", "-c", script]);
}

function completeInFish(line: string): readonly string[] {
  const script = `cd '${dir}'; source '${files.fish}'; complete -C '${line}'`;
  return run("fish", ["--no-config", "-c", script]).map((found) => found.split("\t")[0] ?? "");
}

/** zsh's own functions are replaced by functions that print their arguments. */
function completeInZsh(...words: readonly string[]): readonly string[] {
  const script = `_describe() { print -rl -- \${(P)2} }
_arguments() { print -rl -- "$@" }
compdef() { : }
words=(exitrd ${words.map((word) => `'${word}'`).join(" ")}) CURRENT=${words.length + 1}
. '${files.zsh}'`;
  return run("zsh", ["-f", "-c", script]);
}

describe("bash", () => {
  test("completes commands, options, names of files and commands to help with", () => {
    expect(completeInBash("")).toEqual(names);
    expect(completeInBash("st")).toEqual(["status"]);
    expect(completeInBash("load", "--")).toEqual(optionsOf("load"));
    expect(completeInBash("load", "--image", "so")).toEqual(["some.img"]);
    expect(completeInBash("inspect", "so")).toEqual(["some.img"]);
    expect(completeInBash("inspect", "my")).toEqual(["my $image *.img"]);
    expect(completeInBash("load", "--image", "=", "so")).toEqual(["some.img"]);
    expect(completeInBash("load", "--target", "=")).toContain("sub dir");
    expect(completeInBash("load", "--target", "s")).toEqual(["sub dir"]);
    expect(completeInBash("plan", "")).toEqual([]);
    expect(completeInBash("pivot", "")).toEqual(["poweroff", "reboot", "halt", "kexec"]);
    expect(completeInBash("help", "sn")).toEqual(["snapshot"]);
    expect(completeInBash("nothing", "-")).toEqual([]);
    expect(completeInBash("build", "--image-version", "")).toEqual([]);
  });

  test.each(names)("has the options of %s", (name) => {
    expect(completeInBash(name, "-")).toEqual(optionsOf(name));
  });
});

describe("fish", () => {
  test("completes commands, options and names of files", () => {
    expect(completeInFish("exitrd st")).toEqual(["status"]);
    expect([...completeInFish("exitrd ")].sort()).toEqual([...names].sort());
    expect(completeInFish("exitrd load --image so")).toContain("some.img");
    expect(completeInFish("exitrd help sn")).toEqual(["snapshot"]);
    expect(completeInFish("exitrd pivot p")).toEqual(["poweroff"]);
    expect(completeInFish("exitrd plan ")).toEqual([]);
    expect(completeInFish("exitrd inspect so")).toEqual(["some.img"]);
  });

  test.each(names)("has the options of %s", (name) => {
    const found = completeInFish(`exitrd ${name} --`);
    expect([...found].map((option) => option.replace(/=$/, "")).sort()).toEqual(
      [...optionsOf(name)].sort(),
    );
  });
});

describe("zsh", () => {
  test("completes commands", () => {
    expect(completeInZsh("").map((line) => line.split(":")[0])).toEqual(names);
    expect(completeInZsh("pivot", "")).toContain(":verb:(poweroff reboot halt kexec)");
  });

  test.each(names)("has the options of %s", (name) => {
    const found = completeInZsh(name, "").flatMap(
      (line) => /^\*?(--[a-z-]+)/.exec(line)?.[1] ?? [],
    );
    expect(found).toEqual(optionsOf(name));
  });
});
