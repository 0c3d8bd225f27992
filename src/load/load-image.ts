import type { LoadPorts } from "./load-ports.ts";
import type { LoadRequest, LoadResult } from "./load-request.ts";
import { planLoad } from "./plan-load.ts";
import { readLoadFacts } from "./read-load-facts.ts";
import { runLoad } from "./run-load.ts";

/** Loads an image into a RAM tree, with this machine's extensions: reads, decides, then acts. */
export function loadImage(request: LoadRequest, ports: LoadPorts): LoadResult {
  return runLoad(planLoad(request, readLoadFacts(request, ports), ports.codec.sha256), ports);
}
