import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MODES } from "./automatic-actions.ts";
import type { Look, ScheduledEntry } from "./schedule.ts";
import {
  MINUTE_MS,
  HOUR_MS,
  DAY_MS,
  CLEAR,
  TROUBLE,
  SHAKY,
  DUE_MS,
  START_MS,
  drill,
  back,
  COMPLETED,
  Stage,
} from "./testing/schedule-stage.ts";

describe("what is due", () => {
  test("is begun once somebody has looked, once, and says in whose words", () => {
    const on = new Stage();
    expect(on.at(DUE_MS - 1, { look: CLEAR }).runs).toEqual([]);
    on.at(DUE_MS + 90_000);
    expect([on.names, on.tell().wants.look]).toEqual([[], true]);
    expect(on.tell({ look: CLEAR }).runs).toEqual([
      {
        run: "drill-20261201-1000",
        runbook: "manual-failover",
        input: { from: "aws", to: "azure", database: "stay" },
        mode: "act",
        policy: "schedule of profile production: drill act",
        preempt: false,
      },
    ]);
    on.tell({ look: CLEAR });
    on.at(DUE_MS + 2 * MINUTE_MS, { look: CLEAR, ends: { "drill-20261201-1000": COMPLETED } });
    expect([on.names.length, on.says]).toEqual([1, []]);
    on.at(DUE_MS + 7 * DAY_MS, { look: CLEAR });
    expect(on.names).toEqual(["drill-20261201-1000", "drill-20261208-1000"]);
  });

  test("waits until every server that was heard lately has looked, and none found anything", () => {
    const on = new Stage();
    on.at(DUE_MS, { by: "two" });
    on.tell({ look: CLEAR });
    expect(on.names).toEqual([]);
    on.tell({ by: "two", look: TROUBLE });
    on.tell({ look: CLEAR });
    expect(on.names).toEqual([]);
    // The one that found something is heard no more.
    on.at(DUE_MS + MINUTE_MS, { look: CLEAR });
    expect(on.names).toHaveLength(1);
  });

  test.each([
    ["trouble", TROUBLE, "aws is down"],
    ["a service that is not steady", SHAKY, "gcp could not be lost"],
  ])("is not begun beside %s, which is said once, when its few minutes are over", (_name, look, why) => {
    const on = new Stage();
    for (const ms of [0, 1, 2, 3, 4, 5, 6, 7]) on.at(DUE_MS + ms * MINUTE_MS, { look });
    expect(on.names).toEqual([]);
    expect(on.says).toEqual([`drill was due Tue 2026-12-01 10:00 UTC and is left out: ${why}`]);
    expect(on.state.entries["drill"]?.last).toMatchObject({ outcome: "left-out", why });
    on.at(DUE_MS + 8 * MINUTE_MS, { look: CLEAR });
    expect(on.names).toEqual([]);
  });

  test("a run that is no drill does not ask for a steady service", () => {
    const on = new Stage({ ...drill, kind: "run" });
    on.at(DUE_MS, { look: SHAKY });
    expect(on.names).toHaveLength(1);
  });

  test("in mode observe it is said and nothing begins; in mode propose people are asked", () => {
    const on = new Stage({ ...drill, mode: "observe" });
    on.at(DUE_MS, { look: CLEAR });
    on.tell({ look: CLEAR });
    expect([on.names, on.says]).toEqual([
      [],
      ["drill was due Tue 2026-12-01 10:00 UTC; would have run manual-failover (its mode is observe)"],
    ]);
    const asks = new Stage({ ...drill, mode: "propose" });
    asks.at(DUE_MS, { look: CLEAR });
    expect(asks.runs).toMatchObject([{ mode: "propose" }]);
  });

  test("two that are due at once begin one after the other's end", () => {
    const on = new Stage(drill, { ...drill, name: "other", missed: "catch-up" });
    on.at(DUE_MS, { look: CLEAR });
    on.at(DUE_MS + MINUTE_MS, { look: CLEAR });
    expect(on.names).toEqual(["drill-20261201-1000"]);
    expect(on.says).toEqual([
      expect.stringContaining("drill-20261201-1000, which was scheduled too, is not over"),
    ]);
    on.at(DUE_MS + HOUR_MS, { look: CLEAR, ends: { "drill-20261201-1000": COMPLETED } });
    expect(on.names).toEqual(["drill-20261201-1000", "other-20261201-1000"]);
  });
});

