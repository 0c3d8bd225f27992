import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./bundle.ts";
import { renderManual } from "./render-manual.ts";

// Run this after changing src/teardown/settings/manual.ts; a unit test compares the page.
const path = join(projectRoot, "man/exitrd.conf.5.scd");
writeFileSync(path, renderManual(readFileSync(path, "utf8")));
