import { beforeEach, expect, test } from "vitest";
import { selectProfile } from "../domain/inventory/profile.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import type { RunEnd } from "../engine/execute.ts";
import { runBody } from "./run-body.ts";
import { NotHere } from "./version-gate.ts";

const here = { codeVersion: "code-1", inventoryDigest: "inventory-1", profile: "drill" };
const order = {
  runbook: "manual-failover",
  input: { from: "aws", to: "azure", database: "move" },
  requestedBy: "olivia",
  requestedByHuman: "olivia@wildcam.org",
  planHash: null,
  waitForLocks: false,
  preempt: false,
  overrides: [],
  ...here,
};

let bench: TestBench;
let left: string[];

beforeEach(() => {
  bench = new TestBench(exampleInventory());
  left = [];
});

/** One attempt at the order; what the body throws into the durable engine is its answer. */
async function attempt(changes: Partial<typeof order> = {}, taken = false): Promise<RunEnd | NotHere> {
  const { inventory, kernel } = bench;
  const context = { inventory, profile: selectProfile(inventory, "drill") };
  const { promise, resolve } = Promise.withResolvers<RunEnd | NotHere>();
  bench.launch(async (journal, of) => {
    const engine = bench.engine(of);
    const parts = {
      engine,
      context,
      here,
      isTaken: async () => taken,
      left: (_run: string, why: string) => left.push(why),
    };
    try {
      const end = await runBody(parts)(journal, { ...order, ...changes });
      resolve(end);
      return end;
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      resolve(error);
      return { outcome: "failed", why: "", facts: {} };
    }
  });
  return await kernel.run(promise);
}

test.each([
  ["other code", { codeVersion: "code-0" }, /needs code code-0, and here is code-1/],
  ["another inventory", { inventoryDigest: "inventory-0" }, /needs inventory inventory-0/],
  ["another profile", { profile: "production" }, /needs profile production, and here is drill/],
])(
  "a run that began under %s is not executed: no step, no event, and it is not ended either",
  async (_name, other, why) => {
    expect(await attempt(other)).toBeInstanceOf(NotHere);
    expect(left).toMatchObject([expect.stringMatching(why)]);
    expect(bench.events).toEqual([]);
    expect(bench.world.attempts).toBe(0);
  },
);

test("a run that people have taken over by hand is not executed, and is once they have given it back", async () => {
  expect(await attempt({}, true)).toMatchObject({ message: expect.stringMatching(/taken it over by hand/) });
  expect(bench.events).toEqual([]);
  expect(await attempt()).toMatchObject({ outcome: "completed" });
});

test("a run says in its first event what it began with", async () => {
  await attempt();
  expect(bench.events[0]).toMatchObject({
    type: "run-started",
    data: { codeVersion: "test", inventoryDigest: "test" },
  });
});

test("an order that cannot be bound ends as a run that was refused, with the reason in its ledger", async () => {
  const end = await attempt({ input: { from: "aws", to: "nowhere", database: "move" } });
  expect(end).toMatchObject({ outcome: "refused", why: expect.stringMatching(/no cloud "nowhere"/) });
  expect(bench.events.map(({ type }) => type)).toEqual(["run-started", "refused", "run-ended"]);
});
