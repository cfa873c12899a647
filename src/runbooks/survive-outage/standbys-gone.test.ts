/** Both standbys are gone: policy says whether writes wait or go on, and what went on alone is never forgotten. */
import { beforeEach, expect, test } from "vitest";
import type { Inventory } from "../../domain/inventory/schema.ts";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import type { Fault } from "../../simulation/faults.ts";
import { restoreTraffic } from "../restore-traffic/runbook.ts";
import { surviveOutage } from "./runbook.ts";

const FULL = "ANY 1 (standby_azure, standby_gcp)";

function inventoryWith(standbysGone: "wait" | "degrade"): Inventory {
  const inventory = exampleInventory();
  return { ...inventory, policies: { ...inventory.policies, standbysGone } };
}

const lossOf = (cloud: string): Fault => ({ group: "process", kind: "killed", actor: `cloud/${cloud}` });

async function lose(bench: TestBench, ...clouds: readonly string[]): Promise<void> {
  for (const cloud of clouds) bench.world.inject(lossOf(cloud));
  await bench.kernel.pass(1_000);
}

async function comesBack(bench: TestBench, cloud: string): Promise<void> {
  bench.world.heal(lossOf(cloud));
  await bench.kernel.pass(5_000);
}

async function survive(bench: TestBench, cloud: string) {
  return await bench.run(bench.bind(surviveOutage, { cloud }));
}

async function written(bench: TestBench, cloud: string): Promise<string> {
  const outcomes: string[] = [];
  bench.world.databases.write(cloud, (outcome) => outcomes.push(outcome));
  await bench.kernel.pass(6_000);
  return outcomes.join();
}

const alone = (bench: TestBench) => bench.world.databases.onRecord.read().cloud;
const namesAt = (bench: TestBench, cloud: string) => bench.world.databases.members[cloud]?.synchronousNames;
const said = (bench: TestBench) => JSON.stringify(bench.events.filter(({ type }) => type === "notified"));

let bench: TestBench;
beforeEach(async () => {
  bench = new TestBench(inventoryWith("degrade"));
  await lose(bench, "azure", "gcp");
});

test("with the policy to wait, writes wait, and that is said", async () => {
  bench = new TestBench(inventoryWith("wait"));
  await lose(bench, "azure", "gcp");
  expect((await survive(bench, "gcp")).outcome).toBe("completed");
  expect(said(bench)).toContain("writes to wildlifedb wait: 0 of the 1 standbys");
  expect([namesAt(bench, "aws"), alone(bench)]).toEqual([FULL, null]);
  expect(await written(bench, "aws")).toBe("unknown");
});

test("with the policy to degrade, writes go on with one copy, on record and said aloud", async () => {
  expect(await written(bench, "aws")).toBe("unknown");
  expect(await survive(bench, "gcp")).toMatchObject({ outcome: "completed", why: "" });
  expect(await written(bench, "aws")).toBe("acknowledged");
  expect([namesAt(bench, "aws"), alone(bench)]).toEqual(["", "aws"]);
  expect(said(bench)).toContain("by policy aws acknowledges without the others");
  const planned = JSON.stringify(bench.events.find(({ type }) => type === "planned")?.data);
  expect(planned).toContain("put it on record: what is acknowledged from here on may be lost with it");
});

test("one standby that is left is enough, and nothing is lowered", async () => {
  await comesBack(bench, "azure");
  await survive(bench, "gcp");
  expect([namesAt(bench, "aws"), alone(bench)]).toEqual([FULL, null]);
});

test("a standby that is not heard for a moment, in a cloud that is well, is not gone", async () => {
  bench = new TestBench(inventoryWith("degrade"));
  await lose(bench, "gcp");
  bench.world.inject({ group: "process", kind: "killed", actor: "agent/azure" });
  await survive(bench, "gcp");
  expect([namesAt(bench, "aws"), alone(bench)]).toEqual([FULL, null]);
});

test("what goes wrong behind it takes it back no more", async () => {
  const seen: unknown[] = [];
  bench.onEvent = ({ type, data }) => {
    if (type === "act-verified") seen.push(data["op"]);
    if (type === "good-point") seen.push(type);
  };
  await survive(bench, "gcp");
  const at = seen.indexOf("set-synchronous");
  expect(seen[at + 1]).toBe("good-point");
});

test("nobody is promoted in place of one that acknowledged alone and is lost: what that had cannot be known", async () => {
  await survive(bench, "gcp");
  expect(await written(bench, "aws")).toBe("acknowledged");
  await lose(bench, "aws");
  // Both come back with what they had before, and follow a server that is gone.
  await comesBack(bench, "azure");
  await comesBack(bench, "gcp");
  await survive(bench, "aws");
  expect(bench.world.databases.primary()).toBeNull();
  expect(said(bench)).toContain("aws cannot be asked and may have acknowledged alone");
  expect(bench.violations()).toEqual([]);
});

test("once a standby is back and has all, writes wait for it again, and it may take over", async () => {
  await survive(bench, "gcp");
  await comesBack(bench, "azure");
  const end = await bench.run(bench.bind(restoreTraffic, { cloud: "azure" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect([namesAt(bench, "aws"), alone(bench)]).toEqual([FULL, null]);
  expect(await written(bench, "aws")).toBe("acknowledged");
  await lose(bench, "aws");
  await comesBack(bench, "gcp");
  await survive(bench, "aws");
  expect(bench.world.databases.primary()).toBe("azure");
  expect(bench.violations()).toEqual([]);
});

test("a promotion that leaves nobody to follow goes on alone behind its commit, and proves it by a write", async () => {
  const inventory = inventoryWith("degrade");
  const group = inventory.databases["wildlifedb"];
  const { aws, azure } = group?.members ?? {};
  if (group === undefined || aws === undefined || azure === undefined) throw new Error("no such member");
  const databases = { wildlifedb: { ...group, members: { aws, azure } } };
  bench = new TestBench({ ...inventory, databases });
  await lose(bench, "aws");
  expect(await survive(bench, "aws")).toMatchObject({ outcome: "completed", why: "" });
  expect([bench.world.databases.primary(), alone(bench)]).toEqual(["azure", "azure"]);
  expect(await written(bench, "azure")).toBe("acknowledged");
  expect(said(bench)).toContain("by policy azure acknowledges without them");
});
