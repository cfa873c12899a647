/** Nights that once broke a rule, or wrongly seemed to, as data: `test/nights`. The name says what was mended. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { groundOf } from "./ground.ts";
import { rehearse } from "./rehearse.ts";
import { scheduleSchema } from "./schedule.ts";

const folder = join(import.meta.dirname, "../../test/nights");
const ground = groundOf(exampleInventory());

test.each(readdirSync(folder))("%s breaks nothing, and all its runs end", async (file) => {
  const schedule = scheduleSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
  const { ends, violations } = await rehearse(ground, schedule);
  expect(violations).toEqual([]);
  for (const { outcome } of ends) expect(outcome).not.toBe("none");
});
