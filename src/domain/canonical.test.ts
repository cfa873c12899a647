import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, digest } from "./canonical.ts";

const json = fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" });

/** The same value with the keys of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turned(item)]),
  );
}

describe("canonical JSON", () => {
  test("has sorted keys and no white space", () => {
    expect(canonicalJson({ b: [1, { z: null, a: "x" }], a: true })).toBe(
      '{"a":true,"b":[1,{"a":"x","z":null}]}',
    );
  });

  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
      }),
    );
  });

  test("is JSON of the same value, and writing it again changes nothing", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        const back: unknown = JSON.parse(text);
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(back)).toBe(text);
      }),
    );
  });

  test("is equal exactly for equal values", () => {
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    fc.assert(
      fc.property(json, json, (left, right) => {
        expect(digest(left) === digest(right)).toBe(isDeepStrictEqual(plain(left), plain(right)));
      }),
    );
  });

  test("sorts keys by code units, also beyond the basic plane", () => {
    expect(canonicalJson({ "\u{1F600}": 1, "\uFF61": 2, é: 3, z: 4, Z: 5, "10": 6, "9": 7 })).toBe(
      '{"10":6,"9":7,"Z":5,"z":4,"é":3,"\u{1F600}":1,"\uFF61":2}',
    );
  });

  test("leaves out undefined properties, writes -0 as 0, and keeps a key named __proto__", () => {
    expect(canonicalJson({ a: undefined, b: -0 })).toBe('{"b":0}');
    expect(canonicalJson(JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
  });

  test("takes the same object twice, as long as it is no cycle", () => {
    const shared = { x: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"x":1},{"x":1}]');
  });
});

describe("what JSON cannot carry unchanged is refused with its place", () => {
  const holed: unknown[] = [];
  holed.length = 1;
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  test.each([
    ["NaN", { a: [1, Number.NaN] }, "NaN at $.a[1]"],
    ["Infinity", { a: Number.POSITIVE_INFINITY }, "Infinity at $.a"],
    ["undefined at the top", undefined, "undefined at $"],
    ["undefined in a list", [undefined], "undefined at $[0]"],
    ["a hole in a list", holed, "undefined at $[0]"],
    ["a function", { a: () => 1 }, "a function at $.a"],
    ["a symbol", { a: Symbol("x") }, "a symbol at $.a"],
    ["a symbol as key", { [Symbol("x")]: 1 }, "a key that is a symbol at $"],
    ["a bigint", { a: 1n }, "a bigint at $.a"],
    ["a date", { a: new Date(0) }, "an instance of a class at $.a"],
    ["a map", new Map(), "an instance of a class at $"],
    ["a lone surrogate", { a: "\uD800" }, "text with a lone surrogate at $.a"],
    ["a lone surrogate as key", { "\uDC00": 1 }, "text with a lone surrogate at $"],
    ["a cycle", cycle, "a cycle at $.self"],
  ])("%s", (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
    expect(() => digest(value)).toThrow(TypeError);
  });
});

test("the digest is SHA-256 of the text in UTF-8", () => {
  // printf '{"a":"é"}' | sha256sum
  expect(digest({ a: "é" })).toBe("b3a092a6af48807fa9482b2ee140105575daa26d5b24b3c0e60a7e2dee6683b1");
});
