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

test("where people have one left out on the way back, the run goes on below it: that is no act out of order", async () => {
  const schedule = await readSchedule(join(folder, "one-left-out-on-the-way-back.json"));
  const { ledger } = await rehearse(ground, schedule);
  const skipped = ledger.findIndex(({ type }) => type === "step-skipped");
  expect(ledger[skipped]?.data).toMatchObject({ name: "undo of azure follows gcp" });
  const below = ledger.slice(skipped).find(({ type }) => type === "act-verified");
  expect(below?.data).toMatchObject({ op: "set-synchronous" });
});

test("what is to serve at the end is judged when the pods have come that a provider is late with", async () => {
  const schedule = await readSchedule(join(folder, "pods-still-on-their-way-at-the-end.json"));
  const { ends, virtualMs } = await rehearse(ground, schedule);
  expect(ends).toMatchObject([{ outcome: "refused" }]);
  expect(virtualMs).toBeGreaterThan(20_000);
});

test("an act whose key was forgotten is done anew where a hand has undone it meanwhile, and the run goes no further", async () => {
  const schedule = await readSchedule(join(folder, "blocked-again-behind-a-hand.json"));
  const { ledger } = await rehearse(ground, schedule);
  expect(ledger.find(({ type }) => type === "failed")?.data).toMatchObject({ kind: "Drifted" });
  expect(ledger.find(({ data }) => data["op"] === "promote")).toBeUndefined();
});

test("the way back needs no approval, long behind the end of the one for the way there", async () => {
  const schedule = await readSchedule(join(folder, "back-behind-an-approval.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  expect(ledger.filter(({ type }) => type === "approval-asked").length).toBe(1);
  expect(ends).toMatchObject([{ outcome: "undone" }]);
});
