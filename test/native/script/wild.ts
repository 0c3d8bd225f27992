import { zstdCompress, zstdDecompress } from "exitrd:codec";
import { sha1, sha256, sha512 } from "exitrd:digest";
import * as sys from "exitrd:sys";

// Calls functions that decode arguments, answers of the kernel or files, with wild ones. argv[1] is
// an empty folder, argv[2] the seed, argv[3] the number of calls.
const folder = sys.argv[1] ?? "";
let state = Number(sys.argv[2]) >>> 0;

/** xorshift32: the same calls each time. */
function next(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state % below;
}

function pick<T>(list: readonly T[]): T {
  return list[next(list.length)] as T;
}

const file = `${folder}/file`;
sys.writeFile(file, "text\n".repeat(2000));
for (let n = 0; n < 300; n++) sys.writeFile(`${folder}/name-\xff-${n}`, "");
const [readEnd, writeEnd] = sys.pipe();
const netlink = sys.openNetlink(16, 0);
const disk = sys.open(file, sys.O_RDONLY | sys.O_CLOEXEC);
const sink = sys.open("/dev/null", sys.O_WRONLY | sys.O_CLOEXEC);
// The result goes to this descriptor, because standard output may be written to by mistake.
const result = 200;
sys.dup2(1, result);
sys.dup2(sink, 1);
const fds = [-1, readEnd, writeEnd, netlink, disk, sink, 99999];

const text = (): string => {
  const length = pick([0, 1, 2, 15, 16, 107, 108, 255, 4095, 4096, 70_000]);
  return pick(["a", "/", "\xff", "\0", "@", "€", "a/"]).repeat(length);
};
const path = (): string =>
  pick([file, folder, "/proc/self/stat", "/proc/self/fd", "/sys/kernel", "/dev/null", text()]);
const number = (): number =>
  pick([0, 1, -1, 2, 4, 8, 16, 31, 32, 33, 64, 65, 255, 4096, 65_536, 1e5, 0x7fff_ffff]) *
  pick([1, 1, 1, -1, 0.5, 2, 2 ** 20, Number.NaN, Number.POSITIVE_INFINITY]);
const bytes = (): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(pick([0, 1, 19, 20, 312, 4096, 70_000]));
  for (let at = 0; at < all.length; at += 1 + next(40)) all[at] = next(256);
  return all.subarray(next(all.length + 1));
};
/** Values of wrong types. */
const odd = (): unknown =>
  pick<unknown>([
    undefined,
    null,
    true,
    7n,
    Symbol("odd"),
    {},
    [],
    [[]],
    () => 1,
    new ArrayBuffer(8),
    { length: -1 },
    { length: 2 ** 60, 0: 1 },
    { length: Number.NaN },
    { fd: "x", events: {} },
    {
      get length(): number {
        throw new Error("odd");
      },
    },
    { valueOf: () => 99, toString: () => "many" },
    new Array(70_000),
  ]);
const polled = (): readonly unknown[] =>
  Array.from({ length: next(40) }, () =>
    next(9) === 0 ? odd() : { fd: pick(fds), events: number() },
  );

type Call = (...args: readonly never[]) => unknown;
type Make = () => unknown;
const fd = (): number => pick(fds);

/** Calls that would read from the pipe for ever, or wait, are left out or made non-blocking. */
const calls: readonly (readonly [Call, readonly Make[]])[] = [
  [sys.readFile as Call, [path, number]],
  [sys.readFileBytes as Call, [path, number]],
  [sys.readPage as Call, [path]],
  [sys.readdir as Call, [path]],
  [sys.readlink as Call, [path]],
  [sys.stat as Call, [path]],
  [sys.lstat as Call, [path]],
  [sys.statfs as Call, [path]],
  [sys.access as Call, [path, number]],
  [sys.getxattr as Call, [path, () => pick(["user.a", "security.capability", text()])]],
  [sys.read as Call, [() => pick([-1, disk, 99999]), () => Math.min(number(), 1e6)]],
  [sys.write as Call, [() => pick([-1, sink, netlink, 99999]), () => pick([text, bytes])()]],
  [
    sys.ioctl as Call,
    [
      fd,
      () => pick([0, 0x5401, 0x4c05, 0xc138_fd0c, 0xffff_ffff, number()]),
      () => pick<unknown>([0, new ArrayBuffer(next(600)), bytes().buffer]),
    ],
  ],
  [sys.ipmiSend as Call, [fd, number, number, bytes]],
  [sys.ipmiReceive as Call, [fd]],
  [sys.poll as Call, [polled, () => 0]],
  [sys.waitpid as Call, [() => -1, () => sys.WNOHANG]],
  [sys.getenv as Call, [text]],
  [sys.execve as Call, [() => `${folder}/none`, () => [text(), text()], () => [text()]]],
  [sys.sendUnix as Call, [() => pick([text(), `@${text()}`, folder]), text]],
  [sys.sendVsock as Call, [() => 99, number, number, text]],
  [sys.openNetlink as Call, [() => 4096 + next(9), number]],
  [
    sys.fsconfig as Call,
    [() => -1, number, () => pick([null, text()]), () => pick([null, text()])],
  ],
  [sys.sigprocmask as Call, [() => sys.SIG_UNBLOCK, () => [number(), number()]]],
  [sha1 as Call, [bytes]],
  [sha256 as Call, [bytes]],
  [sha512 as Call, [bytes]],
  [zstdCompress as Call, [bytes, () => 1 + next(3)]],
  [zstdDecompress as Call, [damagedFrame, () => pick([0, 10, 5000, 1e6])]],
];

function damagedFrame(): Uint8Array {
  const frame = zstdCompress(bytes(), 1);
  for (let n = next(4); n > 0; n--) frame[next(frame.length)] = next(256);
  return frame.subarray(0, frame.length - next(3));
}

let returned = 0;
let thrown = 0;
for (let n = Number(sys.argv[3]); n > 0; n--) {
  const [call, makers] = pick(calls);
  const isOdd = next(6) === 0;
  const args = makers.map((make) => (isOdd && next(2) === 0 ? odd() : make()));
  try {
    call(...(args as unknown as readonly never[]));
    returned += 1;
  } catch (error) {
    if (!(error instanceof Error)) throw new Error("something other than an Error was thrown");
    thrown += 1;
  }
}
sys.write(result, JSON.stringify({ returned, thrown }));
