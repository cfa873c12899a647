import { expect, test } from "vitest";
import { actKey, expectedOf } from "../engine/durations.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { manualFailover } from "../runbooks/manual-failover/runbook.ts";
import { pastDurations } from "./past-runs.ts";

test("a run counts once it has ended, and its ledger is read no more", async () => {
  const bench = new TestBench(exampleInventory());
  const store = bench.store();
  const reads: string[] = [];
  const past = pastDurations({
    ...store,
    read: (run) => {
      reads.push(run);
      return store.read(run);
    },
  });
  const { end } = bench.start(bench.bind(manualFailover, { from: "aws", to: "azure" }));
  await bench.kernel.pass(20);
  expect(await store.runs()).toEqual(["test-run-1"]);
  expect((await past()).size).toBe(0);
  await bench.kernel.run(end);
  expect(expectedOf(await past(), actKey("promote"))?.seen).toBe(1);
  await past();
  expect(reads).toEqual(["test-run-1", "test-run-1"]);
});

test("a ledger that cannot be read is left out", async () => {
  const bench = new TestBench(exampleInventory());
  await bench.run(bench.bind(manualFailover, { from: "aws", to: "azure" }));
  const torn = { ...bench.store(), read: () => Promise.reject(new Error("torn")) };
  expect((await pastDurations(torn)()).size).toBe(0);
});
