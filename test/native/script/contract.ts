import * as sys from "exitrd:sys";
import { hostFiles } from "../../../src/host/files.ts";
import { hostTrees } from "../../../src/host/ram-trees.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { type FilesWorld, filesRules } from "../../contract/files.ts";
import type { Rule } from "../../contract/rule.ts";
import { type TasksWorld, tasksRules } from "../../contract/tasks.ts";
import { treesRules } from "../../contract/trees.ts";

// The rules on the kernel that this runs on; argv[1] is an empty folder, the mount namespace is ours.
const root = sys.argv[1] ?? "";
let worlds = 0;

function makeFilesWorld(): FilesWorld {
  worlds += 1;
  const folder = `${root}/${worlds}`;
  sys.mkdir(folder, 0o755);
  return {
    files: hostFiles,
    folder,
    addDirectory: (path, mode = 0o755) => sys.mkdir(path, mode),
    addFile: (path, text, mode = 0o644) => {
      sys.writeFile(path, text, sys.O_WRONLY | sys.O_CREAT);
      sys.chmod(path, mode);
    },
    addLink: (path, target) => sys.symlink(target, path),
  };
}

function makeTasksWorld(): TasksWorld {
  return {
    tasks: createTasks(),
    failCall: () => {
      sys.open("/no/such/file", sys.O_RDONLY);
      throw new Error("opened");
    },
    crash: () => {
      sys.kill(sys.getpid(), sys.SIGSEGV);
      throw new Error("survived");
    },
    hang: () => {
      for (;;) sys.sleep(1_000);
    },
  };
}

function runAll<World>(rules: readonly Rule<World>[], makeWorld: () => World): unknown {
  return rules.map(({ name, run }) => {
    try {
      return run(makeWorld());
    } catch (thrown) {
      return `${name}: ${String(thrown)}`;
    }
  });
}

const results = {
  files: runAll(filesRules, makeFilesWorld),
  trees: runAll(treesRules, () => ({ ...makeFilesWorld(), trees: hostTrees })),
  tasks: runAll(tasksRules, makeTasksWorld),
};
sys.write(1, JSON.stringify(results));
