import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";
import { loadKindDocs } from "./storage/load-docs.ts";
import { renderStorage } from "./storage/render.ts";

// Run after a change of a kind's docs.ts or limits, or of tools/storage; a unit test compares.
writeFileSync(join(projectRoot, "docs/storage.md"), renderStorage(await loadKindDocs()));
