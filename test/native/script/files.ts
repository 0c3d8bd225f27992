import * as sys from "exitrd:sys";
import { hostReader } from "../../../src/host/reader.ts";

// File names and contents on a real file system; argv[1] is an empty folder.
const folder = sys.argv[1] ?? "";
const everyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
const badName = "caf\xe9-\xff\xfe-\xc3";

/** Runs `call`; returns the fields of the error that it throws. */
function catchFields(call: () => void) {
  try {
    call();
  } catch (error) {
    const { name, message, syscall, errno, code, words, path } = error as sys.SysError;
    return { name, message, syscall, errno, code, words, path, isError: error instanceof Error };
  }
  return undefined;
}

function tryContents(): unknown {
  const path = `${folder}/every-byte`;
  sys.writeFile(path, everyByte);
  const text = sys.readFile(path);
  const bytes = sys.readFileBytes(path);
  sys.writeFile(path, bytes.subarray(10, 20), sys.O_WRONLY | sys.O_APPEND);
  return {
    textSame: text === everyByte,
    bytesSame: bytes.every((byte, index) => byte === index) && bytes.length === 256,
    appended: sys.readFile(path).slice(256) === everyByte.slice(10, 20),
    large: (() => {
      const data = new Uint8Array(3_000_001).fill(0xab);
      sys.writeFile(path, data);
      return sys.readFile(path) === "\xab".repeat(3_000_001);
    })(),
    empty: (() => {
      sys.writeFile(path, "");
      return [sys.readFile(path), sys.readFileBytes(path).length];
    })(),
    page: (() => {
      sys.writeFile(path, everyByte.repeat(17));
      const page = sys.readPage(path) === everyByte.repeat(16);
      return page && sys.readPage("/sys/kernel/uevent_seqnum").endsWith("\n");
    })(),
    fifo: (() => {
      sys.mknod(`${folder}/fifo`, 0o010600, 0, 0);
      const text = sys.readFile(`${folder}/fifo`);
      sys.unlink(`${folder}/fifo`);
      return text;
    })(),
    noPage: catchFields(() => sys.readPage(`${folder}/missing`))?.code,
    limit: catchFields(() => {
      sys.writeFile(path, "12345");
      sys.readFile(path, 5);
      sys.readFile(path, 4);
    }),
  };
}

function tryNames(): unknown {
  const path = `${folder}/${badName}`;
  sys.writeFile(path, "x", sys.O_WRONLY | sys.O_CREAT, 0o600);
  sys.symlink(badName, `${folder}/link`);
  sys.mkdir(`${folder}/dir`, 0o700);
  sys.rename(path, `${folder}/dir/${badName}`);
  const names = sys.readdir(`${folder}/dir`);
  sys.unlink(`${folder}/dir/${badName}`);
  sys.rmdir(`${folder}/dir`);
  return {
    names: names.length === 1 && names[0] === badName,
    link: sys.readlink(`${folder}/link`) === badName,
    linkMode: (sys.lstat(`${folder}/link`).mode & sys.S_IFMT) === sys.S_IFLNK,
    left: sys.readdir(folder).sort(),
  };
}

function tryDescriptors(): unknown {
  const path = `${folder}/descriptors`;
  const fd = sys.open(path, sys.O_RDWR | sys.O_CREAT | sys.O_CLOEXEC, 0o644);
  const went = [sys.write(fd, "abc"), sys.write(fd, new Uint8Array([100, 101]).subarray(1))];
  sys.fsync(fd);
  sys.syncfs(fd);
  sys.close(fd);
  const again = sys.open(path, sys.O_RDONLY);
  const parts = [sys.read(again, 3), sys.read(again, 100), sys.read(again, 1)];
  sys.close(again);
  return { went, parts: parts.map((part) => Array.from(part)) };
}

function tryMemoryFile(): unknown {
  const fd = sys.memfdCreate("exitrd\xff");
  sys.write(fd, everyByte);
  const link = sys.readlink(`/proc/self/fd/${fd}`);
  const text = sys.readFile(`/proc/self/fd/${fd}`);
  sys.close(fd);
  return { link, same: text === everyByte, nul: catchFields(() => sys.memfdCreate("a\0b"))?.code };
}

function tryKernelFiles(): unknown {
  const self = sys.stat("/proc/self/root");
  const mounts = sys.readFile("/proc/self/mountinfo").split("\n");
  const rootLine = mounts.find((line) => line.split(" ")[4] === "/");
  return {
    // Files of /proc and /sys report a size of 0 or 4096 bytes.
    proc: sys.stat("/proc/self/mountinfo").size === 0 && mounts.length > 3,
    sysfs: sys.readFile("/sys/kernel/mm/transparent_hugepage/enabled").includes("["),
    mountId: rootLine !== undefined && self.mountId === Number(rootLine.split(" ")[0]),
    device: rootLine?.split(" ")[2] === self.dev,
    null: sys.stat("/dev/null").rdev,
    statfs: sys.statfs("/proc").type,
    xattr: catchFields(() => sys.getxattr("/", "user.exitrd-test-none")),
  };
}

function tryErrors(): unknown {
  return {
    missing: catchFields(() => sys.open(`${folder}/none\xff`, sys.O_RDONLY)),
    missingRead: catchFields(() => sys.readFile(`${folder}/none`)),
    noPath: catchFields(() => sys.close(12345)),
    nul: catchFields(() => sys.unlink(`${folder}/a\0b`)),
    wide: catchFields(() => sys.writeFile(`${folder}/wide`, "\u20ac")),
    wideName: catchFields(() => sys.stat("/\u0100")),
    notEmpty: catchFields(() => sys.rmdir("/proc")),
    folder: catchFields(() => sys.readFile("/")),
    ioctlOnNothing: catchFields(() => sys.ioctl(12345, 0)),
    removed: catchFields(() => sys.readdir(`${folder}/none`)),
  };
}

/** A list below /sys, like those of tracefs, is as long as it is. */
function tryList(): boolean {
  const path = "/sys/kernel/tracing/uprobe_events";
  sys.mount("tmpfs", "/sys/kernel", "tmpfs", 0, "");
  sys.mkdir("/sys/kernel/tracing", 0o755);
  sys.writeFile(path, everyByte.repeat(17));
  const text = hostReader.readText(path);
  sys.umount2("/sys/kernel", 0);
  return text === everyByte.repeat(17);
}

const contents = tryContents();
sys.unlink(`${folder}/every-byte`);
sys.write(
  1,
  JSON.stringify({
    contents,
    names: tryNames(),
    descriptors: tryDescriptors(),
    memory: tryMemoryFile(),
    kernel: tryKernelFiles(),
    errors: tryErrors(),
    list: tryList(),
  }),
);
