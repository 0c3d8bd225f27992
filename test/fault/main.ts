import "./inject.ts";
import "../../src/pid1/main.ts";
