import { joinBytes } from "../../../src/text/bytes.ts";
import type { Draw } from "./draw.ts";

/** The bytes with one to three changes that ignore their format. */
export function mutateBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  let changed = bytes;
  for (let left = 1 + draw(3); left > 0; left--) changed = mutateOnce(changed, draw);
  return changed;
}

function mutateOnce(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw(bytes.length);
  const some = Uint8Array.from({ length: 1 + draw(8) }, () => draw(256));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (draw(9)) {
    case 0:
      return before;
    case 1:
      return joinBytes([before, after.subarray(some.length)]);
    case 2:
      return joinBytes([before, some, after]);
    case 3:
      return joinBytes([before, some, after.subarray(some.length)]);
    case 4:
      return joinBytes([before, after.subarray(0, 1 + draw(64)), after]);
    default: {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << draw(8));
      return changed;
    }
  }
}
