import { cells } from "../test/vm/matrix.ts";
import { judgeCells } from "./compatibility/judge-cells.ts";
import { renderCompatibility } from "./compatibility/render.ts";
import { defaultMatrix, readResults } from "./results/record.ts";

const paths = process.argv.slice(2);
if (paths.some((path) => path.startsWith("-"))) {
  console.error("usage: compatibility.ts [RESULTS.JSON...] > PAGE.MD");
  process.exit(2);
}
const runs = (paths.length === 0 ? [defaultMatrix] : paths).map(readResults);
process.stdout.write(renderCompatibility(judgeCells(cells, runs)));
