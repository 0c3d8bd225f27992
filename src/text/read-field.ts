import { parseDev } from "./dev.ts";

/** A value of parsed JSON and its path: "devices[3].dm.name". */
export interface Field {
  readonly value: unknown;
  readonly path: string;
}

/** A member of an object; its value is undefined if it is missing. */
export function get(field: Field, key: string): Field {
  const { value, path } = field;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(field, "an object");
  }
  const own = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  return { value: own, path: path === "" ? key : `${path}.${key}` };
}

export function readString(field: Field): string {
  if (typeof field.value !== "string") throw wrong(field, "a string");
  // JSON can contain any character, but a byte string only bytes.
  for (let i = 0; i < field.value.length; i++) {
    if (field.value.charCodeAt(i) > 0xff) throw wrong(field, "a byte string (U+0000 to U+00FF)");
  }
  return field.value;
}

/** A whole number, exact and not negative. */
export function readNumber(field: Field): number {
  if (typeof field.value !== "number" || !Number.isSafeInteger(field.value) || field.value < 0) {
    throw wrong(field, "a whole number");
  }
  return field.value;
}

export function readBoolean(field: Field): boolean {
  if (typeof field.value !== "boolean") throw wrong(field, "true or false");
  return field.value;
}

/** "major:minor". */
export function readDev(field: Field): string {
  const dev = readString(field);
  if (parseDev(dev) === undefined) throw wrong(field, 'a device number "major:minor"');
  return dev;
}

export function readList<T>(field: Field, readItem: (item: Field) => T): readonly T[] {
  if (!Array.isArray(field.value)) throw wrong(field, "a list");
  return field.value.map((value: unknown, index) =>
    readItem({ value, path: `${field.path}[${index}]` }),
  );
}

/** An object with only this member, for spreading; empty if it is missing. */
export function readOptional<K extends string, T>(
  field: Field,
  key: K,
  readMember: (member: Field) => T,
): { readonly [P in K]?: T } {
  const member = get(field, key);
  if (member.value === undefined) return {};
  return { [key]: readMember(member) } as { readonly [P in K]?: T };
}

/** An object with only this member, for spreading; empty unless it is true. */
export function readFlag<K extends string>(field: Field, key: K): { readonly [P in K]?: true } {
  const isSet = readOptional(field, key, readBoolean)[key] === true;
  return (isSet ? { [key]: true } : {}) as { readonly [P in K]?: true };
}

function wrong(field: Field, expected: string): Error {
  const problem = field.value === undefined ? "missing" : "wrong";
  return new Error(
    `${field.path === "" ? "snapshot" : field.path}: ${problem}, must be ${expected}`,
  );
}
