import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import type { Fault } from "../../simulation/faults.ts";
import { hostilitySuite } from "../hostility.contract.ts";
import { runbookSuite, type SuiteCase } from "../runbook.contract.ts";
import { surviveOutage } from "../survive-outage/runbook.ts";
import { restoreTraffic } from "./runbook.ts";

const LOST: Fault = { group: "process", kind: "killed", actor: "cloud/aws" };

async function outage(bench: TestBench): Promise<void> {
  bench.world.inject(LOST);
  await bench.kernel.pass(1_000);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  if (end.outcome !== "completed") throw new Error(`the outage was not survived: ${end.outcome} ${end.why}`);
}

async function returned(bench: TestBench): Promise<void> {
  await outage(bench);
  bench.world.heal(LOST);
  await bench.kernel.pass(1_000);
}

const back: SuiteCase = { runbook: restoreTraffic, input: { cloud: "aws" }, arrange: returned };
const backWithPrimary: SuiteCase = { ...back, input: { cloud: "aws", primary: "return" } };

runbookSuite("restore-traffic", back);
hostilitySuite("restore-traffic", back);
runbookSuite("restore-traffic with the primary", backWithPrimary);

test("its database follows before it gets traffic, and its share comes back by small steps", async () => {
  const bench = new TestBench(exampleInventory());
  await returned(bench);
  const ways: unknown[] = [];
  const followed: boolean[] = [];
  bench.onEvent = ({ type, data }) => {
    if (type !== "act-verified" || data["op"] !== "set-weights") return;
    ways.push(bench.world.policy.weights);
    followed.push(bench.world.databases.replication.streams("aws"));
  };
  const end = await bench.run(bench.bind(restoreTraffic, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(ways).toEqual([
    { aws: 10, azure: 40, gcp: 50 },
    { aws: 20, azure: 33, gcp: 47 },
    { aws: 30, azure: 33, gcp: 37 },
    { aws: 34, azure: 33, gcp: 33 },
  ]);
  expect(followed).toEqual([true, true, true, true]);
  expect(bench.world.databases.members["aws"]).toMatchObject({
    primary: false,
    follows: "azure",
    timeline: 2,
  });
  expect(Object.values(bench.world.clusters).map(({ replicas }) => replicas)).toEqual([2, 2, 2, 2, 2, 2]);
});

test("the primary comes back where that is asked for", async () => {
  const bench = new TestBench(exampleInventory());
  await returned(bench);
  await bench.run(bench.bind(restoreTraffic, { cloud: "aws", primary: "return" }));
  expect(bench.world.databases.primary()).toBe("aws");
});

test("a cloud that is not healthy is refused, and nothing is touched", async () => {
  const bench = new TestBench(exampleInventory());
  await outage(bench);
  const before = bench.world.attempts;
  const end = await bench.run(bench.bind(restoreTraffic, { cloud: "aws" }));
  expect(end).toMatchObject({ outcome: "refused" });
  expect(end.why).toMatch(/aws is down/);
  expect(bench.world.attempts).toBe(before);
});

test("a breach on the way goes back to the last good step, and ends the run", async () => {
  const bench = new TestBench(exampleInventory());
  await returned(bench);
  let holds = 0;
  bench.onEvent = ({ type }) => {
    if (type === "hold-started") holds += 1;
    if (holds === 3) bench.watchReport = { ...bench.watchReport, breach: "p99 is 900 ms" };
  };
  const end = await bench.run(bench.bind(restoreTraffic, { cloud: "aws" }));
  expect(end.outcome).toBe("undone");
  expect(bench.world.policy.weights["aws"]).toBe(10);
});
