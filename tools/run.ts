import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Runs a program until it exits; resolves to its standard output.
 *
 * On failure, rejects with the command line and its whole output: a build error without the
 * compiler's message is useless.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (cause) => reject(new Error(`cannot run '${command}'`, { cause })));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else {
        const line = [command, ...args].join(" ");
        reject(new Error(`'${line}' failed (${signal ?? code})\n${stdout}${stderr}`));
      }
    });
  });
}

/** Applies `work` to every item, in order, with one worker per processor. */
export async function mapParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const queue = items.entries();
  const drain = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, drain));
  return results;
}
