import * as sys from "exitrd:sys";
import { findChange } from "../../../src/execute/self-check/find-change.ts";
import { hostDigests } from "../../../src/host/digests.ts";
import { hostFiles } from "../../../src/host/files.ts";

// Prints what PID 1 would report about the tree at argv[1].
const change = findChange(sys.argv[1] ?? "", hostFiles, hostDigests.sha256);
sys.write(1, JSON.stringify(change ?? null));
