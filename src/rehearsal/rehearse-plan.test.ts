// A plan is rehearsed from where the world really is: at home, moved, on a high timeline, with a cloud that is not well.
import { expect, test } from "vitest";
import { selectProfile } from "../domain/inventory/profile.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { isAct } from "../engine/planning.ts";
import { readSnapshot } from "../engine/world.ts";
import { Night } from "../simulation/testing/night.ts";
import { planSnapshot } from "./plan-snapshot.ts";
import { rehearsePlan } from "./rehearse-plan.ts";

const inventory = exampleInventory();
const AWAY = { from: "aws", to: "azure", database: "move" };
const BACK = { from: "azure", to: "aws", database: "move" };
const quiet = { outcome: "completed", why: "", violations: [], otherPlan: null };

function seen(night: Night): Promise<Snapshot> {
  const named = {
    clouds: Object.keys(inventory.clouds),
    clusters: Object.keys(inventory.clusters),
    databases: Object.keys(inventory.databases),
    demandFloor: 0,
  };
  const world = { ...night.ports, clock: night.kernel, named };
  return night.run(readSnapshot(world, new AbortController().signal));
}

/** The primary and most of the traffic in azure, as a failover leaves them. */
async function moved(): Promise<Night> {
  const night = new Night({ inventory });
  await night.scale("azure-west", 5);
  await night.setWeights({ aws: 0, azure: 67, gcp: 33 });
  for (const cloud of ["aws", "gcp"])
    await night.perform("azure", { act: "create-slot", slot: `standby_${cloud}` });
  await night.perform("azure", { act: "set-synchronous", names: "ANY 1 (standby_aws, standby_gcp)" });
  await night.perform("aws", { act: "stop-cleanly" });
  await night.perform("azure", { act: "promote" });
  for (const cloud of ["aws", "gcp"])
    await night.perform(cloud, { act: "follow", primary: "azure", slot: `standby_${cloud}` });
  return night;
}

/** Made by hand: after many moves, with a cloud that answers slowly. */
async function longLived(): Promise<Snapshot> {
  const snapshot = await seen(await moved());
  const members = Object.fromEntries(
    Object.entries(snapshot.databases["wildlifedb"]?.members ?? {}).map(([cloud, member]) => [
      cloud,
      { ...member, timeline: 7, position: "2A/3000148", replayed: "2A/3000148" },
    ]),
  );
  const clusters = Object.fromEntries(
    Object.entries(snapshot.clusters).map(([name, cluster]) => [
      name,
      { ...cluster, generation: 12, observedGeneration: 12 },
    ]),
  );
  return {
    ...snapshot,
    clouds: {
      ...snapshot.clouds,
      gcp: { verdict: "degraded", reason: "p99 400 ms", observers: 1, sinceMs: 0, clusters: {} },
    },
    clusters,
    traffic: { ...snapshot.traffic, version: 41 },
    databases: { wildlifedb: { members, alone: { cloud: null } } },
  };
}

type Order = { readonly runbook: string; readonly input: Record<string, string>; readonly profile: string };

async function planned(snapshot: Snapshot, { runbook, input, profile }: Order) {
  const ground = { codeVersion: "here", inventoryDigest: "this", stated: {} };
  return await planSnapshot({ inventory, snapshot, runbook, input, profile }, ground);
}

async function rehearsed(snapshot: Snapshot, order: Order, faultNights = 0) {
  const { plan } = await planned(snapshot, order);
  const { profile } = order;
  const nights: number[] = [];
  const onNight = async (done: number) => void nights.push(done);
  const found = await rehearsePlan({ inventory, snapshot, profile, plan, faultNights, onNight });
  return { ...found, nights };
}

test("from a world at home the very plan completes, breaks nothing, and tells its own time", async () => {
  const snapshot = await seen(new Night({ inventory }));
  const { clean, faults } = await rehearsed(snapshot, {
    runbook: "manual-failover",
    input: AWAY,
    profile: "drill",
  });
  expect(clean).toMatchObject(quiet);
  const { dwell, soak } = selectProfile(inventory, "drill");
  expect(clean.tookMs).toBeGreaterThan(dwell + soak);
  expect(faults).toBeNull();
});

