// Nights that broke something here once, as files that `wildcam simulate --schedule FILE` takes. They break nothing any more.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSchedule } from "../../src/drills/sweep/schedule-files.ts";
import { exampleInventory } from "../../src/engine/testing/example-inventory.ts";
import { problemsOf } from "../../src/rehearsal/check-schedule.ts";
import { groundOf } from "../../src/rehearsal/ground.ts";
import { rehearse } from "../../src/rehearsal/rehearse.ts";

const folder = join(import.meta.dirname, "nights");
const ground = groundOf(exampleInventory());

test.each(readdirSync(folder))("%s is struck, ends, and breaks nothing", async (file) => {
  const schedule = await readSchedule(join(folder, file));
  expect(problemsOf(ground, schedule)).toEqual([]);
  const { violations, cells, ends } = await rehearse(ground, schedule);
  expect(violations).toEqual([]);
  expect(cells.length).toBe(schedule.faults.length);
  expect(ends.map(({ outcome }) => outcome)).not.toContain("none");
});

test("where another member is promoted by hand in the last check, people are called past the pivot's deadline and may let it go", async () => {
  const schedule = await readSchedule(join(folder, "promoted-in-the-last-check.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  const waiting = ledger.find(({ type }) => type === "waiting");
  expect(waiting?.data).toMatchObject({ state: "waiting-for-people", offers: ["retry", "cancel"] });
  expect(ledger.at(-1)?.data).toMatchObject({ facts: { pivot: "committed" } });
  expect(ends).toMatchObject([{ outcome: "cancelled" }]);
});

test("where a promotion's effector is cut off at every try for a while, the run goes on to its end and never back", async () => {
  const schedule = await readSchedule(join(folder, "cut-off-at-the-promotion.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  expect(ledger.filter(({ type }) => type === "act-retried").length).toBeGreaterThan(4);
  expect(ledger.find(({ type }) => type === "undo-started")).toBeUndefined();
  expect(ends).toMatchObject([{ outcome: "completed" }]);
});

test("where a pause is asked for in a pivot that fails, the run goes back at once: writes are blocked", async () => {
  const schedule = await readSchedule(join(folder, "paused-in-a-pivot-that-fails.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  expect(ledger.find(({ type }) => type === "commanded")?.data).toMatchObject({ command: "pause" });
  expect(ledger.find(({ type }) => type === "waiting")).toBeUndefined();
  expect(ends).toMatchObject([{ outcome: "undone" }]);
});
