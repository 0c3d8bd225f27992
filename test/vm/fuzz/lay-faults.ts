import type { DrawnStack } from "./drawn-stack.ts";
import type { Fault, FaultKind } from "./fault.ts";
import { FIRST_FAULT, faultKinds } from "./fault-kinds.ts";
import type { Site } from "./site.ts";

/** The faults, and everything that they may reach. */
export interface Faults {
  readonly names: readonly string[];
  readonly inject: string;
  readonly mend: string;
  readonly frozenIn: readonly string[];
  /** Layers by their number, partitions as "p1". */
  readonly touched: ReadonlySet<string>;
  /** These, and everything on them: not assembled again. */
  readonly lost: ReadonlySet<string>;
}

interface Laid {
  readonly name: string;
  readonly pick: number;
  readonly number: number;
  readonly kind: FaultKind;
}

/** First, the parts that will fail are offered to the layers. */
export function layGround(site: Site, { faults = [] }: DrawnStack): readonly Laid[] {
  return faults.flatMap(({ kind: name, pick }, index) => {
    const kind: FaultKind = faultKinds[name];
    const number = FIRST_FAULT + index;
    site.begin(number);
    return kind.lay?.(site, number) === false ? [] : { name, pick, number, kind };
  });
}

/** Then, on the complete stack, the faults hit something. */
export function layFaults(site: Site, laid: readonly Laid[], drawn: DrawnStack): Faults {
  const struck = laid.flatMap(({ name, pick, number, kind }) => {
    const fault = kind.strike(site, pick, number, drawn);
    return fault === undefined ? [] : { name, fault };
  });
  const faults: readonly Fault[] = struck.map(({ fault }) => fault);
  const touched = findTouched(
    faults.flatMap(({ hits }) => hits),
    site.uses,
  );
  return {
    names: struck.map(({ name }) => name),
    inject: faults.map(({ inject }) => inject).join("\n"),
    mend: faults.flatMap(({ mend }) => mend ?? []).join("\n"),
    frozenIn: faults.flatMap(({ frozenIn }) => frozenIn ?? []),
    touched,
    lost: spreadUp(touched, site.uses),
  };
}

/** Everything above a hit, and everything below that stays busy because of it. */
export function findTouched(
  hits: readonly string[],
  uses: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const touched = new Set(spreadUp(new Set(hits), uses));
  spread(touched, (add) => {
    for (const [holder, backings] of uses) {
      if (touched.has(holder)) for (const backing of backings) add(backing);
    }
  });
  return touched;
}

/** These, and everything on them. */
function spreadUp(
  hits: ReadonlySet<string>,
  uses: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const reached = new Set(hits);
  spread(reached, (add) => {
    for (const [holder, backings] of uses) {
      if ([...backings].some((backing) => reached.has(backing))) add(holder);
    }
  });
  return reached;
}

function spread(set: Set<string>, visit: (add: (one: string) => void) => void): void {
  for (let before = -1; before < set.size; ) {
    before = set.size;
    visit((one) => set.add(one));
  }
}
