import { expect, test } from "vitest";
import { manualFailover } from "./manual-failover/runbook.ts";
import { actKey, CHECK_KEY, durationsOf, expectedOf, together } from "../engine/durations.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";

async function pastRun(promoteMs = 0) {
  const bench = new TestBench(exampleInventory());
  bench.onEvent = ({ type, data }) => {
    if (type === "act-done" && data["op"] === "promote") bench.kernel.nowMs += promoteMs;
  };
  await bench.run(bench.bind(manualFailover, { from: "aws", to: "azure" }));
  return bench.events;
}

test("an act takes from its intent to its proof, a check from what came before it", async () => {
  const durations = durationsOf(await pastRun(700));
  expect(expectedOf(durations, actKey("promote"))?.typicalMs).toBeGreaterThanOrEqual(700);
  expect(expectedOf(durations, actKey("set-weights"))?.mostMs).toBeLessThan(700);
  expect(expectedOf(durations, CHECK_KEY)?.seen).toBeGreaterThan(1);
});

test("an act without its proof says nothing", async () => {
  const events = (await pastRun()).filter(({ type }) => type !== "act-verified");
  expect(expectedOf(durationsOf(events), actKey("promote"))).toBeNull();
});

test("over several runs the middle one is typical, and the slowest is said", async () => {
  const runs = [];
  for (const promote of [100, 5_000, 300]) runs.push(durationsOf(await pastRun(promote)));
  const expected = expectedOf(together(runs), actKey("promote"));
  expect(expected?.seen).toBe(3);
  expect(expected?.typicalMs).toBeLessThan(1_000);
  expect(expected?.mostMs).toBeGreaterThanOrEqual(5_000);
});
