import { describe, expect, test } from "vitest";
import type { ScheduledEntry } from "./schedule.ts";
import {
  MINUTE_MS,
  HOUR_MS,
  DAY_MS,
  CLEAR,
  TROUBLE,
  DUE_MS,
  drill,
  back,
  COMPLETED,
  Stage,
} from "./testing/schedule-stage.ts";

describe("an entry that the inventory does not state any more", () => {
  const there = "drill-20261201-1000";
  const renamed: ScheduledEntry = { ...drill, name: "renamed", cron: "0 11 * * TUE", missed: "catch-up" };
  const begun = (): Stage => {
    const on = new Stage({ ...drill, back });
    on.at(DUE_MS, { look: CLEAR });
    return on;
  };

  test("is forgotten when its run has ended, whose way back is said to be people's; until then nothing begins beside it", () => {
    const on = begun();
    const entries = [renamed];
    const told = on.at(DUE_MS + 10_000, { entries, ends: { [there]: COMPLETED } });
    expect([told.wants.ends, told.says]).toEqual([[there], []]);
    on.at(DUE_MS + HOUR_MS, { entries, look: CLEAR });
    expect([on.names, on.tell({ entries }).wants.ends]).toEqual([[there], [there]]);
    on.tell({ entries, look: CLEAR, ends: { [there]: COMPLETED } });
    expect(on.says.slice(1)).toEqual([
      `drill: ${there} is completed, and the inventory does not state drill any more; its way back is for people to begin: ./wildcam run rollback --from azure --to aws --database stay`,
    ]);
    expect([on.names, Object.keys(on.state.entries)]).toEqual([
      [there, "renamed-20261201-1100"],
      ["renamed"],
    ]);
  });

  test("has the end of its run told where no entry is left", () => {
    const on = begun();
    on.at(DUE_MS + HOUR_MS, { entries: [], ends: { [there]: { state: "undone", why: "3 failed" } } });
    expect([on.says, on.state.entries]).toEqual([[`drill: ${there} is undone: 3 failed`], {}]);
  });

  test("while its way back waits has that said at once", () => {
    const on = begun();
    on.tell({ look: TROUBLE, ends: { [there]: COMPLETED } });
    on.at(DUE_MS + HOUR_MS, { entries: [] });
    expect(on.says.slice(1)).toEqual([expect.stringContaining("is for people to begin: ./wildcam run")]);
    expect(on.state.entries).toEqual({});
  });

  test("is stated as long as one server does so, and goes back as ever", () => {
    const on = begun();
    for (const seconds of [20, 40, 60, 80]) {
      on.at(DUE_MS + seconds * 1_000, { by: "two", entries: [], look: CLEAR });
      on.tell({ look: CLEAR });
    }
    on.tell({ look: CLEAR, ends: { [there]: COMPLETED } });
    expect([on.says, on.names]).toEqual([[], [there, `${there}-back`]]);
  });

  test("has it said when it was waiting to be caught up, and is new when it comes back", () => {
    const on = new Stage({ ...drill, missed: "catch-up" });
    on.at(DUE_MS, { look: TROUBLE });
    on.at(DUE_MS + HOUR_MS, { entries: [] });
    expect([on.says.slice(1), on.state.entries]).toEqual([
      ["drill was due Tue 2026-12-01 10:00 UTC and is left out: the inventory does not state it any more"],
      {},
    ]);
    on.at(DUE_MS + 7 * DAY_MS + HOUR_MS, { look: CLEAR });
    expect([on.names, on.says.length]).toEqual([[], 2]);
  });
});

describe("the reason of what was not begun", () => {
  const often: ScheduledEntry = { ...drill, cron: "*/3 10 * * TUE" };
  const there = "drill-20261201-1000";

  test("is said of each time, also of one that a later one ends", () => {
    const on = new Stage(often);
    on.at(DUE_MS + MINUTE_MS, { look: TROUBLE });
    on.at(DUE_MS + 4 * MINUTE_MS, { look: CLEAR });
    expect([on.says, on.names]).toEqual([
      ["drill was due Tue 2026-12-01 10:00 UTC and is left out: aws is down"],
      ["drill-20261201-1003"],
    ]);
  });

  test("is what was found, not that somebody who has just come back has not looked yet", () => {
    const on = new Stage();
    on.at(DUE_MS + MINUTE_MS, { look: TROUBLE });
    on.at(DUE_MS + 4 * MINUTE_MS);
    on.at(DUE_MS + 6 * MINUTE_MS);
    expect(on.says).toEqual(["drill was due Tue 2026-12-01 10:00 UTC and is left out: aws is down"]);
  });

  test("is that nobody was there where nobody has looked", () => {
    const on = new Stage();
    on.at(DUE_MS);
    expect(on.state.entries["drill"]?.waiting?.why).toBe(null);
    on.at(DUE_MS + HOUR_MS, { look: CLEAR });
    expect(on.says).toEqual([expect.stringContaining("is missed: nobody was there to begin it")]);
  });

  test("is that a server has not looked where nothing else is in the way", () => {
    const on = new Stage();
    on.at(DUE_MS + 4 * MINUTE_MS, { by: "two" });
    on.tell({ look: CLEAR });
    on.at(DUE_MS + 5 * MINUTE_MS, { look: CLEAR });
    expect(on.says).toEqual([expect.stringContaining("left out: not every server has looked")]);
  });

  test.each([
    ["undone", { state: "undone", why: "3 failed" }],
    ["completed", COMPLETED],
  ])("stays that of its time when the run of an earlier one ends %s", (_state, ended) => {
    const on = new Stage({ ...drill, back });
    on.at(DUE_MS, { look: CLEAR });
    for (const minutes of [0, 6]) on.at(DUE_MS + 7 * DAY_MS + minutes * MINUTE_MS, { look: CLEAR });
    const left = { dueMs: DUE_MS + 7 * DAY_MS, outcome: "left-out", run: null };
    expect(on.state.entries["drill"]?.last).toMatchObject(left);
    on.tell({ look: CLEAR, ends: { [there]: ended } });
    on.tell({ look: CLEAR, ends: { [`${there}-back`]: COMPLETED } });
    expect(on.state.entries["drill"]).toMatchObject({ open: null, last: left });
  });
});
