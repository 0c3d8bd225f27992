import * as sys from "exitrd:sys";
import { createPrograms } from "../../../src/host/programs.ts";
import { catchCode } from "./catch-code.ts";

// Runs programs of the image as hooks are run, with a file as console, whose contents are returned.
const folder = sys.argv[1] ?? "";
const CONSOLE = "/dev/console";
const TIOCSPTLCK = 0x40045431;

sys.setSoftLimit(sys.RLIMIT_NOFILE, 777);
const programs = createPrograms();
// As PID 1 does for itself.
sys.setSoftLimit(sys.RLIMIT_NOFILE, 2048);
sys.setNice(-20);

sys.mount("none", "/dev", "tmpfs", 0, "");
sys.mknod("/dev/null", sys.S_IFCHR | 0o666, 1, 3);
sys.chdir(folder);

function writeProgram(name: string, text: string, mode = 0o755): string {
  const path = `${folder}/${name}`;
  sys.writeFile(path, text);
  sys.chmod(path, mode);
  return path;
}

/** Runs a shell script; returns its output and how it ended. */
function runScript(name: string, text: string, limitMs = 10_000): unknown {
  sys.writeFile(CONSOLE, "");
  const path = writeProgram(name, `#!/bin/sh\n${text}`);
  const start = sys.monotonic();
  const end = programs.run(path, ["before-umount", "halt"], limitMs);
  return { end, inTime: sys.monotonic() - start < limitMs + 1_000, said: sys.readFile(CONSOLE) };
}

/** On a terminal, because the shell has job control only there. */
function runShell(): unknown {
  sys.unlink(CONSOLE);
  sys.mkdir("/dev/pts", 0o755);
  sys.mount("none", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666");
  const terminal = sys.open("/dev/pts/ptmx", sys.O_RDWR | sys.O_NOCTTY | sys.O_CLOEXEC);
  sys.ioctl(terminal, TIOCSPTLCK, new ArrayBuffer(4));
  sys.symlink("/dev/pts/0", CONSOLE);
  sys.write(terminal, "tty; exit 4\n");
  const end = programs.runShell("/bin/sh");
  let said = "";
  // Reads in parts until EIO, when the other end is closed.
  const readMore = () => {
    said += String.fromCharCode(...sys.read(terminal, 4096));
  };
  while (catchCode(readMore) === undefined);
  return { end, said };
}

function isAlive(pidFile: string): boolean {
  const pid = Number(sys.readFile(pidFile));
  // A killed orphan stays a zombie until it is reaped.
  for (let waited = 0; waited < 100; waited += 1) {
    const stat = catchCode(() => sys.readFile(`/proc/${pid}/stat`));
    if (typeof stat !== "string" || stat.includes("ENOENT") || stat.includes(") Z ")) return false;
    sys.sleep(10);
  }
  return true;
}

const outcome = {
  plain: runScript(
    "plain",
    'echo "$*"; pwd; env | sort; readlink /proc/self/fd/0; ls /proc/self/fd | tr "\\n" " "; echo oops >&2; exit 3',
  ),
  session: runScript(
    "session",
    'read -r _ _ _ _ group session _ </proc/$$/stat; [ "$$ $$" = "$group $session" ]',
  ),
  limits: runScript("limits", "nice; ulimit -n; grep -E '^Sig(Blk|Ign)' /proc/self/status"),
  hung: runScript("hung", `sleep 60 & echo $! >${folder}/child; while :; do sleep 60; done`, 600),
  hungChild: isAlive(`${folder}/child`),
  leaves: runScript("leaves", `sleep 60 & echo $! >${folder}/left`),
  leftChild: isAlive(`${folder}/left`),
  killed: runScript("killed", "kill -SEGV $$"),
  notExecutable: programs.run(writeProgram("plainText", "x", 0o644), [], 1_000),
  missing: programs.run(`${folder}/none`, [], 1_000),
  shell: runShell(),
  silent: (() => {
    sys.unlink(CONSOLE);
    const noConsole = catchCode(() => programs.runShell("/bin/sh"));
    return [noConsole, programs.run(writeProgram("echo", "#!/bin/sh\necho x\n"), [], 5_000)];
  })(),
};
sys.write(1, JSON.stringify(outcome));
