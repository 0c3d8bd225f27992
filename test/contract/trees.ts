import type { RamTree, RamTrees } from "../../src/port/loader.ts";
import { toBytes } from "../../src/text/bytes.ts";
import type { FilesWorld } from "./files.ts";
import { answerOf, type Rule } from "./rule.ts";

export interface TreesWorld extends FilesWorld {
  readonly trees: RamTrees;
}

const mode = { key: "mode", value: "0755" } as const;

function makeTree({ trees }: TreesWorld): RamTree {
  return trees.create("tmpfs", [mode]);
}

/** A tree with a directory and a file, and an empty folder to attach it to. */
function makeFilled(world: TreesWorld): { readonly tree: RamTree; readonly target: string } {
  const target = `${world.folder}/target`;
  world.addDirectory(target);
  const tree = makeTree(world);
  tree.makeDirectory("dir", 0o755);
  tree.writeFile("dir/file", toBytes("in the tree"), 0o644);
  return { tree, target };
}

const sizes = { small: 1, page: 4096, large: 200_000 } as const;

export const treesRules: readonly Rule<TreesWorld>[] = [
  {
    name: "an unknown mount option is refused",
    run: ({ trees }) => [
      answerOf(() => trees.create("tmpfs", [{ key: "no-such-option" }])),
      answerOf(() => trees.create("tmpfs", [{ key: "size", value: "a lot" }])),
    ],
    expected: ["fsconfig EINVAL", "fsconfig EINVAL"],
  },
  {
    name: "a tree is visible once it is attached, and hides the files below until it is unmounted",
    run: (world) => {
      const { files, folder, trees, addFile } = world;
      const { tree, target } = makeFilled(world);
      addFile(`${target}/below`, "kept");
      const look = () => answerOf(() => files.readDir(target));
      const seen = [look()];
      tree.attach(target);
      tree.close();
      const isOther = files.status(target)?.dev !== files.status(folder)?.dev;
      seen.push(
        look(),
        answerOf(() => files.readText(`${target}/dir/file`, 100)),
      );
      trees.unmount(target);
      seen.push(look());
      return [...seen, isOther, answerOf(() => trees.unmount(target))];
    },
    expected: [["below"], ["dir"], "in the tree", ["below"], true, "umount2 EINVAL"],
  },
  {
    name: "the tree that was attached last is on top",
    run: (world) => {
      const { files, trees } = world;
      const { tree, target } = makeFilled(world);
      tree.attach(target);
      tree.close();
      const second = makeTree(world);
      second.writeFile("second", toBytes(""), 0o644);
      second.attach(target);
      second.close();
      const top = files.readDir(target);
      trees.unmount(target);
      const below = files.readDir(target);
      trees.unmount(target);
      return [top, below, files.readDir(target)];
    },
    expected: [["second"], ["dir"], []],
  },
  {
    name: "a tree can be attached beneath the one on top, and a copy of that be mounted again",
    run: (world) => {
      const { files, trees } = world;
      const { tree, target } = makeFilled(world);
      const second = makeTree(world);
      second.writeFile("second", toBytes(""), 0o644);
      const below = answerOf(() => second.attachBeneath(target));
      tree.attach(target);
      tree.close();
      const copy = trees.hold(target);
      second.attachBeneath(target);
      second.close();
      const seen = [files.readDir(target)];
      trees.unmount(target);
      seen.push(files.readDir(target));
      trees.unmount(target);
      copy.showAt(target);
      copy.close();
      seen.push(files.readDir(target));
      trees.unmount(target);
      return [below, ...seen, files.readDir(target)];
    },
    expected: ["move_mount EINVAL", ["dir"], ["second"], ["dir"], []],
  },
  {
    name: "a tree that is closed without having been attached vanishes",
    run: (world) => {
      const { tree, target } = makeFilled(world);
      tree.close();
      return answerOf(() => world.trees.unmount(target));
    },
    expected: "umount2 EINVAL",
  },
  {
    name: "a tree can only be attached to an existing directory",
    run: (world) => {
      const { tree } = makeFilled(world);
      world.addFile(`${world.folder}/file`, "");
      const answers = ["none", "file"].map((name) =>
        answerOf(() => tree.attach(`${world.folder}/${name}`)),
      );
      tree.close();
      return answers;
    },
    expected: ["move_mount ENOENT", "move_mount EINVAL"],
  },
  {
    name: "in a tree, nothing is created twice, or without its parent directory",
    run: (world) => {
      const { tree } = makeFilled(world);
      const makeDirectory = (path: string) => answerOf(() => tree.makeDirectory(path, 0o755));
      const writeFile = (path: string) => answerOf(() => tree.writeFile(path, toBytes(""), 0o644));
      const paths = ["dir", "dir/file", "none/below", "dir/file/below"];
      const answers = [...paths.map(makeDirectory), ...paths.map(writeFile)];
      tree.close();
      return answers;
    },
    expected: [
      ...["mkdir EEXIST", "mkdir EEXIST", "mkdir ENOENT", "mkdir ENOTDIR"],
      ...["open EEXIST", "open EEXIST", "open ENOENT", "open ENOTDIR"],
    ],
  },
  {
    name: "modes do not depend on the umask",
    run: (world) => {
      const { files } = world;
      const { tree, target } = makeFilled(world);
      tree.makeDirectory("open", 0o1777);
      tree.writeFile("open/program", toBytes(""), 0o4777);
      tree.attach(target);
      tree.close();
      const modes = ["", "/open", "/open/program"].map((path) => files.status(target + path)?.mode);
      world.trees.unmount(target);
      return modes;
    },
    expected: [0o755, 0o1777, 0o4777],
  },
  {
    name: "a link in a tree is resolved from where the tree is attached",
    run: (world) => {
      const { files } = world;
      const { tree, target } = makeFilled(world);
      const makeLink = (path: string, to: string) => answerOf(() => tree.makeLink(path, to));
      const answers = [makeLink("dir/link", "../dir/file"), makeLink("dir/link", "other")];
      answers.push(makeLink("none/link", "x"));
      tree.attach(target);
      tree.close();
      const found = [
        files.status(`${target}/dir/link`)?.kind,
        files.readLink(`${target}/dir/link`),
        files.readText(`${target}/dir/link`, 100),
      ];
      world.trees.unmount(target);
      return [...answers, ...found];
    },
    expected: [
      ...["done", "symlink EEXIST", "symlink ENOENT"],
      ...["other", "../dir/file", "in the tree"],
    ],
  },
  {
    name: "a sealed tree accepts no more files, whether attached or not",
    run: (world) => {
      const { files, trees } = world;
      const { tree, target } = makeFilled(world);
      tree.seal();
      const answers = [
        answerOf(() => tree.writeFile("late", toBytes(""), 0o644)),
        answerOf(() => tree.makeDirectory("late", 0o755)),
      ];
      tree.attach(target);
      tree.close();
      answers.push(
        answerOf(() => files.replaceFile(`${target}/late`, toBytes(""), 0o644)),
        answerOf(() => files.removeFile(`${target}/dir/file`)),
        answerOf(() => trees.makeDirectory(`${target}/late`, 0o755)),
        answerOf(() => trees.removeDirectory(`${target}/dir`)),
      );
      answers.push(files.readDir(target));
      trees.unmount(target);
      return answers;
    },
    expected: [
      ...["open EROFS", "mkdir EROFS"],
      ...["open EROFS", "unlink EROFS", "mkdir EROFS", "rmdir EROFS"],
      ["dir"],
    ],
  },
  {
    name: "a tree accepts no more inodes than its limit, which includes the root",
    run: ({ trees }) => {
      const tree = trees.create("tmpfs", [mode, { key: "nr_inodes", value: "3" }]);
      const answers = [1, 2, 3].map((number) =>
        answerOf(() => tree.writeFile(`file-${number}`, toBytes(""), 0o644)),
      );
      answers.push(answerOf(() => tree.makeDirectory("dir", 0o755)));
      tree.close();
      return answers;
    },
    expected: ["done", "done", "open ENOSPC", "mkdir ENOSPC"],
  },
  {
    name: "a tree accepts no more pages than its limit; each file takes whole pages",
    run: ({ trees }) => {
      const tree = trees.create("tmpfs", [mode, { key: "size", value: "16384" }]);
      const write = (name: string, size: number) =>
        answerOf(() => tree.writeFile(name, new Uint8Array(size), 0o644));
      const answers = [
        write("small", sizes.small),
        write("page", sizes.page),
        write("large", sizes.large),
        write("empty", 0),
      ];
      tree.close();
      return answers;
    },
    expected: ["done", "done", "write ENOSPC", "done"],
  },
  {
    name: "directories are created and removed one level at a time",
    run: ({ trees, files, folder, addFile }) => {
      const make = (path: string) =>
        answerOf(() => trees.makeDirectory(`${folder}/${path}`, 0o700));
      const remove = (path: string) => answerOf(() => trees.removeDirectory(`${folder}/${path}`));
      addFile(`${folder}/file`, "");
      const made = ["dir", "dir", "file", "none/below", "file/below", "dir/below"].map(make);
      const { mode } = files.status(`${folder}/dir`) ?? {};
      const removed = ["dir", "file", "none", "dir/below", "dir"].map(remove);
      return [...made, mode, ...removed];
    },
    expected: [
      ...["done", "mkdir EEXIST", "mkdir EEXIST", "mkdir ENOENT", "mkdir ENOTDIR", "done"],
      0o700,
      ...["rmdir ENOTEMPTY", "rmdir ENOTDIR", "rmdir ENOENT", "done", "done"],
    ],
  },
  {
    name: "a mount point cannot be removed",
    run: (world) => {
      const { tree, target } = makeFilled(world);
      tree.attach(target);
      tree.close();
      const answer = answerOf(() => world.trees.removeDirectory(target));
      world.trees.unmount(target);
      return [answer, answerOf(() => world.trees.removeDirectory(target))];
    },
    expected: ["rmdir EBUSY", "done"],
  },
];
