import { expect, test } from "vitest";
import type { Inventory } from "../domain/inventory/schema.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { scheduleFindings } from "./schedule-findings.ts";

type Entry = Inventory["schedule"][number];

function findings(change: Partial<Entry>): unknown[] {
  const inventory = exampleInventory();
  const [entry] = inventory.schedule;
  if (entry === undefined) throw new Error("the example has no schedule");
  return scheduleFindings({ ...inventory, schedule: [{ ...entry, ...change }] });
}

test("the schedule of the checkout is one that its runbooks take", () => {
  expect(scheduleFindings(exampleInventory())).toEqual([]);
});

test.each([
  [{ input: { from: "gcp", too: "azure" } }, ["schedule", 0, "input"], /to: .*|too/],
  [{ input: { from: "gcp", to: "asure" } }, ["schedule", 0, "input"], /there is no cloud "asure"/],
  [{ input: { from: "gcp", to: "gcp" } }, ["schedule", 0, "input"], /from and to are both "gcp"/],
  [
    { back: { runbook: "rollback", input: { from: "azure", to: "gcp", database: "go" } } },
    ["schedule", 0, "back", "input"],
    /database/,
  ],
])("what a runbook objects to is told with its place, once for all profiles: %j", (change, path, message) => {
  const found = findings({ ...change, profile: undefined });
  expect(found[0]).toEqual({ path, message: expect.stringMatching(message) });
  expect(new Set(found.map((one) => JSON.stringify(one))).size).toBe(found.length);
});
