/**
 * The runbooks in a world that takes its time and serves users meanwhile: pods become ready late, weights come into force
 * late, WAL is on its way. What must hold does so at every moment, not only between acts.
 */
import { expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { LOCAL_RANGES } from "../simulation/world/ranges.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { rollback } from "./rollback/runbook.ts";

const NIGHTS = 20;
const DIRECTION = { from: "aws", to: "azure" };

test(`there and back in ${NIGHTS} slow nights, no user is failed and nothing that must hold is broken`, async () => {
  for (let seed = 1; seed <= NIGHTS; seed += 1) {
    const bench = new TestBench(exampleInventory(), { ranges: LOCAL_RANGES, seed });
    bench.clients.start(250, { requestsPerSecond: 100, seed, writeShare: 0.1 });
    const ends = [
      await bench.run(bench.bind(manualFailover, DIRECTION)),
      await bench.run(bench.bind(rollback, { from: "azure", to: "aws" })),
    ];
    const { asked, gaveUp } = bench.clients.goodput;
    expect({
      seed,
      ends: ends.map(({ outcome, why }) => `${outcome}${why}`),
      violations: bench.violations(),
      gaveUp,
      served: asked > 1_000,
    }).toEqual({ seed, ends: ["completed", "completed"], violations: [], gaveUp: 0, served: true });
  }
});
