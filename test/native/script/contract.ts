import * as sys from "exitrd:sys";
import { hostFiles } from "../../../src/host/files.ts";
import { hostKernel } from "../../../src/host/kernel.ts";
import { hostTrees } from "../../../src/host/ram-trees.ts";
import { hostReader } from "../../../src/host/reader.ts";
import { hostStreams } from "../../../src/host/streams.ts";
import { createTasks } from "../../../src/host/tasks.ts";
import { type FilesWorld, filesRules } from "../../contract/files.ts";
import { type MachineWorld, machineRules } from "../../contract/machine.ts";
import { answerOf, type Rule } from "../../contract/rule.ts";
import { type TasksWorld, tasksRules } from "../../contract/tasks.ts";
import { treesRules } from "../../contract/trees.ts";
import { bindLoop } from "./bind-loop.ts";

// Runs the rules against this machine's kernel. argv[1] is an empty folder, argv[2] an ext4 image;
// the mount namespace is our own.
const [, root = "", image = ""] = sys.argv;
let worlds = 0;

function makeFilesWorld(): FilesWorld {
  worlds += 1;
  const folder = `${root}/${worlds}`;
  sys.mkdir(folder, 0o755);
  return {
    files: { ...hostFiles, readPlain: hostStreams.readPlain },
    folder,
    addDirectory: (path, mode = 0o755) => sys.mkdir(path, mode),
    addFile: (path, text, mode = 0o644) => {
      sys.writeFile(path, text, sys.O_WRONLY | sys.O_CREAT);
      sys.chmod(path, mode);
    },
    addLink: (path, target) => sys.symlink(target, path),
  };
}

function makeMachineWorld(): MachineWorld {
  const { folder } = makeFilesWorld();
  const makeTarget = (target: string) => answerOf(() => sys.mkdir(target, 0o755));
  return {
    reader: hostReader,
    kernel: hostKernel,
    folder,
    addTmpfs: (target) => {
      makeTarget(target);
      sys.mount("tmpfs", target, "tmpfs", 0, "");
    },
    addLoop: () => {
      sys.writeFile(`${folder}/image`, sys.readFileBytes(image));
      return bindLoop(`${folder}/image`);
    },
    addExt4: (loop, target) => {
      makeTarget(target);
      sys.mount(`/dev/${loop}`, target, "ext4", 0, "");
    },
    addOverlay: (lower, target) => {
      makeTarget(target);
      makeTarget(`${folder}/other`);
      sys.mount("overlay", target, "overlay", 0, `lowerdir=${lower}:${folder}/other`);
    },
    openFile: (target) => {
      const fd = sys.open(`${target}/file`, sys.O_WRONLY | sys.O_CREAT | sys.O_CLOEXEC, 0o644);
      return () => sys.close(fd);
    },
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
  machine: runAll(machineRules, makeMachineWorld),
  tasks: runAll(tasksRules, makeTasksWorld),
};
sys.write(1, JSON.stringify(results));
