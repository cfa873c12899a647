/**
 * One spelling for each JSON value, so that equal facts have equal hashes whoever wrote them down.
 *
 * 1. Keys are sorted by UTF-16 code units (as RFC 8785 asks), without white space; numbers as JSON spells them.
 * 2. `-0` is `0`; a property that is undefined is left out, as in JSON.
 * 3. What JSON would silently change is refused with its place: NaN, infinities, undefined in a list or at the top,
 *    functions, symbols, bigints, lone surrogates, class instances (a Date, a Map), and cycles.
 */
import { createHash } from "node:crypto";

/** Throws TypeError naming the place (`$.a[2]`) of whatever JSON cannot carry unchanged. */
export function canonicalJson(value: unknown): string {
  return write(value, "$", []);
}

/** SHA-256 of the canonical JSON in UTF-8, as 64 lower-case hexadecimal digits. Throws as `canonicalJson` does. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value), "utf8").digest("hex");
}

function write(value: unknown, place: string, parents: readonly object[]): string {
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "number":
      if (!Number.isFinite(value)) throw refusal(place, String(value));
      return JSON.stringify(value);
    case "string":
      if (!value.isWellFormed()) throw refusal(place, "text with a lone surrogate");
      return JSON.stringify(value);
    case "object":
      return value === null ? "null" : writeObject(value, place, parents);
    case "undefined":
    case "function":
    case "symbol":
    case "bigint":
      throw refusal(place, typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
    default:
      throw refusal(place, "an unknown type");
  }
}

function writeObject(value: object, place: string, parents: readonly object[]): string {
  if (parents.includes(value)) throw refusal(place, "a cycle");
  const inside = [...parents, value];
  if (Array.isArray(value)) {
    // Array.from, because `map` skips the holes of a sparse list.
    return `[${Array.from(value, (item, index) => write(item, `${place}[${index}]`, inside)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(place, "an instance of a class");
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal(place, "a key that is a symbol");
  const properties = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => `${write(key, place, inside)}:${write(item, `${place}.${key}`, inside)}`);
  return `{${properties.join(",")}}`;
}

function refusal(place: string, what: string): TypeError {
  return new TypeError(`cannot be written as canonical JSON: ${what} at ${place}`);
}
