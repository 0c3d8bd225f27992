import { join } from "node:path";
import { buildProgram } from "../../../tools/program.ts";
import { run } from "../../../tools/run.ts";
import { makeTemporaryFolder } from "../machine/temporary.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/**
 * Builds an image whose PID 1 has the fault that "exitrd.fault=" on the kernel command line
 * requests.
 */
export async function buildFaultImage(): Promise<string> {
  const folder = makeTemporaryFolder();
  const program = join(folder, "exitrd-shutdown");
  const image = join(folder, "exitrd-fault.img");
  await buildProgram({
    entry: join(root, "test", "fault", "main.ts"),
    output: program,
    pid1: true,
    defines: { EXITRD_VERSION: JSON.stringify("fault") },
  });
  const builder = join(root, "dist", "exitrd");
  await run(builder, ["build", "--shutdown", program, "--output", image]);
  return image;
}
