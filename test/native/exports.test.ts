import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildScript, readResult, runInNamespace } from "./native-program.ts";

/** Reads the exported values that a .d.ts declares: their names and `typeof`. */
function readDeclared(file: string): Record<string, string> {
  const text = readFileSync(join(import.meta.dirname, "../../native", file), "utf8");
  const declared: Record<string, string> = {};
  for (const [, name] of text.matchAll(/export function (\w+)/g)) {
    if (name !== undefined) declared[name] = "function";
  }
  for (const [, list] of text.matchAll(/export const ([^;]+);/g)) {
    for (const [, name, type] of list?.matchAll(/(\w+): (number|readonly string\[\])/g) ?? []) {
      if (name !== undefined) declared[name] = type === "number" ? "number" : "object";
    }
  }
  return declared;
}

test("the modules export exactly what their declarations promise", async () => {
  const program = await buildScript("exports", "musl");
  expect(readResult(runInNamespace(program))).toEqual({
    sys: readDeclared("sys.d.ts"),
    codec: readDeclared("codec.d.ts"),
    digest: readDeclared("digest.d.ts"),
    key: readDeclared("key.d.ts"),
    drive: readDeclared("drive.d.ts"),
    trace: readDeclared("trace.d.ts"),
  });
});