test("the time that people of a rehearsal take to approve is not told as the run's", async () => {
  const snapshot = await seen(new Night({ inventory }));
  const { clean } = await rehearsed(snapshot, {
    runbook: "manual-failover",
    input: AWAY,
    profile: "production",
  });
  const { dwell, soak } = selectProfile(inventory, "production");
  expect(clean).toMatchObject(quiet);
  expect(clean.tookMs).toBeGreaterThan(2 * dwell + soak);
  expect(clean.tookMs).toBeLessThan(2 * dwell + soak + 60_000);
});

test.each([
  ["back home", "rollback", BACK],
  ["further on", "manual-failover", { from: "azure", to: "gcp", database: "move" }],
])("a world that was moved goes %s as planned", async (_where, runbook, input) => {
  const { clean } = await rehearsed(await seen(await moved()), { runbook, input, profile: "drill" });
  expect(clean).toMatchObject(quiet);
});

test("a high timeline, high versions and a cloud that is not well are where it begins, and its counters count from there", async () => {
  const order = { runbook: "rollback", input: BACK, profile: "drill" };
  const { clean, faults } = await rehearsed(await longLived(), order, 6);
  expect(clean).toMatchObject(quiet);
  expect(faults?.troubled.flatMap(({ violations }) => violations)).toEqual([]);
});

test("nights with faults are counted by how they ended, told one by one, and are the same the next time", async () => {
  const snapshot = await seen(new Night({ inventory }));
  const order = { runbook: "manual-failover", input: AWAY, profile: "drill" };
  const { faults, nights } = await rehearsed(snapshot, order, 12);
  expect(nights).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(Object.values(faults?.outcomes ?? {}).reduce((sum, count) => sum + count, 0)).toBe(12);
  const troubled = faults?.troubled ?? [];
  expect(troubled.length).toBe(12 - (faults?.outcomes["completed"] ?? 0));
  expect(troubled.length).toBeGreaterThan(0);
  for (const { struck, schedule } of troubled) {
    expect(struck.length).toBeGreaterThan(0);
    expect(schedule).toMatchObject({ runbook: "manual-failover", input: AWAY, profile: "drill" });
  }
  expect((await rehearsed(snapshot, order, 12)).faults).toEqual(faults);
});

test("what a guard refuses is refused in the rehearsal too, and no faults are tried on it", async () => {
  const snapshot = await seen(new Night({ inventory }));
  const surge: Snapshot = { ...snapshot, demand: { requestsPerSecond: 330, source: "measured" } };
  const order = { runbook: "manual-failover", input: AWAY, profile: "drill" };
  expect((await planned(surge, order)).refusals.length).toBeGreaterThan(0);
  const { clean, faults } = await rehearsed(surge, order, 5);
  expect(clean).toMatchObject({ outcome: "refused", why: expect.stringContaining("capacity-for-the-shift") });
  expect(faults).toBeNull();
});

test("a plan of another state than the one that it is rehearsed from is noticed, by its first act that differs", async () => {
  const order = { runbook: "manual-failover", input: AWAY, profile: "drill" };
  const snapshot = await seen(new Night({ inventory }));
  const { plan } = await planned(snapshot, order);
  const later = plan.steps.map((step) =>
    isAct(step) && step.op === "set-weights" ? { ...step, params: { weights: { aws: 1 } } } : step,
  );
  const onNight = async () => {};
  const { clean } = await rehearsePlan({
    inventory,
    snapshot,
    profile: "drill",
    plan: { ...plan, steps: later },
    faultNights: 0,
    onNight,
  });
  expect(clean.otherPlan).toMatch(/^where the plan has "shift traffic: /);
});

test("a snapshot that lacks a part of the inventory, or has one that it does not name, is refused by name", async () => {
  const snapshot = await seen(new Night({ inventory }));
  const { gcp: _gcp, ...clouds } = snapshot.clouds;
  const { aws: _aws, ...members } = snapshot.databases["wildlifedb"]?.members ?? {};
  const order = { runbook: "manual-failover", input: AWAY, profile: "drill" };
  await expect(planned({ ...snapshot, clouds }, order)).rejects.toThrow("it has no cloud gcp");
  await expect(
    planned({ ...snapshot, databases: { wildlifedb: { members, alone: { cloud: null } } } }, order),
  ).rejects.toThrow("it has no member of wildlifedb in aws");
  const west = snapshot.clusters["aws-west"];
  if (west === undefined) throw new Error("no aws-west");
  const clusters = { ...snapshot.clusters, "mars-west": west };
  await expect(planned({ ...snapshot, clusters }, order)).rejects.toThrow(
    "it has a cluster mars-west, which the inventory does not name",
  );
});
