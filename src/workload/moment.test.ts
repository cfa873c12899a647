import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMoment, parseMoment } from "./moment.ts";

test("a date and time keeps its instant and the offset in which it was given", () => {
  expect(parseMoment("2020-05-30T04:57:37+02:00")).toEqual({
    epochMs: Date.UTC(2020, 4, 30, 2, 57, 37),
    offsetMinutes: 120,
  });
  expect(parseMoment("2020-05-30T04:57:37-0730")?.offsetMinutes).toBe(-450);
  expect(parseMoment("2020-05-30T04:57:37Z")?.offsetMinutes).toBe(0);
});

test("what is no date and time by the standard is not read", () => {
  const texts = [
    "2020-02-30T00:00:00Z",
    "2020-01-01T24:00:00Z",
    "2020-01-01T00:00:60Z",
    "2020-13-01T00:00:00Z",
    "2020-01-01T00:00:00",
    "2020-01-01",
    "2020-01-01T00:00:00.5Z",
    "2020-01-01 00:00:00Z",
    "2020-01-01T00:00:00+16:00",
    "0000-01-01T00:00:00Z",
    "yesterday",
  ];
  expect(texts.filter((text) => parseMoment(text) !== undefined)).toEqual([]);
});

test("every moment that can be written is read back as itself", () => {
  const moments = fc.record({
    // A day from the ends of the four-digit years, so that every offset stays within them.
    epochMs: fc.integer({ min: -62_135_510_400, max: 253_402_214_400 }).map((seconds) => seconds * 1000),
    offsetMinutes: fc.integer({ min: -15 * 60 - 59, max: 15 * 60 + 59 }),
  });
  fc.assert(
    fc.property(moments, (moment) => {
      expect(parseMoment(formatMoment(moment))).toEqual(moment);
    }),
  );
});
