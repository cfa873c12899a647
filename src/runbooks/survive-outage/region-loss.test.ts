/** A cloud that loses a region: what the rest of it carries stays. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeChange } from "../../domain/guards/catalogue.ts";
import { guardPolicyOf } from "../../domain/guards/policy.ts";
import { selectProfile } from "../../domain/inventory/profile.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import type { Snapshot, Verdict } from "../../domain/snapshot.ts";
import { Refusal } from "../../engine/failures.ts";
import { terminal } from "../../ports/errors.ts";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import type { Fault } from "../../simulation/faults.ts";
import { hostilitySuite } from "../hostility.contract.ts";
import { restoreTraffic } from "../restore-traffic/runbook.ts";
import { runbookSuite, type SuiteCase } from "../runbook.contract.ts";
import { decideSurvival, type OutagePlan } from "./decide.ts";
import { surviveOutage } from "./runbook.ts";

const LOST: Fault = { group: "process", kind: "killed", actor: "cluster/aws-west" };

async function loseRegion(bench: TestBench): Promise<void> {
  bench.world.inject(LOST);
  await bench.kernel.pass(1_000);
}

const regionLost: SuiteCase = { runbook: surviveOutage, input: { cloud: "aws" }, arrange: loseRegion };

runbookSuite("survive-outage of a region", regionLost);
hostilitySuite("survive-outage of a region", regionLost);

function withMost(cluster: string, most: number): Inventory {
  const inventory = exampleInventory();
  const stated = inventory.clusters[cluster];
  if (stated === undefined) throw new Error(`no cluster ${cluster}`);
  const replicas = { ...stated.replicas, most };
  return { ...inventory, clusters: { ...inventory.clusters, [cluster]: { ...stated, replicas } } };
}

function replicasIn(bench: TestBench): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(bench.world.clusters).map(([name, { replicas }]) => [name, replicas]),
  );
}

function said(bench: TestBench): string {
  return JSON.stringify(bench.events.filter(({ type }) => type === "notified"));
}

test("the other region is raised to carry the cloud's share, no traffic leaves, and the database stays", async () => {
  const bench = new TestBench(exampleInventory());
  await loseRegion(bench);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(bench.world.policy.weights).toEqual({ aws: 34, azure: 33, gcp: 33 });
  // 68 requests/s and a fifth more on pods of 30; the others for the loss of one of them beside what aws keeps.
  expect(replicasIn(bench)).toEqual({
    "aws-west": 2,
    "aws-east": 3,
    "azure-west": 3,
    "azure-east": 3,
    "gcp-west": 3,
    "gcp-east": 3,
  });
  expect(bench.world.databases.primary()).toBe("aws");
  expect(said(bench)).toContain("aws-west is lost and aws-east serves: aws keeps 34 of its 34 points");
});

test("only what the other region cannot carry goes elsewhere, at once where others have room", async () => {
  const bench = new TestBench(withMost("aws-east", 2));
  await loseRegion(bench);
  const acts: unknown[] = [];
  bench.onEvent = ({ type, data }) => {
    if (type === "act-verified") acts.push(data["op"]);
  };
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  // Two pods serve 60/s: with a fifth to spare that is 25 points of 200/s.
  expect(bench.world.policy.weights).toEqual({ aws: 25, azure: 38, gcp: 37 });
  expect(acts[0]).toBe("set-weights");
  expect(bench.world.databases.primary()).toBe("aws");
});

test("what others have no pods for yet waits for these", async () => {
  const bench = new TestBench(withMost("aws-east", 2));
  bench.world.requestsPerSecond = 350;
  await loseRegion(bench);
  const acts: unknown[] = [];
  bench.onEvent = ({ type, data }) => {
    if (type === "act-verified") acts.push(data["op"]);
  };
  await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(bench.world.policy.weights["aws"]).toBe(14);
  expect(acts.indexOf("set-weights")).toBeGreaterThan(0);
});

test("capacity for another loss that does not come takes nothing back", async () => {
  const bench = new TestBench(exampleInventory());
  await loseRegion(bench);
  // The first act raises aws-east, those behind it the others.
  bench.world.trouble = (_op, at) => (at === 3 ? { kind: "fails", error: terminal("no pods") } : null);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end.outcome).toBe("undone");
  expect(replicasIn(bench)).toMatchObject({ "aws-east": 3, "azure-west": 2 });
});

test("with no other cloud healthy the region that is left is raised, and traffic stays", async () => {
  const bench = new TestBench(exampleInventory());
  for (const cloud of ["azure", "gcp"]) {
    const seen = bench.world.clouds[cloud];
    if (seen !== undefined) bench.world.clouds[cloud] = { ...seen, verdict: "unknown", observers: 0 };
  }
  await loseRegion(bench);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(bench.world.policy.weights["aws"]).toBe(34);
  expect(replicasIn(bench)).toMatchObject({ "aws-east": 3, "azure-west": 2 });
});

test("what a region's loss changed is brought back: the share by steps, and every region to its usual size", async () => {
  const bench = new TestBench(withMost("aws-east", 3));
  bench.world.requestsPerSecond = 300;
  await loseRegion(bench);
  await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(bench.world.policy.weights["aws"]).toBe(25);
  bench.world.heal(LOST);
  bench.world.requestsPerSecond = 200;
  await bench.kernel.pass(1_000);
  const end = await bench.run(bench.bind(restoreTraffic, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(bench.world.policy.weights).toEqual({ aws: 34, azure: 33, gcp: 33 });
  expect(Object.values(replicasIn(bench))).toEqual([2, 2, 2, 2, 2, 2]);
});

test("where only capacity was raised, bringing back lowers it", async () => {
  const bench = new TestBench(exampleInventory());
  await loseRegion(bench);
  await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  bench.world.heal(LOST);
  await bench.kernel.pass(1_000);
  const end = await bench.run(bench.bind(restoreTraffic, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(Object.values(replicasIn(bench))).toEqual([2, 2, 2, 2, 2, 2]);
});

const inventory = exampleInventory();
const context = { inventory, profile: selectProfile(inventory, "drill") };
const usual = await new TestBench(inventory).snapshot();
const counts = fc.integer({ min: 1, max: 10 });

/** aws without its west, whatever else is the case. */
const bereft: fc.Arbitrary<Snapshot> = fc
  .record({
    cuts: fc.tuple(fc.nat(100), fc.nat(100)),
    rate: fc.nat(1_500),
    pods: fc.array(counts, { minLength: 6, maxLength: 6 }),
    gcp: fc.constantFrom<Verdict>("healthy", "healthy", "degraded", "down", "unknown"),
  })
  .map(({ cuts, rate, pods, gcp }) => {
    const [low, high] = [Math.min(...cuts), Math.max(...cuts)];
    const clusters = Object.entries(usual.clusters).map(([name, cluster], index) => {
      const replicas = pods[index] ?? 1;
      return [name, { ...cluster, replicas, ready: name === "aws-west" ? 0 : replicas }] as const;
    });
    const said = { reason: "", observers: 3, sinceMs: 0 };
    const part = { "aws-west": "down", "aws-east": "healthy" } as const;
    return {
      ...usual,
      clouds: {
        aws: { ...said, verdict: "degraded", clusters: part },
        azure: { ...said, verdict: "healthy", clusters: {} },
        gcp: { ...said, verdict: gcp, clusters: {} },
      },
      clusters: Object.fromEntries(clusters),
      traffic: { ...usual.traffic, weights: { aws: low, azure: high - low, gcp: 100 - high } },
      demand: { requestsPerSecond: rate, source: "measured" },
    };
  });

function decided(facts: Snapshot): OutagePlan | null {
  try {
    return decideSurvival(facts, { cloud: "aws", database: "move" }, context);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
}

test("whatever the world is like, no guard refuses an act of it, the lost region is left alone, and no primary moves", () => {
  fc.assert(
    fc.property(bereft, (facts) => {
      const plan = decided(facts);
      if (plan === null) return;
      expect([plan.moves, plan.rescues]).toEqual([[], []]);
      let before = facts;
      for (const act of [...plan.first, ...plan.shift, ...plan.capacity.flat()]) {
        expect(act.target).not.toBe("cluster/aws-west");
        const after = act.expect(before);
        const verdicts = judgeChange({ before, after, policy: guardPolicyOf(inventory) }, act.section);
        expect(verdicts.filter(({ verdict }) => verdict === "refuse")).toEqual([]);
        before = after;
      }
      expect(before.traffic.weights["aws"]).toBeLessThanOrEqual(facts.traffic.weights["aws"] ?? 0);
    }),
  );
});
