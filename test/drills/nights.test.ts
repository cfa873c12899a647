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

test("who says that it is to be tried again in the pause between two tries is obeyed at once, and each try counts", async () => {
  const schedule = await readSchedule(join(folder, "tried-again-at-once.json"));
  const { ledger } = await rehearse(ground, schedule);
  const said = ledger.findIndex(({ type }) => type === "commanded");
  expect(ledger[said]?.data).toMatchObject({ command: "retry", why: "so" });
  expect(ledger[said - 1]?.data).toMatchObject({ tries: 2 });
  expect(ledger[said + 1]?.data).toMatchObject({ tries: 3 });
});

test("a promotion that comes about after people were called, and is taken over by hand, still waits for them", async () => {
  const schedule = await readSchedule(join(folder, "taken-over-behind-a-slow-promotion.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  const waiting = ledger.findIndex(({ type }) => type === "waiting");
  const later = ledger.slice(waiting);
  expect(later.some(({ type, data }) => type === "act-done" && data["op"] === "promote")).toBe(true);
  expect(ends).toMatchObject([{ outcome: "cancelled" }]);
});

test("a run that was gone before the last reading goes back when that tells it how late it is", async () => {
  const schedule = await readSchedule(join(folder, "gone-until-behind-the-deadline.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  expect(
    ledger.find(({ type, data }) => type === "act-intended" && data["op"] === "promote"),
  ).toBeUndefined();
  expect(ends).toMatchObject([{ outcome: "undone", why: expect.stringContaining("passed its deadline") }]);
});

test("pods are not taken down while those that would be left are not ready: people are asked, and try it again", async () => {
  const schedule = await readSchedule(join(folder, "pods-down-while-others-come-back.json"));
  const { ledger, ends } = await rehearse(ground, schedule);
  const refused = ledger.find(({ type }) => type === "waiting");
  expect(refused?.data).toMatchObject({
    state: "refused",
    why: expect.stringContaining("capacity-for-the-shift"),
  });
  expect(ends).toMatchObject([{ outcome: "completed" }]);
});
