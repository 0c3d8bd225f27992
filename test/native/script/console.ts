import { argv } from "exitrd:sys";
import { openConsole } from "../../../src/host/console.ts";

// Prints a line of the length argv[2], which begins with argv[1]. DEBUG, so that no console shows it.
const [, start = "", length = ""] = argv;
openConsole(7).debug(start.padEnd(Number(length), "x"));
