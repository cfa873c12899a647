import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quoteConninfo, quoteIdentifier, quoteLiteral, quoteSetting, unquoteSetting } from "./quote.ts";

describe("what is quoted stays one word, whatever is in it", () => {
  test.each([
    ['a"b', '"a""b"'],
    ['x"; drop table y; --', '"x""; drop table y; --"'],
    ["$(rm -rf /)", '"$(rm -rf /)"'],
    ["", '""'],
  ])("identifier %j", (name, quoted) => {
    expect(quoteIdentifier(name)).toBe(quoted);
  });

  test.each([
    ["it's", "'it''s'"],
    ["'; drop table y; --", "'''; drop table y; --'"],
    ["back\\slash", "E'back\\\\slash'"],
    ["\\'; --", "E'\\\\''; --'"],
  ])("literal %j", (text, quoted) => {
    expect(quoteLiteral(text)).toBe(quoted);
  });

  test.each([
    ["it's", "'it\\'s'"],
    ["x' host=evil", "'x\\' host=evil'"],
    ["back\\", "'back\\\\'"],
  ])("connection value %j", (text, quoted) => {
    expect(quoteConninfo(text)).toBe(quoted);
  });

  test("a zero byte, which PostgreSQL's text cannot hold, is refused by each", () => {
    for (const quote of [quoteIdentifier, quoteLiteral, quoteConninfo, quoteSetting]) {
      expect(() => quote("a\0b")).toThrow(RangeError);
    }
  });

  test("a setting of several lines is refused, because the rest would be settings of its own", () => {
    expect(() => quoteSetting("on\nfsync = off")).toThrow(RangeError);
  });

  test("every setting comes back as it was", () => {
    const text = fc.string().filter((value) => !/[\0\r\n]/.test(value));
    const comesBack = fc.property(text, (value) => {
      expect(unquoteSetting(quoteSetting(value))).toBe(value);
    });
    expect(() => {
      fc.assert(comesBack);
    }).not.toThrow();
  });
});
