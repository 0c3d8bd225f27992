import * as sys from "exitrd:sys";
import { createTasks } from "../../../src/host/tasks.ts";
import { runAll, runTasks } from "../../../src/observe/run-task.ts";

const start = sys.monotonic();
const ports = {
  tasks: createTasks(),
  clock: { now: () => sys.monotonic() - start },
  onTick: () => {},
};

function hang(): never {
  for (;;) sys.sleep(1000);
}

const large = `${"x".repeat(99)}\n`.repeat(10_000);
const outcomes = runTasks(
  [
    () => "",
    (send) => {
      send("a\n");
      send("b\n");
      return "c\nd";
    },
    (send) => {
      send(large);
      return "";
    },
    (send) => {
      send("half");
      sys.kill(sys.getpid(), sys.SIGKILL);
      return "";
    },
    (send) => {
      send("half");
      sys.open("/none/of/these", sys.O_RDONLY);
      return "";
    },
    // A line that looks like the last one is part of the output nevertheless.
    () => "x\nerror open EIO",
    (send) => {
      send("half");
      throw new Error("a bug");
    },
  ],
  20_000,
  ports,
);
const before = ports.clock.now();
const [silent] = runAll(
  [
    {
      action: (send) => {
        send("half");
        return hang();
      },
      firstMs: 20_000,
      silentMs: 300,
    },
  ],
  20_000,
  ports,
);
const result = {
  outcomes: outcomes.map((outcome) =>
    outcome.kind === "done" && outcome.output === large ? "large" : outcome,
  ),
  silent,
  inTime: ports.clock.now() - before < 5_000,
};
sys.write(1, JSON.stringify(result));
