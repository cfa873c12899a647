import { beforeEach, expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { retryable } from "../ports/errors.ts";
import { manualFailover } from "../runbooks/manual-failover/runbook.ts";
import { modelAutomation } from "../simulation/model-automation.ts";
import { endIn, lookAround, type ScheduleEyes } from "./schedule-eyes.ts";

let on: TestBench;
let eyes: ScheduleEyes;
let read: string[];
beforeEach(() => {
  on = new TestBench(exampleInventory());
  const store = on.store();
  read = [];
  eyes = {
    inventory: on.inventory,
    world: on.engine().world,
    automation: modelAutomation({ now: () => on.kernel.now(), begin: () => undefined }),
    store: {
      ...store,
      read: async (run) => {
        read.push(run);
        return await store.read(run);
      },
    },
    over: new Set(),
  };
});

const look = () => on.kernel.run(lookAround(eyes, on.kernel.within(60_000)));
const failover = () => on.start(on.bind(manualFailover, { from: "aws", to: "azure" }));

test("a run that has locks is in the way until it has given them back, and is then not read again", async () => {
  expect((await look()).trouble).toEqual([]);
  const { run, end } = failover();
  await on.kernel.run(on.kernel.sleep(1_000, on.kernel.within(60_000)));
  expect((await look()).trouble).toEqual([`${run.run} has database/wildlifedb, traffic`]);
  expect(await endIn(eyes.store, run.run)).toBeNull();
  await on.kernel.run(end);
  expect((await look()).trouble).toEqual([]);
  expect(await endIn(eyes.store, run.run)).toEqual({ state: "completed", why: "" });
  read.length = 0;
  await look();
  expect(read).toEqual([]);
});

test("what cannot be read is in the way, with the reason", async () => {
  const { world } = eyes;
  const policy = async () => {
    throw retryable("the edge does not answer");
  };
  eyes = { ...eyes, world: { ...world, edge: { ...world.edge, policy } } };
  expect(await look()).toEqual({
    trouble: ["a server could not look: the edge does not answer"],
    unsteady: [],
  });
});
