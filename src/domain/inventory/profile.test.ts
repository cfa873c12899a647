import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseInventory } from "./parse.ts";
import { approvalRule, selectProfile } from "./profile.ts";

const parsed = parseInventory(
  parse(readFileSync(new URL("../../../inventory.yaml", import.meta.url), "utf8")),
);
if (!parsed.ok) throw new Error("the inventory of the checkout is broken");
const { inventory } = parsed;

test("a profile is found by its name", () => {
  expect(selectProfile(inventory, "drill")).toBe(inventory.profiles["drill"]);
});

test.each([
  ["dril", 'no profile named "dril" (did you mean "drill"?); there are: production, drill'],
  ["", 'no profile named ""; there are: production, drill'],
  ["constructor", 'no profile named "constructor"; there are: production, drill'],
])("%j is no profile, and the error says which there are", (name, message) => {
  expect(() => selectProfile(inventory, name)).toThrow(message);
});

test("a runbook without a stated approval needs a person, in every profile", () => {
  const drill = selectProfile(inventory, "drill");
  expect(approvalRule(drill, "rollback")).toEqual({ by: "policy" });
  expect(approvalRule(drill, "cluster-upgrade")).toEqual({ by: "people", count: 1 });
  expect(approvalRule(drill, "toString")).toEqual({ by: "people", count: 1 });
});
