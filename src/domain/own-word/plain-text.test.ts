import fc from "fast-check";
import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

test("what a stranger wrote becomes one line without anything that moves, hides or colours text", () => {
  expect(plainText("\u001b[31mdown\u001b[0m\r\nfor\tall\u2028of \u202eus\u200b\u0007", 160)).toBe(
    "[31mdown [0m for all of us",
  );
});

test("a long text is cut in characters, and says that it is", () => {
  expect(plainText("🦊".repeat(200), 10)).toBe(`${"🦊".repeat(7)}...`);
  expect(plainText("ten signs.", 10)).toBe("ten signs.");
  expect(plainText(`${"a".repeat(5_000_000)}`, 20)).toBe(`${"a".repeat(17)}...`);
  expect(plainText(`${" ".repeat(5_000)}far off`, 20)).toBe("...");
});

test("no character wears a tower of marks", () => {
  expect([...plainText(`a${"\u0301".repeat(50)}b`, 160)]).toHaveLength(5);
});

test("whatever comes, it is short, in one line, whole characters, and nothing more is done by doing it again", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.integer({ min: 4, max: 60 }),
      (raw, most) => {
        const text = plainText(raw, most);
        expect([...text].length).toBeLessThanOrEqual(most);
        expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\t\n\r]/u);
        expect(text).toBe(text.trim());
        expect(plainText(text, most)).toBe(text);
      },
    ),
    { numRuns: 200 },
  );
});
