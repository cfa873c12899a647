import { expect, test } from "vitest";
import { NO_AUTOMATION_YET } from "../../domain/automation.ts";
import { UNREACHABLE_MEMBER } from "../../domain/snapshot.ts";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import type { PastWindow } from "../../ports/edge.ts";
import { lookOf, type Seen } from "./look.ts";

const inventory = exampleInventory();
const { clouds, clusters } = inventory;
const stated = {
  clouds: Object.keys(clouds),
  clusters,
  objective: { goodPercent: 99.9, latencyMs: 250 },
};
const good: PastWindow = { atMs: 0, ms: 60_000, requests: 6_000, failed: 0, slow: 0, p99Ms: 40 };

async function seen(more: Partial<Seen> = {}): Promise<Seen> {
  const facts = await new TestBench(inventory).snapshot();
  const past = { windows: Array.from({ length: 15 }, () => good), expected: 15 };
  return { facts, automation: NO_AUTOMATION_YET, held: [], past, ...more };
}

async function facts(change: Partial<Seen["facts"]>): Promise<Partial<Seen>> {
  return { facts: { ...(await seen()).facts, ...change } };
}

test("nothing is in the way of anything in a world that is well", async () => {
  expect(lookOf(await seen(), stated)).toEqual({ trouble: [], unsteady: [] });
});

test.each(["down", "degraded", "unknown"] as const)("a cloud that is %s is in the way", async (verdict) => {
  const before = (await seen()).facts.clouds;
  const aws = { ...before["aws"], reason: "why", observers: 3, sinceMs: 0, clusters: {}, verdict };
  const more = await facts({ clouds: { ...before, aws } });
  expect(lookOf(await seen(more), stated).trouble).toEqual([`aws is ${verdict} (why)`]);
  const unnamed = await facts({ clouds: { azure: aws } });
  expect(lookOf(await seen(unnamed), stated).trouble).toContain("aws is unknown (nobody has looked at it)");
});

test("a stop, an outage that is not over and a run that has locks are in the way", async () => {
  const outage = { verdict: "down", sinceMs: 0, runs: [], answeredMs: 0, acting: [] } as const;
  const automation = {
    ...NO_AUTOMATION_YET,
    stopped: { by: "olivia", why: "", atMs: 0 },
    clouds: { gcp: { heard: {}, counter: 1, answeredMs: [], outage, said: [] } },
  };
  const held = [
    { lock: "database/wildlifedb", run: "rollback-1" },
    { lock: "traffic", run: "rollback-1" },
  ];
  expect(lookOf(await seen({ automation, held }), stated).trouble).toEqual([
    "automation is stopped by olivia",
    "the outage of gcp is not over",
    "rollback-1 has database/wildlifedb, traffic",
  ]);
});

test.each([
  ["failed answers", { ...good, failed: 60 }, "60 of 6000 requests failed"],
  ["slow ones", { ...good, p99Ms: 300 }, "p99 was 300 ms"],
])("an objective that was missed lately by %s is in the way of drills", async (_name, bad, why) => {
  const windows = [...Array.from({ length: 14 }, () => good), bad];
  const look = lookOf(await seen({ past: { windows, expected: 15 } }), stated);
  expect(look).toEqual({ trouble: [], unsteady: [expect.stringContaining(why)] });
});

test("an edge that forgot most of the last minutes says nothing of a steady state", async () => {
  const look = lookOf(await seen({ past: { windows: [good], expected: 15 } }), stated);
  expect(look.unsteady).toEqual([expect.stringContaining("1 of the last 15 windows")]);
});

test("a standby that does not follow, and a database without its one primary, are in the way of drills", async () => {
  const members = (await seen()).facts.databases["wildlifedb"]?.members ?? {};
  const lame = await facts({
    databases: { wildlifedb: { members: { ...members, gcp: UNREACHABLE_MEMBER }, alone: { cloud: null } } },
  });
  expect(lookOf(await seen(lame), stated).unsteady).toEqual(["wildlifedb: gcp does not follow its primary"]);
  const headless = await facts({
    databases: { wildlifedb: { members: { ...members, aws: UNREACHABLE_MEMBER }, alone: { cloud: null } } },
  });
  expect(lookOf(await seen(headless), stated).unsteady).toEqual(["wildlifedb has 0 primaries"]);
});

test("a demand that could not be served without one cloud is in the way of drills", async () => {
  const more = await facts({ demand: { requestsPerSecond: 300, source: "measured" } });
  const look = lookOf(await seen(more), stated);
  expect(look.unsteady).toEqual([expect.stringMatching(/^without \w+ 240 of 300 requests\/s/)]);
});
