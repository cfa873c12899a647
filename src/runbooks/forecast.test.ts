import { expect, test } from "vitest";
import { manualFailover } from "./manual-failover/runbook.ts";
import { forecastOf } from "../engine/forecast.ts";
import { isAct, planRun } from "../engine/planning.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";

async function planned() {
  const bench = new TestBench(exampleInventory());
  const bound = bench.bind(manualFailover, { from: "aws", to: "azure" });
  return await planRun(bound, await bench.snapshot(), bench.engine().planning);
}

test("past steps come first, then the driver's word, and a hold takes its own time", async () => {
  const plan = await planned();
  const past = new Map([["act promote", [100, 300, 200]]]);
  const stated = { promote: { typicalMs: 9, mostMs: 9 }, scale: { typicalMs: 2_000, mostMs: 5_000 } };
  const { steps, typicalMs } = forecastOf(plan, past, stated);
  expect(steps).toHaveLength(plan.steps.length);
  const of = (op: string) => steps[plan.steps.findIndex((step) => isAct(step) && step.op === op)];
  expect(of("promote")).toEqual({ typicalMs: 200, mostMs: 300, seen: 3 });
  expect(of("scale")).toEqual({ typicalMs: 2_000, mostMs: 5_000, seen: 0 });
  expect(of("block-writes")).toBeNull();
  const hold = plan.steps.findIndex(({ kind }) => kind === "hold");
  const held = plan.steps[hold];
  expect(steps[hold]?.typicalMs).toBe(held !== undefined && !isAct(held) ? held.forMs : null);
  expect(typicalMs).toBe(steps.reduce((sum, one) => sum + (one?.typicalMs ?? 0), 0));
});

test("without a past and without a word only holds are known", async () => {
  const plan = await planned();
  const { steps } = forecastOf(plan, new Map(), {});
  expect(plan.steps.filter((_, index) => steps[index] !== null).map(({ kind }) => kind)).toEqual(
    plan.steps.filter(({ kind }) => kind === "hold").map(({ kind }) => kind),
  );
});
