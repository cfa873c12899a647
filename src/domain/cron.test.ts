import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cronProblem, dueStamp, inZone, lastDue, nextDues, timeZoneProblem } from "./cron.ts";

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number | undefined): string => (ms === undefined ? "never" : new Date(ms).toISOString());
const NEW_YORK = "America/New_York";

test.each([
  ["0 10 * * TUE", "2026-12-01T09:00:00.000Z"],
  ["0 10 * * TUE#1", "2026-12-01T09:00:00.000Z"],
  ["30 4 1 * *", "2026-12-01T03:30:00.000Z"],
  ["0 10 L * *", "2026-11-30T09:00:00.000Z"],
])("%s in Berlin is next due %s", (cron, due) => {
  expect(cronProblem(cron)).toBeNull();
  expect(iso(nextDues({ cron, timeZone: "Europe/Berlin" }, at("2026-11-26T12:00:00Z"), 1)[0])).toBe(due);
});

test.each([
  ["", "five fields"],
  ["* * *", "five fields"],
  ["0 0 * * * *", "five fields"],
  ["@weekly", "five fields"],
  ["0 10 ? * 2", "five fields"],
  ["2026-01-01T00:00:00", "five fields"],
  ["61 * * * *", "Invalid value for minute: 61"],
  ["0 10 * * DIENSTAG", "such as 0 10"],
  ["0 0 30 2 *", "expected a time that there is"],
])("%j is no pattern, and the error says why", (cron, why) => {
  expect(cronProblem(cron)).toContain(why);
});

test("an unknown time zone is told with examples of known ones", () => {
  expect(timeZoneProblem("Europe/Berlin")).toBeNull();
  expect(timeZoneProblem("Mars/Olympus")).toContain("such as Europe/Berlin");
});

describe("where the clocks change", () => {
  test("a stated hour that there is not is due at the first time after the gap", () => {
    const calendar = { cron: "30 2 * * *", timeZone: NEW_YORK };
    const dues = nextDues(calendar, at("2027-03-13T12:00:00Z"), 2).map(iso);
    expect(dues).toEqual(["2027-03-14T07:00:00.000Z", "2027-03-15T06:30:00.000Z"]);
  });

  test.each(["30 1 * * *", "30 1,14 * * *"])(
    "a stated hour that comes twice is due the first time: %s",
    (cron) => {
      const dues = nextDues({ cron, timeZone: NEW_YORK }, at("2026-11-01T04:00:00Z"), 2).map(iso);
      expect(dues[0]).toBe("2026-11-01T05:30:00.000Z");
      expect(dues[1]).not.toBe("2026-11-01T06:30:00.000Z");
    },
  );

  test("every hour goes by the clock on the wall", () => {
    const dues = nextDues({ cron: "30 * * * *", timeZone: NEW_YORK }, at("2026-11-01T05:00:00Z"), 2).map(iso);
    expect(dues).toEqual(["2026-11-01T05:30:00.000Z", "2026-11-01T06:30:00.000Z"]);
  });
});

test("the last due time of a span is the last of all that are in it, and says whether there are others", () => {
  const calendars = fc.record({
    cron: fc.constantFrom("*/7 * * * *", "30 2 * * *", "0 10 * * TUE", "15 1,2 * * *", "0 0 1 * *"),
    timeZone: fc.constantFrom("UTC", NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"),
  });
  // Around both changes of the clocks.
  const froms = fc
    .tuple(
      fc.constantFrom(at("2026-10-24T00:00:00Z"), at("2027-03-13T00:00:00Z")),
      fc.integer({ min: 0, max: 15 * 86_400_000 }),
    )
    .map(([start, more]) => start + more);
  fc.assert(
    fc.property(calendars, froms, fc.integer({ min: 0, max: 2 * 86_400_000 }), (calendar, afterMs, span) => {
      const untilMs = afterMs + span;
      const all: number[] = [];
      for (
        let [due] = nextDues(calendar, afterMs, 1);
        due !== undefined && due <= untilMs;
        [due] = nextDues(calendar, due, 1)
      ) {
        expect(due).toBeGreaterThan(all.at(-1) ?? afterMs);
        all.push(due);
      }
      const last = all.at(-1);
      const found = lastDue(calendar, { afterMs, untilMs });
      expect(found).toEqual(last === undefined ? null : { dueMs: last, several: all.length > 1 });
    }),
    { numRuns: 60 },
  );
});

test("what was missed for a year is found without going through all of it", () => {
  const calendar = { cron: "* * * * *", timeZone: "UTC" };
  const untilMs = at("2026-11-26T12:00:30Z");
  expect(lastDue(calendar, { afterMs: at("2025-11-26T12:00:00Z"), untilMs })).toEqual({
    dueMs: at("2026-11-26T12:00:00Z"),
    several: true,
  });
});

test("a due time is shown in its zone, and is in a run's name in UTC", () => {
  const ms = at("2026-12-01T09:00:00Z");
  expect(inZone(ms, "Europe/Berlin")).toBe("Tue 2026-12-01 10:00 Europe/Berlin");
  expect(dueStamp(ms)).toBe("20261201-0900");
});
