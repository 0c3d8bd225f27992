import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";
import { loadKindDocs } from "./storage/load-docs.ts";
import { renderStorage } from "./storage/render.ts";

// Run this after changing a kind's docs.ts or limits, or tools/storage; a unit test compares the
// page.
writeFileSync(join(projectRoot, "docs/storage.md"), renderStorage(await loadKindDocs()));
