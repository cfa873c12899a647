import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseInventory } from "./parse.ts";
import { approvalRule, selectProfile, statusFeedsIn } from "./profile.ts";

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

test("the checkout's drill reads no status page, so that it reaches nothing beyond this machine", () => {
  expect(statusFeedsIn(inventory, "drill")).toEqual([]);
});

test("in production each cloud's feed is read once a minute, for the regions of its clusters", () => {
  expect(
    statusFeedsIn(inventory, "production").map(({ cloud, everyMs, regions }) => [cloud, everyMs, regions]),
  ).toEqual([
    ["aws", 60_000, ["us-west-2", "us-east-1"]],
    ["azure", 60_000, ["westus2", "eastus"]],
    ["gcp", 60_000, ["us-west1", "us-east1"]],
  ]);
});

test("a feed without a profile is read in all, and a cloud without a feed in none", () => {
  const { aws } = inventory.clouds;
  if (aws?.statusFeed === undefined) throw new Error("the checkout's aws has no feed");
  const { profile: _, ...everywhere } = aws.statusFeed;
  const clouds = { aws: { ...aws, statusFeed: everywhere }, gcp: { title: "Google Cloud" } };
  expect(statusFeedsIn({ ...inventory, clouds }, "drill")).toMatchObject([
    { cloud: "aws", page: aws.statusPage ?? "" },
  ]);
});
