import { expect, test } from "vitest";
import { type Ended, listBetter, renderCompared } from "../vm/beside/result.ts";

const well: Ended = { seconds: 2, isRootClean: true, isHealthyClean: true, isKeyGone: true };
const situation = "a disk that hangs";

test("systemd-shutdown does better if it releases more, or the same in less time", () => {
  const compare = (exitrd: Partial<Ended>, systemdShutdown: Partial<Ended> = {}) =>
    listBetter({
      situation,
      exitrd: { ...well, ...exitrd },
      systemdShutdown: { ...well, ...systemdShutdown },
    });
  expect(compare({})).toEqual([]);
  expect(compare({ seconds: 4.9 })).toEqual([]);
  expect(compare({ seconds: 5.1 })).toEqual([`'${situation}': systemd-shutdown is quicker`]);
  expect(compare({ seconds: 60 }, { isRootClean: false })).toEqual([]);
  expect(compare({ isKeyGone: false }, { isRootClean: false })).toHaveLength(1);
  const { seconds: _, ...cut } = well;
  expect(listBetter({ situation, exitrd: well, systemdShutdown: cut })).toEqual([]);
  expect(listBetter({ situation, exitrd: cut, systemdShutdown: well })).toHaveLength(1);
});

test("the page has one row for each fault", () => {
  const { seconds: _, ...cut } = { ...well, isKeyGone: false };
  const page = renderCompared([{ situation, exitrd: well, systemdShutdown: cut }], "abc", "today");
  expect(page).toContain(
    "| a disk that hangs | 2.0 s | clean | clean | gone | **cut off** | clean | clean | **found** |",
  );
});
