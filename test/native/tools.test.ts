import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheDir } from "../../tools/cache.ts";
import { buildPrograms, type Ended, type Programs, runProgram } from "./exitrd-program.ts";

let programs: Programs;
let dir: string;
let image: string;

beforeAll(async () => {
  programs = await buildPrograms();
  dir = mkdtempSync(join(cacheDir("test-native"), "tools-"));
  image = join(dir, "exitrd.img");
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function build(...args: readonly string[]): Ended {
  const base = ["build", "--shutdown", programs.shutdown, "--output", image];
  return runProgram(programs.exitrd, [...base, ...args]);
}

function buildTool(tool: string): Ended {
  return build("--tool", tool);
}

/** Compiles C source to `path` below the test's folder; returns the absolute path. */
function compile(path: string, text: string, ...flags: readonly string[]): string {
  return compileWith("gcc", path, text, ...flags);
}

function compileWith(
  compiler: string,
  path: string,
  text: string,
  ...flags: readonly string[]
): string {
  const output = join(dir, path);
  mkdirSync(dirname(output), { recursive: true });
  execFileSync(compiler, ["-x", "c", "-", "-x", "none", "-o", output, ...flags], { input: text });
  return output;
}

function writeScript(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** Unpacks the image with other programs than ours; returns the folder. */
function unpack(): string {
  const tree = mkdtempSync(join(dir, "tree-"));
  execFileSync("sh", ["-c", `zstd -dcq '${image}' | cpio -id --quiet`], { cwd: tree });
  return tree;
}

/** With /proc, as at shutdown: $ORIGIN needs it. */
function runIn(tree: string, ...command: readonly string[]): Ended {
  const namespaces = ["--mount", "--pid", "--fork", `--mount-proc=${tree}/proc`];
  return runProgram("unshare", [...namespaces, "chroot", tree, ...command]);
}

const main = "int main(void) { return 0; }";
const useA = "int a(void); int main(void) { return a(); }";

describe("a tool of this machine runs in the unpacked image", () => {
  test("with libraries of the distribution", () => {
    expect(buildTool("/usr/bin/sha256sum")).toMatchObject({ status: 0 });
    const tree = unpack();
    const { sha256 } = JSON.parse(readFileSync(join(tree, "manifest.json"), "utf8")).entries.find(
      ({ path }: { path: string }) => path === "shutdown",
    );
    const { stdout, status } = runIn(tree, "/usr/bin/sha256sum", "/shutdown");
    expect({ stdout, status }).toEqual({ stdout: `${sha256}  /shutdown\n`, status: 0 });
    const { stdout: listing } = runProgram(programs.exitrd, ["inspect", image]);
    expect(listing).toMatch(/^copied from coreutils [0-9.]+-[0-9]/m);
    expect(listing).toMatch(/^copied from libc6 [0-9.]+-[0-9]/m);
  });

  test("with its own, by $ORIGIN, and those of .note.dlopen", () => {
    compile("app/lib/liba.so.1", "int a(void) { return 7; }", "-shared", "-Wl,-soname,liba.so.1");
    compile("app/lib/libb.so.1", "int b(void) { return 35; }", "-shared");
    const json = String.raw`[{\"soname\":[\"libnone.so.9\",\"libb.so.1\"],\"priority\":\"required\"}]`;
    const text = `
#include <dlfcn.h>
__attribute__((used, section(".note.dlopen,\\"a\\",%note#"), aligned(4)))
static const struct { int name, size, type; char owner[4]; char text[${json.replaceAll("\\", "").length + 1}]; }
note = {4, sizeof(note.text), 0x407c0c0a, "FDO", "${json}"};
int a(void);
int main(void) {
  void *library = dlopen("libb.so.1", RTLD_NOW);
  int (*b)(void) = library ? (int (*)(void))dlsym(library, "b") : 0;
  return b ? a() + b() : 1;
}`;
    const library = join(dir, "app/lib/liba.so.1");
    const tool = compile("app/bin/tool", text, library, "-Wl,-rpath,$ORIGIN/../lib");
    expect(buildTool(tool)).toMatchObject({ status: 0, stderr: expect.stringContaining("built") });
    expect(runIn(unpack(), tool)).toMatchObject({ status: 42 });
  });

  test("if it is static, or uses musl's loader", () => {
    const text = '#include <stdio.h>\nint main(void) { puts("ran"); return 0; }';
    const tools = [
      compile("static", text, "-static"),
      compileWith("musl-gcc", "musl", text, "-static"),
      compileWith("musl-gcc", "musl-dynamic", text),
    ];
    expect(build(...tools.flatMap((tool) => ["--tool", tool]))).toMatchObject({ status: 0 });
    const tree = unpack();
    for (const tool of tools) expect(runIn(tree, tool).stdout).toBe("ran\n");
  });

  test("if it is a script, with its interpreter", () => {
    const script = writeScript("script", '#!/usr/bin/env -S bash -e\necho "$0 $BASH_VERSION"\n');
    expect(buildTool(script)).toMatchObject({ status: 0 });
    expect(existsSync(join(unpack(), "usr/bin/env"))).toBe(true);
    const plain = writeScript("plain", '#!/bin/bash\n[[ $1 ]] && echo "got $1"\n');
    expect(buildTool(plain)).toMatchObject({ status: 0 });
    expect(runIn(unpack(), plain, "it").stdout).toBe("got it\n");
  });
});

describe("a tool that would not work is refused in one line, and the old image stays", () => {
  test.each<[string, () => string, RegExp]>([
    [
      "a library that is nowhere",
      () => {
        const library = compile("gone/liba.so", "int a(void) { return 0; }", "-shared");
        const tool = compile("lost", useA, library);
        rmSync(library);
        return tool;
      },
      /'.*liba\.so', which '.*\/lost' needs, was not found: install/,
    ],
    [
      "a symbol that its library has not",
      () => {
        const library = compile("old/liba.so", "int a(void) { return 0; }", "-shared");
        const tool = compile("old/tool", useA, library, "-Wl,-z,lazy");
        compile("old/liba.so", "int other;", "-shared");
        return tool;
      },
      /it failed in the new tree: exit status 127: .*undefined symbol: a/,
    ],
    [
      "a crash",
      () => compile("crash", "int main(void) { __builtin_trap(); }"),
      /killed by signal 4/,
    ],
    [
      "a library that it does not tell of",
      () => {
        const text = `#include <dlfcn.h>\nint main(void) { return dlopen("libm.so.6", RTLD_NOW) ? 0 : 127; }`;
        return compile("secret", text);
      },
      /it failed in the new tree: exit status 127: leave it out, or add what it needs/,
    ],
    ["a text", () => writeScript("text", "echo\n"), /is not a 64-bit little-endian ELF file/],
    [
      "a truncated program",
      () => {
        const path = writeScript("cut", "");
        writeFileSync(path, readFileSync("/bin/true").subarray(0, 9000));
        return path;
      },
      /is a truncated ELF file/,
    ],
  ])("%s", (_, makeTool, words) => {
    writeFileSync(image, "old");
    const { status, stderr } = buildTool(makeTool());
    expect(stderr).toMatch(words);
    expect({ status, lines: stderr.split("\n").length }).toEqual({ status: 1, lines: 2 });
    expect(readFileSync(image, "utf8")).toBe("old");
    expect(readdirSync(dir).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});

describe("the run in the new tree", () => {
  test("hides the machine from a program, which cannot change anything", () => {
    const text = `
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
int main(void) {
  if (access("/proc/self", F_OK) == 0 || access("/dev/null", F_OK) == 0) return 127;
  if (access("${programs.exitrd}", F_OK) == 0) return 127;
  if (mknod("/disk", S_IFBLK | 0600, makedev(7, 0)) == 0) return 127;
  if (mount("none", "/sys", "tmpfs", 0, 0) == 0 || chroot("/dev") == 0) return 127;
  if (kill(${process.pid}, 0) == 0) return 127;
  return getpid() > 1 ? 0 : 127;
}`;
    expect(buildTool(compile("curious", text, "-static"))).toMatchObject({ status: 0 });
  });

  describe("gives a program no privileges and no descriptors of the caller", () => {
    const text = `
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static int fail(const char *what, long value) { printf("%s %ld\\n", what, value); return 127; }
int main(void) {
  struct { unsigned version; int pid; } head = {0x20080522, 0};
  struct { unsigned effective, permitted, inheritable; } sets[2];
  gid_t group;
  if (getuid() != UID || geteuid() != UID || getgid() != UID) return fail("uid", getuid());
  if (UID != 0 && getgroups(0, &group) != 0) return fail("groups", group);
  if (syscall(SYS_capget, &head, sets) != 0) return fail("capget", 0);
  for (int i = 0; i < 2; i++)
    if (sets[i].effective | sets[i].permitted | sets[i].inheritable) return fail("set", sets[i].effective);
  for (int i = 0; i < 64; i++)
    if (prctl(PR_CAPBSET_READ, i) == 1 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
      return fail("capability", i);
  for (int fd = 3; fd < 65536; fd++)
    if (fcntl(fd, F_GETFD) >= 0) return fail("descriptor", fd);
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return fail("new privileges", 0);
  return chroot("/dev") == 0 ? fail("chroot", 0) : 0;
}`;
    const capsh = ["capsh", "--shell=/bin/sh"];
    const shell = ["--", "-c", 'exec "$@"', "sh"];
    const callers: readonly (readonly [string, readonly string[]])[] = [
      ["root", []],
      ["inheritable capabilities", [...capsh, "--inh=cap_sys_admin,cap_sys_chroot", ...shell]],
      [
        "ambient capabilities",
        [...capsh, "--inh=cap_sys_chroot", "--addamb=cap_sys_chroot", ...shell],
      ],
      ["groups", ["setpriv", "--groups=4,6"]],
      ["an open directory", ["sh", "-c", 'exec "$@" 9</', "sh"]],
      [
        "a descriptor with a high number",
        ["bash", "--norc", "-c", 'exec 200</ 1000</; exec "$@"', "sh"],
      ],
    ];
    const run = (caller: readonly string[], tool: string) => {
      const command = [programs.exitrd, "build", "--shutdown", programs.shutdown];
      const args = [...caller, ...command, "--output", image, "--tool", tool];
      return runProgram("env", args);
    };

    test.each(callers)("from a caller with %s", (_, caller) => {
      const tool = compile("humble", text, "-static", "-DUID=65534");
      expect(run(caller, tool)).toMatchObject({
        status: 0,
        stderr: expect.stringContaining("built"),
      });
    });

    test("without close_range(2)", () => {
      const deny = compile("deny", readFileSync(join(import.meta.dirname, "deny-call.c"), "utf8"));
      const tool = compile("humble", text, "-static", "-DUID=65534");
      const hold = ["bash", "--norc", "-c", 'exec 200</ 1000</; exec "$@"', "sh"];
      // ENOSYS, and EPERM, which a container's filter returns for unknown calls.
      for (const errno of ["38", "1"]) {
        expect(run([...hold, deny, "436", errno], tool)).toMatchObject({
          status: 0,
          stderr: expect.stringContaining("built"),
        });
      }
    });

    test("from a user without privileges, as that user", () => {
      const tool = compile("humble-user", text, "-static", "-DUID=0");
      const place = mkdtempSync("/tmp/exitrd-test-");
      try {
        chmodSync(place, 0o777);
        for (const file of [programs.exitrd, programs.shutdown, tool]) {
          copyFileSync(file, join(place, file.slice(file.lastIndexOf("/") + 1)));
        }
        const user = ["--reuid=65534", "--regid=65534", "--clear-groups", `${place}/exitrd`];
        const output = ["--output", `${place}/user.img`, "--tool", `${place}/humble-user`];
        const build = ["build", "--shutdown", `${place}/exitrd-shutdown`, ...output];
        expect(runProgram("setpriv", [...user, ...build])).toMatchObject({
          status: 0,
          stderr: expect.stringContaining("built"),
        });
      } finally {
        rmSync(place, { recursive: true });
      }
    });

    test("and runs no program if the capabilities cannot be dropped", () => {
      const tool = compile("humble", text, "-static", "-DUID=65534");
      writeFileSync(image, "old");
      const caller = [...capsh, "--drop=cap_setpcap", ...shell];
      expect(run(caller, tool)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /^exitrd: cannot run the tools in the new tree: prctl: Operation not permitted: .*\n$/,
        ),
      });
      expect(readFileSync(image, "utf8")).toBe("old");
    });
  });

  test("runs a program that only root may read, and keeps its mode", () => {
    const tool = compile("secret-tool", main, "-static");
    chmodSync(tool, 0o700);
    rmSync(image, { force: true });
    expect(buildTool(tool)).toMatchObject({ status: 0, stderr: expect.stringContaining("built") });
    expect(statSync(join(unpack(), tool)).mode & 0o777).toBe(0o500);
    expect(statSync(image).mode & 0o777).toBe(0o600);
  });

  test("kills a program that keeps running, with its children, and leaves no mount", () => {
    const text = `#include <unistd.h>\nint main(void) { setsid(); if (!fork()) pause(); pause(); }`;
    const tool = compile("stayer", text, "-static");
    const before = readFileSync("/proc/self/mountinfo", "utf8");
    expect(buildTool(tool)).toMatchObject({ status: 0, stderr: expect.stringContaining("built") });
    expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(before);
    const running = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(running).not.toContain(tool);
  });

  test("needs no privileges", () => {
    const place = mkdtempSync("/tmp/exitrd-test-");
    try {
      chmodSync(place, 0o777);
      const [exitrd, shutdown] = [join(place, "exitrd"), join(place, "shutdown")];
      copyFileSync(programs.exitrd, exitrd);
      copyFileSync(programs.shutdown, shutdown);
      const command = [exitrd, "build", "--shutdown", shutdown, "--output", `${place}/nobody.img`];
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", ...command];
      expect(runProgram("setpriv", [...nobody, "--tool", "/bin/true"])).toMatchObject({
        status: 0,
      });
      expect(buildTool("/bin/true").status).toBe(0);
      expect(readFileSync(`${place}/nobody.img`).equals(readFileSync(image))).toBe(true);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

test("status reports a tool that was updated on the machine, until the next rebuild", () => {
  const tool = compile("updated", main, "-static");
  const status = () => runProgram(programs.exitrd, ["status", "--image", image]).stdout;
  expect(buildTool(tool)).toMatchObject({ status: 0 });
  expect(build("--tool", tool, "--if-changed").stderr).toContain("is unchanged");
  expect(status()).not.toContain("warning");
  appendFileSync(tool, "x");
  expect(status()).toContain(`warning:  '${tool}' was updated after the image was built: run`);
  expect(build("--tool", tool, "--if-changed").stderr).toContain("built");
  expect(status()).not.toContain("warning");
  rmSync(tool);
  expect(status()).toContain(`warning:  '${tool}' was removed after the image was built: run`);
});

test("diff compares two images on disk", () => {
  expect(build()).toMatchObject({ status: 0 });
  const plain = join(dir, "plain.img");
  copyFileSync(image, plain);
  expect(buildTool("/bin/true")).toMatchObject({ status: 0 });
  const { status, stdout } = runProgram(programs.exitrd, ["diff", plain, image]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^\+ bin\/true\n/m);
  expect(stdout).not.toMatch(/^[-~]/m);
  expect(runProgram(programs.exitrd, ["diff", plain, plain])).toMatchObject({
    status: 0,
    stdout: "",
  });
});
