import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { projectRoot } from "../../tools/bundle.ts";
import { cacheDir } from "../../tools/cache.ts";
import { OpenSsl } from "../fake/openssl.ts";
import { buildPrograms, type Programs, runProgram } from "./exitrd-program.ts";
import { type FakeRun, openRun } from "./fake-run.ts";

const schemas = join(projectRoot, "integration/schemas");
const openssl = new OpenSsl();
let programs: Programs;
let machine: FakeRun;
let dir: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "json-"));
  machine = await openRun("mode=0755");
  const build = ["build", "--shutdown", programs.shutdown, "--output"];
  expect(runProgram(programs.exitrd, [...build, join(dir, "image")]).status).toBe(0);
});

afterAll(() => {
  machine?.close();
  openssl.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Makes members that a schema does not list an error. Readers of the JSON have to ignore them. */
function forbidOthers(schema: unknown, path = ""): unknown {
  if (Array.isArray(schema)) return schema.map((item) => forbidOthers(item, path));
  if (typeof schema !== "object" || schema === null) return schema;
  const changed = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, forbidOthers(value, `${path}/${key}`)]),
  );
  // The envelope and a command's part of it are two schemas for the same object.
  const isWhole = path === "" || path === "/properties/result";
  const isObject = "properties" in changed && (!isWhole || "required" in changed);
  const isEnvelope = path === "";
  return isObject && !isEnvelope ? { ...changed, additionalProperties: false } : changed;
}

function loadSchemas(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allErrors: true,
  });
  for (const name of readdirSync(schemas)) {
    const schema = JSON.parse(readFileSync(join(schemas, name), "utf8"));
    const strict = forbidOthers(schema) as { properties: { result?: object } };
    // `result` depends on the command.
    if (name === "envelope.schema.json") strict.properties.result = { type: "object" };
    ajv.addSchema(strict, name);
  }
  return ajv;
}

const ajv = loadSchemas();

function check(name: string, text: string): { readonly errors: unknown; readonly json: never } {
  const json = JSON.parse(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  expect(text).not.toMatch(/[^\x0a\x20-\x7e]/);
  const validate = ajv.getSchema(`${name}.schema.json`);
  if (validate === undefined) throw new Error(`no schema for ${name}`);
  validate(json);
  return { errors: validate.errors ?? [], json: json as never };
}

/** Run in order on one machine: each may need the state that the previous one left. */
const calls: readonly (readonly [command: string, args: string, exit: number])[] = [
  ["version", "", 0],
  ["help", "", 0],
  ["help", "plan", 0],
  ["plan", "", 0],
  ["plan", "--snapshot FIXTURES/snapshot.json", 0],
  ["plan", "--snapshot DIR/none", 1],
  ["plan", "--snapshot DIR/image", 1],
  ["plan", "--dot", 2],
  ["plan", "--html", 2],
  ["check", "", 2],
  ["snapshot", "", 0],
  ["snapshot", "--output DIR/snapshot", 0],
  ["snapshot", "--output -", 2],
  ["build", "--shutdown SHUTDOWN --output DIR/built", 0],
  ["build", "--shutdown SHUTDOWN --output DIR/built --if-changed", 0],
  ["build", "--shutdown DIR/none --output DIR/built", 1],
  ["build", "--architecture pdp11", 2],
  ["build", "--shutdown SHUTDOWN --output DIR/traced --image-version 9 --tool /bin/true", 0],
  ["inspect", "DIR/image", 0],
  ["inspect", "DIR/traced", 0],
  ["inspect", "DIR/none", 1],
  ["inspect", "/etc/passwd", 1],
  ["diff", "DIR/image DIR/image", 0],
  ["diff", "DIR/image DIR/traced", 1],
  ["diff", "DIR/image DIR/none", 2],
  ["verify", "--trust CERT DIR/image", 1],
  ["sign", "--key KEY --cert CERT DIR/image", 0],
  ["sign", "--key KEY --cert CERT DIR/none", 1],
  ["sign", "DIR/image --key x", 2],
  ["verify", "--trust CERT DIR/image", 0],
  ["status", "", 1],
  ["load", "--image DIR/none", 1],
  ["load", "--image DIR/traced", 0],
  ["load", "--image DIR/traced", 0],
  ["status", "--image DIR/traced", 1],
  ["status", "--image DIR/none", 1],
  ["status", "--image /etc/passwd", 1],
  ["status", "--image DIR/image", 1],
  // Nothing but a wrong verb may be tried on this machine.
  ["pivot", "explode", 2],
  ["unload", "", 0],
  ["unload", "", 0],
  ["load", "--none", 2],
  ["report", "--list", 0],
  ["report", "--boot -9999", 1],
  ["report", "--boot x", 2],
  ["record", "", 1],
];

describe("the JSON of each command has the members of its schema, and no others", () => {
  test("every command has a schema, and is called below", () => {
    const names = commands.map(({ name }) => name).sort();
    const files = readdirSync(schemas).map((name) => name.replace(".schema.json", ""));
    expect(files.sort()).toEqual([...names, "envelope"].sort());
    expect([...new Set(calls.map(([name]) => name))].sort()).toEqual(names);
  });

  test("in the order of a machine's life", () => {
    const signer = openssl.identity("Signer", { extensions: [] });
    writeFileSync(join(dir, "snapshot.json"), runProgram(programs.exitrd, ["snapshot"]).stdout);
    const words: Readonly<Record<string, string>> = {
      ...{ DIR: dir, FIXTURES: dir, SHUTDOWN: programs.shutdown },
      ...{ KEY: signer.key, CERT: signer.cert },
    };
    for (const [command, line, exit] of calls) {
      const args = line
        .replaceAll(/[A-Z]{3,}/g, (word) => words[word] ?? word)
        .split(" ")
        .filter(Boolean);
      const ended = machine.run(programs.exitrd, command, ...args, "--json");
      const { errors, json } = check(command, ended.stdout);
      const { stderr } = ended;
      expect({ command, line, errors, json, stderr }).toMatchObject({
        errors: [],
        json: { command, exitStatus: ended.status, ok: ended.status === 0 },
      });
      // The verdict on this machine does not matter.
      if (!["status", "check", "record"].includes(command))
        expect({ command, line, exit: ended.status }, stderr).toEqual({ command, line, exit });
      expect(JSON.parse(ended.stdout).messages).toHaveLength(stderr.split("\n").length - 1);
    }
    expect(existsSync(join(dir, "snapshot"))).toBe(true);
  });

  test("a wrong command is in the envelope", () => {
    for (const args of [["--json"], ["nothing", "--json"]]) {
      expect(check("envelope", runProgram(programs.exitrd, args).stdout).errors).toEqual([]);
    }
  });

  // Negative controls: the schemas can reject.
  test.each([
    ["an additional member", { more: 1 }],
    ["a number instead of a name", { version: 1 }],
    ["a missing member", { version: undefined }],
  ])("%s is found", (_, change) => {
    const { json } = check("version", runProgram(programs.exitrd, ["version", "--json"]).stdout);
    const { result, ...envelope } = json as { readonly result: object };
    const wrong = JSON.stringify({ ...envelope, result: { ...result, ...change } });
    expect(check("version", wrong).errors).not.toEqual([]);
  });
});
