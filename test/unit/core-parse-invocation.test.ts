import { describe, expect, test } from "vitest";
import { parseInvocation } from "../../src/teardown/parse/invocation.ts";

function parse(argv: string, environment: Readonly<Record<string, string>> = {}) {
  return parseInvocation(argv.split(" "), (name) => environment[name]);
}

describe("how systemd calls /shutdown", () => {
  test("v252.39 as seen on Debian 12", () => {
    expect(
      parse("/shutdown poweroff --timeout=90000000us --log-level=6 --log-target=kmsg --log-color"),
    ).toEqual({ verb: "poweroff", timeoutMs: 90_000, logLevel: 6, notes: [] });
  });

  test("v252.0 and v253.0: two words for every option", () => {
    expect(
      parse("/shutdown reboot --timeout 30s --log-level 7 --log-target kmsg --exit-code 3"),
    ).toEqual({ verb: "reboot", timeoutMs: 30_000, logLevel: 7, exitCode: 3, notes: [] });
  });

  test("v256 on: a log level by name, with targets of its own", () => {
    const call = "/shutdown kexec --timeout=5s --log-level info,console:debug --log-target auto";
    expect(parse(call)).toMatchObject({ verb: "kexec", logLevel: 6 });
    expect(parse("/shutdown halt --log-level console:debug,err")).toMatchObject({ logLevel: 3 });
  });

  test("exit, outside of a container, powers off with its status", () => {
    expect(parse("/shutdown exit --exit-code=42")).toMatchObject({
      verb: "poweroff",
      exitCode: 42,
      notes: [],
    });
  });

  test.each(["/shutdown", "/shutdown explode", "/shutdown --timeout=5s"])(
    "without a known verb the machine powers off, with a note: %s",
    (call) => {
      const invocation = parse(call);
      expect(invocation.verb).toBe("poweroff");
      expect(invocation.notes).toHaveLength(1);
    },
  );

  // The second is what systemd makes of DefaultTimeoutStopSec=infinity.
  test.each(["infinity", "18446744073709551615us", "0", "0s", "soon"])(
    "a limit of %s is replaced by a finite one",
    (text) => {
      expect(parse(`/shutdown reboot --timeout=${text}`).timeoutMs).toBe(90_000);
      expect(parse(`/shutdown reboot --timeout ${text}`).timeoutMs).toBe(90_000);
    },
  );

  test("an option without a value does not take the next option as its value", () => {
    expect(parse("/shutdown reboot --timeout --log-level=5")).toMatchObject({
      timeoutMs: 90_000,
      logLevel: 5,
    });
  });
});

test("what systemd 261 adds", () => {
  const set = { MINIMUM_UPTIME_USEC: "15000000", SYSTEMD_LUO_SERIALIZE_FD: "7" };
  expect(parse("/shutdown kexec", set)).toMatchObject({
    minimumUptimeMs: 15_000,
    notes: [expect.stringMatching(/^cannot keep the descriptor stores of units across kexec/)],
  });
  expect(parse("/shutdown kexec", { MINIMUM_UPTIME_USEC: "soon" })).not.toHaveProperty(
    "minimumUptimeMs",
  );
});

describe("the environment", () => {
  test("a watchdog must be pinged only if it has a timeout", () => {
    const set = { WATCHDOG_USEC: "600000000", WATCHDOG_DEVICE: "/dev/watchdog1" };
    expect(parse("/shutdown reboot", set).watchdog).toEqual({
      device: "/dev/watchdog1",
      timeoutMs: 600_000,
    });
    expect(parse("/shutdown reboot", { WATCHDOG_USEC: "0" }).watchdog).toBeUndefined();
    expect(parse("/shutdown reboot", { WATCHDOG_USEC: "" }).watchdog).toBeUndefined();
    expect(parse("/shutdown reboot").watchdog).toBeUndefined();
  });

  test("a watchdog with the timeout of its driver must be pinged, too", () => {
    const set = { WATCHDOG_USEC: "18446744073709551615" };
    expect(parse("/shutdown reboot", set).watchdog).toEqual({ device: "/dev/watchdog0" });
  });

  test("the notify socket is passed on", () => {
    const invocation = parse("/shutdown reboot", { NOTIFY_SOCKET: "vsock:2:1234" });
    expect(invocation.notifySocket).toBe("vsock:2:1234");
  });
});