describe("what is missed", () => {
  test("for a moment is not missed", () => {
    const on = new Stage();
    on.at(DUE_MS + 4 * MINUTE_MS, { look: CLEAR });
    expect(on.names).toHaveLength(1);
  });

  test("is reported once, as one, however many times there were", () => {
    const on = new Stage();
    on.at(DUE_MS + 21 * DAY_MS + HOUR_MS, { look: CLEAR });
    on.tell({ look: CLEAR });
    expect([on.names, on.says]).toEqual([
      [],
      [
        "drill was due Tue 2026-12-22 10:00 UTC and is missed, as others before it were: nobody was there to begin it",
      ],
    ]);
  });

  test("is caught up once where its entry says so, not beyond its time for it", () => {
    const on = new Stage({ ...drill, missed: "catch-up" });
    on.at(DUE_MS + 14 * DAY_MS + 3 * HOUR_MS, { look: CLEAR });
    on.tell({ look: CLEAR });
    expect(on.names).toEqual(["drill-20261215-1000"]);
    const late = new Stage({ ...drill, missed: "catch-up" });
    late.at(DUE_MS + 5 * HOUR_MS, { look: CLEAR });
    expect([late.names, late.says]).toEqual([[], [expect.stringContaining("is missed: nobody was there")]]);
  });

  test("and has to wait says so once, and begins when nothing is in its way any more", () => {
    const on = new Stage({ ...drill, missed: "catch-up" });
    for (const hours of [0, 1, 2]) on.at(DUE_MS + hours * HOUR_MS, { look: TROUBLE });
    expect(on.says).toEqual([
      "drill was due Tue 2026-12-01 10:00 UTC; it is begun when it can be, until Tue 2026-12-01 14:00 UTC: aws is down",
    ]);
    on.at(DUE_MS + 3 * HOUR_MS, { look: CLEAR });
    expect(on.names).toEqual(["drill-20261201-1000"]);
  });

  test("before an entry was first seen is none", () => {
    const on = new Stage();
    on.at(DUE_MS + HOUR_MS, { entries: [{ ...drill, name: "new", missed: "catch-up" }], look: CLEAR });
    expect([on.names, on.says]).toEqual([[], []]);
  });
});

describe("the way back of a drill", () => {
  const there = "drill-20261201-1000";
  const begun = (more: Partial<ScheduledEntry> = {}): Stage => {
    const on = new Stage({ ...drill, back, ...more });
    on.at(DUE_MS, { look: CLEAR });
    return on;
  };

  test("begins when the way there is completed, once, also where the service is not steady", () => {
    const on = begun();
    expect(on.tell().wants.ends).toEqual([there]);
    on.at(DUE_MS + 3 * HOUR_MS, { ends: { [there]: COMPLETED } });
    on.tell({ look: SHAKY, ends: { [there]: COMPLETED } });
    on.tell({ look: SHAKY, ends: { [there]: COMPLETED } });
    expect(on.runs.slice(1)).toMatchObject([{ run: `${there}-back`, ...back }]);
    on.tell({ ends: { [`${there}-back`]: COMPLETED } });
    expect(on.state.entries["drill"]).toMatchObject({
      open: null,
      last: { outcome: "completed", run: `${there}-back` },
    });
  });

  test("waits for an incident to be over, and says so once", () => {
    const on = begun();
    for (const minutes of [1, 2, 3])
      on.at(DUE_MS + minutes * MINUTE_MS, { look: TROUBLE, ends: { [there]: COMPLETED } });
    expect(on.says).toEqual([`drill: ${there} is completed, and its way back waits: aws is down`]);
    on.at(DUE_MS + DAY_MS, { look: CLEAR });
    expect(on.names).toHaveLength(2);
  });

  test("does not begin when the way there was undone, which is said", () => {
    const on = begun();
    on.tell({ look: CLEAR, ends: { [there]: { state: "undone", why: "3 of 400 requests failed" } } });
    on.tell({ look: CLEAR });
    expect([on.names.length, on.says]).toEqual([1, [`drill: ${there} is undone: 3 of 400 requests failed`]]);
  });

  test("does not hold up what is due when its end is told", () => {
    const on = begun({ back: null, missed: "catch-up" });
    on.at(DUE_MS + 7 * DAY_MS, { look: CLEAR });
    expect(on.names).toEqual([there]);
    on.tell({ look: CLEAR, ends: { [there]: COMPLETED } });
    expect(on.names).toEqual([there, "drill-20261208-1000"]);
  });

  test("that fails is told as people's, and the drill begins again at its next time", () => {
    const on = begun();
    on.tell({ look: CLEAR, ends: { [there]: COMPLETED } });
    on.tell({ ends: { [`${there}-back`]: { state: "refused", why: "locks are held" } } });
    expect(on.says).toEqual([
      expect.stringContaining("is refused: locks are held; its way back is for people"),
    ]);
    on.at(DUE_MS + 7 * DAY_MS, { look: CLEAR });
    expect(on.names.at(-1)).toBe("drill-20261208-1000");
  });
});

