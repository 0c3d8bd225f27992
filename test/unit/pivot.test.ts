import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { packageImage } from "../../src/load/image-places.ts";
import { makeImage } from "../../src/pack/make-image.ts";
import type { Stop } from "../../src/port/pivot.ts";
import { failCall } from "../fake/fail-call.ts";
import { FakeHost } from "../fake/fake-host.ts";
import { fakeCodec, imageInput } from "../fake/image-inputs.ts";

const image = makeImage(imageInput, 0, fakeCodec);

const stats: Readonly<Record<string, string>> = {
  // This process, the script that runs it, and the script's parent.
  "/proc/300/stat": "300 (exitrd) S 200 300",
  "/proc/200/stat": "200 (K01 (x) S 100) S 100 200",
  "/proc/100/stat": "100 (rc) S 1 100",
};

interface Machine {
  /** The program of PID 1, also after the pivot if it cannot be replaced. */
  readonly program: string;
  readonly isReplaced?: boolean;
  readonly stops?: readonly (Stop | undefined)[];
}

/** With a loaded tree, and with the hook of sysvinit. */
function makeHost({ program, isReplaced = true, stops = [] }: Machine): FakeHost {
  const host = new FakeHost();
  const nodes = host.layers[0]?.nodes;
  nodes?.delete("/run/systemd/system");
  for (const place of ["/proc", "/sys", "/dev", "/run"]) {
    nodes?.set(place, { kind: "directory", mode: 0o755, dev: "0:5" });
  }
  host.putFile(packageImage, image);
  host.putFile(program, "");
  host.putLink("/proc/1/exe", program);
  host.putLink("/etc/rc0.d/K01exitrd-pivot");
  host.pivotKernel.stops = [...stops];
  host.reader = {
    ...host.reader,
    readText: (path) => stats[path] ?? failCall("open", "ENOENT", path),
    readLink: (path) => {
      if (path.endsWith("/ns/mnt")) return "mnt:[1]";
      if (path === "/proc/1/cwd") return "/oldroot/run/service";
      return isReplaced ? "/shutdown" : `/oldroot${program}`;
    },
    stat: () => ({
      dev: "0:1",
      rdev: "0:0",
      mountId: 20,
      uid: 0,
      isBlock: false,
      isProgram: false,
    }),
  };
  run(["load"], host);
  return host;
}

const taken: readonly Stop[] = [{ kind: "interrupted" }, { kind: "call" }, { kind: "exec" }];
const refused: readonly Stop[] = [{ kind: "interrupted" }, { kind: "call" }, { kind: "call" }];

/** Returns the calls, and the exit status or that the command waits to be killed. */
function pivot(host: FakeHost, verb = "poweroff") {
  const { calls } = host.pivotKernel;
  try {
    return { code: run(["pivot", verb], host), calls, said: host.said.at(-1) };
  } catch (thrown) {
    return { code: String(thrown), calls, said: "" };
  }
}

const prepared = [
  "mkdir /run/exitrd",
  "write /run/exitrd/verb reboot",
  "private /",
  "bind /proc /run/initramfs/proc",
  "bind /sys /run/initramfs/sys",
  "bind /dev /run/initramfs/dev",
  "bind /run /run/initramfs/run",
  "bind /run/initramfs/shutdown /run/initramfs/sbin/init",
  "kill 200 SIGSTOP",
  "kill 100 SIGSTOP",
  "pivot_root /run/initramfs /run/initramfs/oldroot",
];

/** The calls that undo all of that, in reverse order. */
const takenBack = [
  "pivot_root /oldroot /oldroot/run/initramfs",
  "kill 100 SIGCONT",
  "kill 200 SIGCONT",
  "umount2 /run/initramfs/sbin/init",
  "umount2 /run/initramfs/run",
  "umount2 /run/initramfs/dev",
  "umount2 /run/initramfs/sys",
  "umount2 /run/initramfs/proc",
  "unlink /run/exitrd/verb",
];

describe("an init is replaced by /shutdown", () => {
  test("sysvinit when it is asked to execute itself again", () => {
    const { code, calls } = pivot(makeHost({ program: "/usr/sbin/init" }), "reboot");
    expect({ code, calls }).toEqual({
      code: "Error: waits to be killed",
      calls: [...prepared, "fifo /run/initctl 384"],
    });
  });

  test("s6-svscan by its finish program", () => {
    const { calls } = pivot(makeHost({ program: "/usr/bin/s6-svscan" }), "reboot");
    const finish = "/oldroot/run/service/.s6-svscan/finish";
    expect(calls.slice(prepared.length)).toEqual([
      `rename ${finish} ${finish}.exitrd`,
      `symlink /shutdown ${finish}`,
      "kill 1 SIGABRT",
    ]);
  });

  test.each(["/usr/sbin/runit", "/usr/sbin/finit", "/usr/sbin/openrc-init", "/bin/busybox"])(
    "%s by ptrace alone",
    (program) => {
      const { code, calls } = pivot(
        makeHost({ program, stops: taken, isReplaced: false }),
        "reboot",
      );
      expect(code).toBe("Error: waits to be killed");
      expect(calls.slice(prepared.length)).toEqual([
        "seize 1",
        "interrupt",
        expect.stringMatching(/^memory /),
        "registers",
        "resume call 0",
        "resume call 0",
        "detach 0",
      ]);
    },
  );
});

