// Known outages of others, as nights that must break nothing here. `wildcam simulate --scenario NAME` runs the same files.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { readOutage } from "../../src/drills/sweep/schedule-files.ts";
import { exampleInventory } from "../../src/engine/testing/example-inventory.ts";
import { problemsOf } from "../../src/rehearsal/check-schedule.ts";
import { groundOf } from "../../src/rehearsal/ground.ts";
import { rehearse } from "../../src/rehearsal/rehearse.ts";

const checkout = join(import.meta.dirname, "../..");
const ground = groundOf(exampleInventory());
const names = readdirSync(join(import.meta.dirname, "outages")).map((file) => basename(file, ".json"));

test("the outages that the design names for the actors that there are, are kept", () => {
  expect(names.toSorted()).toEqual(["aws-2025", "github-2018", "gitlab-2017", "metastable-retry-storm"]);
});

test.each(names)("%s breaks nothing, and every one of its nights is struck", async (name) => {
  const { nights } = await readOutage(checkout, name);
  for (const schedule of nights) {
    expect(problemsOf(ground, schedule)).toEqual([]);
    const { violations, cells, ends } = await rehearse(ground, schedule);
    expect({ name, seed: schedule.seed, violations }).toEqual({ name, seed: schedule.seed, violations: [] });
    expect(cells.length).toBeGreaterThan(0);
    expect(ends.map(({ outcome }) => outcome)).not.toContain("none");
  }
});
