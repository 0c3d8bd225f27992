/** A value in LVM's metadata text. */
export type LvmValue = number | string | readonly LvmValue[] | LvmSection;

export interface LvmSection {
  readonly [name: string]: LvmValue;
}

/**
 * Parses LVM's metadata text: `name = value`, `name { … }`, lists, comments.
 *
 * Source: format_text in lvm2's lib/, and lvm.conf(5).
 */
export function parseLvmText(text: string): LvmSection {
  const tokens =
    text.replace(/#.*$/gm, "").match(/"(?:[^"\\]|\\.)*"|[{}[\]=,]|[^\s{}[\]=,"]+/g) ?? [];
  let next = 0;

  const take = (): string => {
    const token = tokens[next++];
    if (token === undefined) throw new Error("the metadata text ends too early");
    return token;
  };
  const parseSection = (): LvmSection => {
    const section: Record<string, LvmValue> = {};
    while (next < tokens.length && tokens[next] !== "}") {
      const name = take();
      const sign = take();
      if (sign === "=") section[name] = parseValue();
      else if (sign === "{") {
        section[name] = parseSection();
        take();
      } else throw new Error(`unexpected '${sign}' after '${name}'`);
    }
    return section;
  };
  const parseValue = (): LvmValue => {
    const token = take();
    if (token !== "[") return parseScalar(token);
    const list: LvmValue[] = [];
    while (tokens[next] !== "]") {
      list.push(parseValue());
      if (tokens[next] === ",") next++;
    }
    next++;
    return list;
  };
  return parseSection();
}

function parseScalar(token: string): number | string {
  return token.startsWith('"') ? token.slice(1, -1) : Number(token);
}

/** Returns a section's value of the wanted kind, or throws. */
export function readSection(section: LvmSection, name: string): LvmSection {
  const value = section[name];
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(`no section '${name}'`);
  return value as LvmSection;
}

export function readNumber(section: LvmSection, name: string): number {
  const value = section[name];
  if (typeof value !== "number") throw new Error(`no number '${name}'`);
  return value;
}