describe("ptrace", () => {
  const trace = (stops: readonly (Stop | undefined)[], isReplaced = false) => {
    const host = makeHost({ program: "/usr/sbin/runit", stops, isReplaced });
    const { code, calls } = pivot(host, "reboot");
    return { code, calls: calls.slice(prepared.length) };
  };
  const child = { kind: "signal", signal: 17 } as const;

  test("interrupts again after a signal, which consumes the interruption", () => {
    const { code, calls } = trace([child, { kind: "exec" }, ...taken]);
    expect(code).toBe("Error: waits to be killed");
    expect(calls.slice(0, 6)).toEqual([
      // While it is stopped, so that the next stop is this one.
      ...["seize 1", "interrupt", "interrupt", "resume stop 17", "interrupt", "resume stop 0"],
    ]);
  });

  test("runs on to a system call if it was interrupted elsewhere", () => {
    const host = makeHost({ program: "/usr/sbin/runit", isReplaced: false });
    host.pivotKernel.memory = [0x90, 0x90];
    host.pivotKernel.stops = [{ kind: "interrupted" }, child, { kind: "call" }];
    const { calls } = pivot(host, "reboot");
    const traced = calls.slice(calls.indexOf("seize 1") + 1);
    expect(traced.slice(0, 5)).toEqual([
      ...["interrupt", "resume call 0", "resume call 17", "interrupt", "resume stop 0"],
    ]);
  });

  test("is not misled by a second interruption", () => {
    const [stopped, ...rest] = taken;
    // As if it had arrived between the first stop and the resumption.
    const host = makeHost({ program: "/usr/sbin/runit", isReplaced: false });
    const { seize } = host.pivotKernel;
    host.pivotKernel.seize = (pid) => {
      const tracee = seize(pid);
      const writeMemory = tracee.writeMemory.bind(tracee);
      tracee.writeMemory = (address, data) => {
        tracee.interrupt();
        writeMemory(address, data);
      };
      return tracee;
    };
    host.pivotKernel.stops = [stopped, { kind: "interrupted" }, ...rest];
    expect(pivot(host, "reboot").code).toBe("Error: waits to be killed");
  });

  test("does not give up while execve(2) is still running", () => {
    const late = Array<undefined>(60).fill(undefined);
    const { code, calls } = trace([{ kind: "interrupted" }, { kind: "call" }, ...late, ...end]);
    expect(code).toBe("Error: waits to be killed");
    expect(calls.slice(-2)).toEqual(["detach 0", "again 17"]);
  });
  const end = [child, { kind: "exec" }] as const;

  test("detaches from an init that has executed the program by itself", () => {
    const { code, calls } = trace([{ kind: "interrupted" }], true);
    expect(code).toBe("Error: waits to be killed");
    expect(calls).toEqual(["seize 1", "interrupt", "detach 0"]);
  });

  test("detaches from an init that did not stop in time", () => {
    const { code, calls } = trace([undefined, { kind: "interrupted" }]);
    expect(code).toBe(1);
    expect(calls.slice(0, 4)).toEqual(["seize 1", "interrupt", "interrupt", "detach 0"]);
  });
});

describe("everything is restored", () => {
  test("if no way of handing over works", () => {
    const host = makeHost({ program: "/usr/sbin/init", isReplaced: false, stops: refused });
    const { code, calls, said } = pivot(host, "reboot");
    expect(code).toBe(1);
    expect(said).toBe(
      "exitrd: cannot replace 'sysvinit': by '/run/initctl': it did not react in time; by ptrace: it could not execute '/shutdown': continuing without exitrd",
    );
    expect(calls.slice(0, prepared.length)).toEqual(prepared);
    expect(calls.slice(-takenBack.length)).toEqual(takenBack);
  });

  test("if ptrace is forbidden", () => {
    const host = makeHost({ program: "/usr/sbin/runit" });
    host.pivotKernel.failures.set("seize", "EPERM");
    const { code, calls, said } = pivot(host, "reboot");
    expect({ code, calls }).toEqual({ code: 1, calls: [...prepared, ...takenBack] });
    expect(said).toMatch(/^exitrd: cannot replace 'runit': by ptrace: .*not permitted/i);
  });

  test.each(["private", "bind", "pivot_root"])("if %s fails", (call) => {
    const host = makeHost({ program: "/usr/sbin/init" });
    host.pivotKernel.failures.set(call, "EINVAL");
    const { code, calls } = pivot(host);
    expect(code).toBe(1);
    const count = (word: string) => calls.filter((one) => one.includes(word)).length;
    expect(count("umount2")).toBe(count("bind"));
    expect(count("SIGCONT")).toBe(count("SIGSTOP"));
    expect(calls.at(-1)).toBe("unlink /run/exitrd/verb");
  });
});

describe("nothing is touched", () => {
  test.each([
    ["if systemd runs", (host: FakeHost) => host.putDirectory("/run/systemd/system")],
    ["if PID 1 is a shell", (host: FakeHost) => host.putFile("/bin/bash", "")],
    ["if nothing is loaded", (host: FakeHost) => void run(["unload"], host)],
  ])("%s", (_where, change) => {
    const host = makeHost({ program: "/usr/sbin/init" });
    change(host);
    if (_where.includes("shell")) host.putLink("/proc/1/exe", "/bin/bash");
    const { code, calls, said } = pivot(host);
    expect({ code, calls }).toEqual({ code: 1, calls: [] });
    expect(said).toMatch(/^exitrd: cannot pivot/);
  });

  test("for another verb", () => {
    expect(pivot(makeHost({ program: "/usr/sbin/init" }), "explode")).toMatchObject({
      ...{ code: 2, calls: [] },
      said: "exitrd: cannot pivot: 'explode' is not a verb: use poweroff, reboot, halt, kexec",
    });
  });

  test("if this process is in another mount namespace than PID 1", () => {
    const host = makeHost({ program: "/usr/sbin/init" });
    const { readLink } = host.reader;
    host.reader = {
      ...host.reader,
      readLink: (path) => (path.includes("self") ? "mnt:[2]" : readLink(path)),
    };
    expect(pivot(host)).toMatchObject({ code: 1, calls: [] });
  });
});
