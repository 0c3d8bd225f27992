import { defaultResults, readResults } from "./results/record.ts";
import { renderResults } from "./results/render.ts";

const [path = defaultResults, ...rest] = process.argv.slice(2);
if (rest.length > 0 || path.startsWith("-")) {
  console.error("usage: results.ts [RESULTS.JSON] > PAGE.MD");
  process.exit(2);
}
process.stdout.write(renderResults(readResults(path)));
