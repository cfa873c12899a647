import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytes,
  compareLsn,
  formatDuration,
  formatLsn,
  lsn,
  lsnDistanceBytes,
  milliseconds,
  parseDuration,
  parseLsn,
  percent,
  requestsPerSecond,
} from "./units.ts";

describe("durations", () => {
  test.each([
    ["250ms", 250],
    ["2s", 2_000],
    ["15m", 900_000],
    ["4h", 14_400_000],
    ["1d", 86_400_000],
    ["0s", 0],
  ])("%s is %d milliseconds", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    "",
    "15",
    "m",
    "15 m",
    " 15m",
    "15m ",
    "15m\n",
    "-1s",
    "1.5h",
    "1h30m",
    "15M",
    "1e3s",
    "9999999999s",
  ])("%j is no duration", (text) => {
    expect(() => parseDuration(text)).toThrow(/expected a duration such as 15m, 2s, 250ms or 4h/);
  });

  test("what is written is read back as the same length", () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), (ms) => {
        expect(parseDuration(formatDuration(milliseconds(ms)))).toBe(ms);
      }),
    );
  });

  test("the largest unit that divides whole is written", () => {
    expect([0, 1, 1_000, 90_000, 3_600_000].map((ms) => formatDuration(milliseconds(ms)))).toEqual([
      "0s",
      "1ms",
      "1s",
      "90s",
      "1h",
    ]);
  });
});

describe("positions in the log", () => {
  const position = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map(lsn);

  test("PostgreSQL's spelling is read and written", () => {
    expect(parseLsn("16/B374D848")).toBe(0x16b374d848n);
    expect(formatLsn(lsn(0x16b374d848n))).toBe("16/B374D848");
    expect(formatLsn(lsn(0n))).toBe("0/0");
    expect(parseLsn("0/03000148")).toBe(parseLsn("0/3000148"));
  });

  test("every position survives writing and reading", () => {
    fc.assert(
      fc.property(position, (at) => {
        expect(parseLsn(formatLsn(at))).toBe(at);
      }),
    );
  });

  test.each(["", "16", "/", "16/", "/B3", "16/B374D848 ", "16/123456789", "G/0", "0x1/0", "-1/0", "1/2/3"])(
    "%j is no position",
    (text) => {
      expect(() => parseLsn(text)).toThrow(/expected an LSN/);
    },
  );

  test("the order of positions is that of their distance, across the halves", () => {
    expect(lsnDistanceBytes(parseLsn("1/0"), parseLsn("0/FFFFFFFF"))).toBe(1);
    fc.assert(
      fc.property(position, position, (left, right) => {
        expect(Math.sign(lsnDistanceBytes(left, right))).toBe(compareLsn(left, right));
        expect(compareLsn(left, right) + compareLsn(right, left)).toBe(0);
      }),
    );
  });
});

test("a unit refuses what it cannot hold", () => {
  for (const make of [milliseconds, bytes]) {
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => make(bad)).toThrow(RangeError);
    }
  }
  for (const bad of [-0.1, 100.1, Number.NaN]) expect(() => percent(bad)).toThrow(RangeError);
  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => requestsPerSecond(bad)).toThrow(RangeError);
  for (const bad of [-1n, 2n ** 64n]) expect(() => lsn(bad)).toThrow(RangeError);
});
