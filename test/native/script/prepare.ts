import * as sys from "exitrd:sys";
import { prepareProcess } from "../../../src/pid1/setup/prepare.ts";

// Descriptors that init left open, in more numbers than reading a directory uses.
const INHERITED = 100;
sys.dup2(sys.open("/", sys.O_RDONLY | sys.O_DIRECTORY), INHERITED);
prepareProcess();
sys.write(1, JSON.stringify(sys.readdir("/proc/self/fd").map(Number).includes(INHERITED)));
