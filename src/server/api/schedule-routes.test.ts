import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { showSchedule } from "../schedule-view.ts";
import { serveApi, type Served } from "../testing/served-api.ts";

let served: Served;
beforeEach(async () => {
  served = await serveApi({ profile: "production" });
});
afterEach(async () => {
  served.stop();
  await served.app.close();
});

test("everybody who may look sees when what is scheduled is due next, in its zone; nobody else does", async () => {
  expect((await served.call(null, "GET", "/v1/schedule")).status).toBe(401);
  const { status, body } = await served.call("priya", "GET", "/v1/schedule");
  expect([status, body.profile]).toEqual([200, "production"]);
  expect(body.entries).toMatchObject([
    { name: "weekly-chaos", here: true, mode: "propose", waiting: null, open: null, last: null },
    { name: "monthly-failover", here: true, back: { runbook: "rollback" } },
  ]);
  expect(body.entries[0].next).toHaveLength(3);
  expect(body.entries[0].next[0].due).toMatch(/^Tue \d{4}-\d\d-\d\d 10:00 America\/Los_Angeles$/);
  expect(body.entries[1].next[0].due).toMatch(/^Wed \d{4}-\d\d-0\d 10:00 America\/Los_Angeles$/);
});

test("what is due, under way and past is shown with its reason", async () => {
  const dueMs = Date.parse("2026-12-01T18:00:00Z");
  const why = "aws is down";
  const drill = {
    lookedMs: dueMs,
    waiting: { dueMs, several: false, why, said: true },
    open: { run: "weekly-chaos-20261124-1800", stage: "to-go-back", said: true },
    last: { dueMs: dueMs - 7 * 86_400_000, outcome: "begun", run: "weekly-chaos-20261124-1800", why: "" },
    begunMs: [],
  } as const;
  const { entries } = await showSchedule(
    {
      schedule: { show: async () => ({ heard: {}, entries: { "weekly-chaos": drill } }) },
      inventory: exampleInventory(),
      profile: "production",
      clock: { now: () => dueMs },
    },
    AbortSignal.timeout(5_000),
  );
  expect(entries[0]).toMatchObject({
    next: [{ due: "Tue 2026-12-08 10:00 America/Los_Angeles" }, {}, {}],
    waiting: { due: "Tue 2026-12-01 10:00 America/Los_Angeles", why },
    open: { run: "weekly-chaos-20261124-1800", stage: "to-go-back" },
    last: { due: "Tue 2026-11-24 10:00 America/Los_Angeles", outcome: "begun" },
  });
});

test("in another profile nothing of it is due", async () => {
  const drill = await serveApi({ profile: "drill" });
  const { body } = await drill.call("olivia", "GET", "/v1/schedule");
  expect(body.entries[0]).toMatchObject({ here: false, next: [], profile: "production" });
  drill.stop();
  await drill.app.close();
});
