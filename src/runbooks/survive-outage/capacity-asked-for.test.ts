/** Pods that somebody else has asked for count when they are ready, and not before. */
import { expect, test } from "vitest";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { TestBench } from "../../engine/testing/test-run.ts";
import { stepTokens } from "../../ports/contract-tokens.ts";
import { Attempt } from "../../simulation/attempt.ts";
import { ZERO_RANGES } from "../../simulation/world/ranges.ts";
import { surviveOutage } from "./runbook.ts";

const REPLICAS = 5;
const LEFT = ["azure-west", "azure-east", "gcp-west", "gcp-east"];
const POD_READY_MS = 10_000;

async function asked(bench: TestBench): Promise<void> {
  const { clusters } = bench.world.ports(new Attempt(0, bench.kernel));
  const nextToken = stepTokens("before", "traffic", 0);
  for (const cluster of LEFT) {
    const expectedGeneration = bench.world.clusters[cluster]?.generation ?? 0;
    const request = { cluster, replicas: REPLICAS, expectedGeneration, token: nextToken() };
    await bench.kernel.run(clusters.scale(request, bench.kernel.within(60_000)));
  }
}

test("a run waits for pods that another one has asked for, and takes none of them away", async () => {
  const ranges = { ...ZERO_RANGES, podReadyMs: [POD_READY_MS, POD_READY_MS] as const };
  const bench = new TestBench(exampleInventory(), { ranges });
  bench.world.inject({ group: "process", kind: "killed", actor: "cloud/aws" });
  await bench.kernel.pass(1_000);
  await asked(bench);
  const end = await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  expect(end.outcome).toBe("completed");
  for (const cluster of LEFT)
    expect(bench.world.clusters[cluster]).toMatchObject({ replicas: REPLICAS, ready: REPLICAS });
});
