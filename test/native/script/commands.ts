import * as sys from "exitrd:sys";
import { readToEnds } from "../../../src/host/commands.ts";
import { catchCode } from "./catch-code.ts";

// Reading the outputs of programs.
const [readEnd, writeEnd] = sys.pipe();
sys.write(writeEnd, "text");
sys.close(writeEnd);
const closed = 1000;
const pieces = readToEnds([readEnd]).map((piece) => String.fromCharCode(...piece));
sys.write(1, JSON.stringify({ pieces, closed: catchCode(() => readToEnds([closed])) }));
