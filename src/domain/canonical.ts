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
  return write(value, { keys: [], parents: [] });
}

/** SHA-256 of the canonical JSON in UTF-8, as 64 lower-case hexadecimal digits. Throws as `canonicalJson` does. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value), "utf8").digest("hex");
}

/** Where the writer is. Spelled out only for a refusal: every event of every run is written here, thousands a second when rehearsed. */
type Place = { readonly keys: (string | number)[]; readonly parents: object[] };

function write(value: unknown, place: Place): string {
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
      return value === null ? "null" : writeObject(value, place);
    case "undefined":
    case "function":
    case "symbol":
    case "bigint":
      throw refusal(place, typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
    default:
      throw refusal(place, "an unknown type");
  }
}

function writeObject(value: object, place: Place): string {
  if (place.parents.includes(value)) throw refusal(place, "a cycle");
  place.parents.push(value);
  const text = Array.isArray(value) ? writeList(value, place) : writeProperties(value, place);
  place.parents.pop();
  return text;
}

function writeList(list: readonly unknown[], place: Place): string {
  let text = "";
  // By index, because iterators and `map` treat the holes of a sparse list in their own ways.
  for (let index = 0; index < list.length; index += 1)
    text += (index === 0 ? "" : ",") + writeInside(list[index], index, place);
  return `[${text}]`;
}

function writeProperties(value: object, place: Place): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(place, "an instance of a class");
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal(place, "a key that is a symbol");
  const items: Readonly<Record<string, unknown>> = { ...value };
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const item = Object.hasOwn(items, key) ? items[key] : undefined;
    if (item === undefined) continue;
    text += `${text === "" ? "" : ","}${write(key, place)}:${writeInside(item, key, place)}`;
  }
  return `{${text}}`;
}

function writeInside(value: unknown, key: string | number, place: Place): string {
  place.keys.push(key);
  const text = write(value, place);
  place.keys.pop();
  return text;
}

function refusal({ keys }: Place, what: string): TypeError {
  const place = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return new TypeError(`cannot be written as canonical JSON: ${what} at $${place}`);
}