describe("a clock", () => {
  test("that is set back begins nothing a second time", () => {
    const on = new Stage();
    on.at(DUE_MS + MINUTE_MS, { look: CLEAR });
    on.tell({ ends: { "drill-20261201-1000": COMPLETED } });
    for (const minutes of [-30, -1, 0, 1, 4]) on.at(DUE_MS + minutes * MINUTE_MS, { look: CLEAR });
    on.at(DUE_MS - 3 * HOUR_MS, { look: CLEAR });
    on.at(DUE_MS + MINUTE_MS, { look: CLEAR });
    expect(on.names).toHaveLength(1);
  });

  test("that was a year ahead does not silence what is due until then", () => {
    const on = new Stage({ ...drill, mode: "observe" });
    on.at(START_MS + 365 * DAY_MS, { look: CLEAR });
    on.at(START_MS, { look: CLEAR });
    on.says.length = 0;
    on.at(DUE_MS, { look: CLEAR });
    expect(on.says).toEqual([expect.stringContaining("would have run")]);
  });
});

test("whatever is told, by whom and when, a due time begins one run, beside no other, with nothing found by anybody", () => {
  const step = fc.record({
    by: fc.constantFrom("one", "two", "three"),
    look: fc.constantFrom(null, CLEAR, CLEAR, TROUBLE, SHAKY),
    afterMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
      { weight: 2, arbitrary: fc.integer({ min: -2 * HOUR_MS, max: 3 * HOUR_MS }) },
    ),
    ends: fc.boolean(),
    state: fc.constantFrom("completed", "undone"),
  });
  const entries = fc
    .tuple(
      fc.constantFrom("report" as const, "catch-up" as const),
      fc.constantFrom(null, back),
      fc.constantFrom(...MODES),
    )
    .map(([missed, way, mode]): ScheduledEntry[] => [
      { ...drill, cron: "*/5 * * * *", missed, back: way, mode },
      { ...drill, name: "other", cron: "*/10 * * * *", kind: "run" },
    ]);
  let begun = 0;
  fc.assert(
    fc.property(entries, fc.array(step, { minLength: 20, maxLength: 120 }), (all, steps) => {
      const on = new Stage(...all);
      const open = new Set<string>();
      const heard = new Map<string, { atMs: number; look: Look | null; lookMs: number }>();
      heard.set("one", { atMs: on.nowMs, look: null, lookMs: 0 });
      for (const { by, look, afterMs, ends, state } of steps) {
        on.nowMs += afterMs;
        const before = heard.get(by);
        heard.set(by, {
          atMs: on.nowMs,
          look: look ?? before?.look ?? null,
          lookMs: look === null ? (before?.lookMs ?? 0) : on.nowMs,
        });
        // Who was not heard for a while is forgotten, also when the clock goes back to when it was.
        for (const [name, { atMs }] of heard) if (Math.abs(on.nowMs - atMs) >= 45_000) heard.delete(name);
        const told = ends ? Object.fromEntries([...open].map((run) => [run, { state, why: "" }])) : {};
        if (ends) open.clear();
        const { runs } = on.tell({ by, look, ends: told });
        for (const run of runs) {
          begun += 1;
          expect(open.size).toBe(0);
          open.add(run.run);
          for (const voice of heard.values()) {
            expect(voice.look?.trouble).toEqual([]);
            expect(Math.abs(on.nowMs - voice.lookMs)).toBeLessThan(30_000);
          }
        }
      }
      expect(new Set(on.names).size).toBe(on.names.length);
    }),
    // Making a failure smaller takes minutes: each step asks a calendar.
    { numRuns: 60, endOnFailure: true },
  );
  expect(begun).toBeGreaterThan(30);
});
