import { beforeEach, expect, test } from "vitest";
import { selectProfile } from "../domain/inventory/profile.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { type RunBodyParts, runBody } from "./run-body.ts";
import { NotHere } from "./version-gate.ts";

const here = { codeVersion: "code-1", inventoryDigest: "inventory-1", profile: "drill" };
const order = {
  runbook: "manual-failover",
  input: { from: "aws", to: "azure", database: "move" },
  requestedBy: "olivia",
  planHash: null,
  waitForLocks: false,
  ...here,
};

let bench: TestBench;
let left: string[];

beforeEach(() => {
  bench = new TestBench(exampleInventory());
  left = [];
});

function body(parts: Partial<RunBodyParts> = {}) {
  const { inventory } = bench;
  return runBody({
    engine: bench.engine(),
    context: { inventory, profile: selectProfile(inventory, "drill") },
    here,
    isTaken: async () => false,
    left: (_run, why) => left.push(why),
    ...parts,
  });
}

test.each([
  ["other code", { codeVersion: "code-0" }, /needs code code-0, and here is code-1/],
  ["another inventory", { inventoryDigest: "inventory-0" }, /needs inventory inventory-0/],
  ["another profile", { profile: "production" }, /needs profile production, and here is drill/],
])(
  "a run that began under %s is not executed: no step, no event, and it is not ended either",
  async (_name, other, why) => {
    const journal = bench.journal();
    await expect(body()(journal, { ...order, ...other })).rejects.toThrow(NotHere);
    expect(left).toMatchObject([expect.stringMatching(why)]);
    expect(journal.effects).toEqual([]);
    expect(bench.events).toEqual([]);
    expect(bench.world.attempts).toBe(0);
  },
);

test("a run that people have taken over by hand is not executed, and is once they have given it back", async () => {
  let taken = true;
  const run = body({ isTaken: async () => taken });
  await expect(run(bench.journal(), order)).rejects.toThrow(/taken it over by hand/);
  expect(bench.events).toEqual([]);
  taken = false;
  expect(await run(bench.journal(), order)).toMatchObject({ outcome: "completed" });
});

test("a run says in its first event what it began with", async () => {
  await body()(bench.journal(), order);
  expect(bench.events[0]).toMatchObject({
    type: "run-started",
    data: { codeVersion: "test", inventoryDigest: "test" },
  });
});

test("an order that cannot be bound ends as a run that was refused, with the reason in its ledger", async () => {
  const end = await body()(bench.journal(), { ...order, input: { from: "aws", to: "nowhere" } });
  expect(end).toMatchObject({ outcome: "refused", why: expect.stringMatching(/no cloud "nowhere"/) });
  expect(bench.events.map(({ type }) => type)).toEqual(["run-started", "refused", "run-ended"]);
});
