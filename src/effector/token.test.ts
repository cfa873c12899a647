import { describe, expect, test } from "vitest";
import { comparePositions, parseToken, TokenError } from "./token.ts";

const good = { key: "run-1/7.aws", lock: "traffic", epoch: 3, sequence: 7 };

describe("a token", () => {
  test("is read as it was sent", () => {
    expect(parseToken(good)).toEqual(good);
  });

  test.each([
    [null, "expected an object with key, lock, epoch, sequence, got null"],
    [[], "expected an object with key, lock, epoch, sequence, got []"],
    [{ ...good, key: "" }, 'key: expected a text of 1 to 200 printable characters, got ""'],
    [{ ...good, key: "a\nb" }, "key: expected a text of 1 to 200 printable characters, got"],
    [{ ...good, key: "k".repeat(201) }, "key: expected a text of 1 to 200 printable characters"],
    [{ ...good, lock: undefined }, "lock: expected a text of 1 to 200 printable characters, got nothing"],
    [{ ...good, epoch: 1.5 }, "epoch: expected a whole number from 0, got 1.5"],
    [{ ...good, sequence: -1 }, "sequence: expected a whole number from 0, got -1"],
    [{ ...good, sequence: "7" }, 'sequence: expected a whole number from 0, got "7"'],
    [{ ...good, sequnce: 7 }, '"sequnce" is not a field of a token'],
  ])("is refused with the field and what was expected of it: %j", (value, message) => {
    expect(() => parseToken(value)).toThrow(message);
  });

  test("names every wrong field at once", () => {
    const problems = (() => {
      try {
        parseToken({});
        return [];
      } catch (error) {
        return error instanceof TokenError ? error.problems : [];
      }
    })();
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(["key", "lock", "epoch", "sequence"]);
  });
});

describe("positions", () => {
  test("go by epoch first, then by sequence", () => {
    expect(comparePositions({ epoch: 2, sequence: 1 }, { epoch: 1, sequence: 99 })).toBeGreaterThan(0);
    expect(comparePositions({ epoch: 2, sequence: 1 }, { epoch: 2, sequence: 2 })).toBeLessThan(0);
    expect(comparePositions({ epoch: 2, sequence: 2 }, { epoch: 2, sequence: 2 })).toBe(0);
  });
});
