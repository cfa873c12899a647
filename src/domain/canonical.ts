/**
 * One spelling for each JSON value, so that equal facts have equal hashes whoever wrote them down.
 *
 * 1. Keys are sorted by UTF-16 code units (as RFC 8785 asks), without white space; numbers as JSON spells them.
 * 2. `-0` is `0`; a property that is undefined is left out, as in JSON.
 * 3. What JSON would silently change is refused with its place: NaN, infinities, undefined in a list or at the top,
 *    functions, symbols, bigints, lone surrogates, class instances (a Date, a Map), and cycles.
 */
import { hash } from "node:crypto";

/** Throws TypeError naming the place (`$.a[2]`) of whatever JSON cannot carry unchanged. */
export function canonicalJson(value: unknown): string {
  return quickly(value, 0) ?? write(value, { keys: [], parents: [] });
}

/** SHA-256 of the canonical JSON in UTF-8, as 64 lower-case hexadecimal digits. Throws as `canonicalJson` does. */
export function digest(value: unknown): string {
  return hash("sha256", canonicalJson(value), "hex");
}

/** Deeper than this is not known to be no cycle. */
const QUICK_DEPTH = 32;
const FEW_KEYS = 24;
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;

/**
 * The same text without knowing where it is: every event of every run is written here, thousands a second when rehearsed.
 * Null for whatever may have to be refused: only the other writer knows its place.
 */
function quickly(value: unknown, depth: number): string | null {
  switch (typeof value) {
    case "string":
      return quickText(value);
    case "boolean":
      return String(value);
    case "number":
      return Number.isFinite(value) ? String(value) : null;
    case "object":
      return value === null ? "null" : quickObject(value, depth);
    case "undefined":
    case "function":
    case "symbol":
    case "bigint":
    default:
      return null;
  }
}

function quickText(value: string): string | null {
  if (NEEDS_NO_ESCAPE.test(value)) return `"${value}"`;
  return value.isWellFormed() ? JSON.stringify(value) : null;
}

function quickObject(value: object, depth: number): string | null {
  if (depth === QUICK_DEPTH) return null;
  return Array.isArray(value) ? quickList(value, depth + 1) : quickProperties(value, depth + 1);
}

function quickList(list: readonly unknown[], depth: number): string | null {
  let text = "";
  for (let index = 0; index < list.length; index += 1) {
    const item = quickly(list[index], depth);
    if (item === null) return null;
    text += index === 0 ? item : `,${item}`;
  }
  return `[${text}]`;
}

function quickProperties(value: object, depth: number): string | null {
  if (!isPlain(value)) return null;
  let text = "";
  for (const key of sorted(Object.keys(value))) {
    const item = value[key];
    if (item === undefined) continue;
    const name = quickText(key);
    const written = quickly(item, depth);
    if (name === null || written === null) return null;
    text += text === "" ? `${name}:${written}` : `,${name}:${written}`;
  }
  return `{${text}}`;
}

/** Most are few, and in order or nearly so: for these this is several times as quick as the general way. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at] ?? "";
    let free = at;
    for (let before = keys[free - 1]; before !== undefined && before > key; before = keys[free - 1]) {
      keys[free] = before;
      free -= 1;
    }
    keys[free] = key;
  }
  return keys;
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.getOwnPropertySymbols(value).length === 0;
}

/** Where the writer is. Spelled out only for a refusal. */
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
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal(place, "a key that is a symbol");
  if (!isPlain(value)) throw refusal(place, "an instance of a class");
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
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
