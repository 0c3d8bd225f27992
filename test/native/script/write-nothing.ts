import * as sys from "exitrd:sys";
import { catchCode } from "./catch-code.ts";

// Run under write-nothing.c: a file that accepts no data.
const path = `${sys.argv[1]}/file`;
const fd = sys.open(path, sys.O_WRONLY | sys.O_CREAT, 0o600);
const refused = [catchCode(() => sys.writeAll(fd, "x")), catchCode(() => sys.writeFile(path, "x"))];
sys.writeAll(1, JSON.stringify([...refused, sys.readFile(path)]));
