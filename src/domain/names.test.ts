import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, editDistance, nearestName, UnknownName } from "./names.ts";

const clouds = ["aws", "azure", "gcp"];

describe("the nearest name", () => {
  test.each([
    ["asw", "aws"],
    ["aws ", "aws"],
    ["AWS", "aws"],
    ["azur", "azure"],
    ["azrue", "azure"],
    ["gpc", "gcp"],
  ])("of %j is %s", (typed, meant) => {
    expect(nearestName(typed, clouds)).toBe(meant);
  });

  test.each(["oracle", "", "x", "zzzzz", "constructor", "a".repeat(10_000)])("of %j is none", (typed) => {
    expect(nearestName(typed, clouds)).toBeUndefined();
    expect(didYouMean(typed, clouds)).toBe("");
  });

  test("of several equally near is the first", () => {
    expect(nearestName("aws-wast", ["aws-east", "aws-west"])).toBe("aws-east");
  });

  test("of a valid name is the name itself", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z-]{0,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(names, (valid) => {
        expect(valid.map((name) => nearestName(name, valid))).toEqual(valid);
      }),
    );
  });

  test("is found again after any one slip in a name of three letters or more", () => {
    const slip = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom("drop" as const, "double" as const, "swap" as const),
    });
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,12}$/), slip, (name, { at, kind }) => {
        const index = at % (name.length - 1);
        const [before, here, next, after] = [
          name.slice(0, index),
          name.charAt(index),
          name.charAt(index + 1),
          name.slice(index + 2),
        ];
        const slips = {
          drop: before + next + after,
          double: before + here + here + next + after,
          swap: before + next + here + after,
        };
        const typed = slips[kind];
        expect(editDistance(name, typed)).toBeLessThanOrEqual(1);
        expect(nearestName(typed, [name])).toBe(name);
      }),
    );
  });
});

describe("the distance of two texts", () => {
  const word = fc.string({ maxLength: 12, unit: "grapheme" });

  test("counts a swap of neighbours once", () => {
    expect(editDistance("asw", "aws")).toBe(1);
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
  });

  test("is zero only for equal texts, the same both ways, and at most the longer's length", () => {
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right);
        expect(distance === 0).toBe(left === right);
        expect(editDistance(right, left)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max([...left].length, [...right].length));
      }),
    );
  });
});

test("an unknown name says what it is, the nearest and all that there are", () => {
  expect(new UnknownName("cloud", "asw", clouds).message).toBe(
    'no cloud named "asw" (did you mean "aws"?); there are: aws, azure, gcp',
  );
});
