/** Runs that nobody asked for by hand: how far they go is their mode's to say, and it is on record. */
import { beforeEach, expect, test } from "vitest";
import { SCHEDULE } from "../domain/automatic-order.ts";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { rollback } from "./rollback/runbook.ts";

let on: TestBench;
beforeEach(() => {
  on = new TestBench(exampleInventory());
});

const policy = "automation of profile production: shift-traffic act";
const eventsOf = (type: LedgerEvent["type"]) => on.events.filter((event) => event.type === type);
const begin = (mode: "act" | "propose") =>
  on.start(on.bind(manualFailover, { from: "aws", to: "azure" }), {
    requestedBy: "automation",
    requestedByHuman: "",
    automatic: { mode, policy },
  });

test("in mode act it is approved in the words of its policy, also where people would have been asked", async () => {
  on.profile = "production";
  expect(await on.kernel.run(begin("act").end)).toMatchObject({ outcome: "completed" });
  expect(eventsOf("approval-asked")).toEqual([]);
  expect(eventsOf("approved")).toMatchObject([{ by: "policy", data: { rule: policy } }]);
  expect(eventsOf("run-started")).toMatchObject([
    { by: "automation", data: { requestedBy: "automation", automatic: { mode: "act", policy } } },
  ]);
});

test("in mode propose it waits for people, also where policy would have approved it", async () => {
  on.profile = "drill";
  const end = await on.kernel.run(begin("propose").end);
  expect(end).toMatchObject({ outcome: "refused", why: expect.stringContaining("approval lapsed") });
  expect(eventsOf("approval-asked")).toMatchObject([{ data: { count: 1, requestedBy: "automation" } }]);
  expect(on.world.attempts).toBe(0);
});

test("a proposal of automation that lapses is said to people; that of a person or the schedule is not, which have their own word", async () => {
  on.profile = "drill";
  await on.kernel.run(begin("propose").end);
  const lapsed = () => on.world.messages.filter(({ text }) => text.includes("was not approved in time"));
  expect(lapsed()).toMatchObject([{ to: "operators", severity: "warning" }]);
  const others = [
    { requestedBy: SCHEDULE, automatic: { mode: "propose", policy } },
    { requestedBy: "olivia", automatic: null },
  ] as const;
  for (const by of others) {
    on = new TestBench(exampleInventory());
    on.profile = "production";
    const order = on.bind(manualFailover, { from: "aws", to: "azure" });
    const { end } = on.start(order, { requestedByHuman: "", ...by });
    expect(await on.kernel.run(end)).toMatchObject({ why: expect.stringContaining("approval lapsed") });
    expect(lapsed()).toEqual([]);
  }
});

test("a scheduled run is undone by a breach like any other, and leaves the world as it was", async () => {
  const before = on.world.slate();
  on.watchReport = {
    samples: 8,
    expected: 8,
    breach: "3 of 400 requests failed",
    worstGoodPercent: 99,
    worstP99Ms: 20,
  };
  const rule = "schedule of profile production: weekly-chaos act";
  const { end } = on.start(on.bind(manualFailover, { from: "gcp", to: "azure", database: "stay" }), {
    requestedBy: SCHEDULE,
    requestedByHuman: "",
    automatic: { mode: "act", policy: rule },
  });
  expect(await on.kernel.run(end)).toMatchObject({
    outcome: "undone",
    why: expect.stringMatching(/3 of 400/),
  });
  expect(eventsOf("approved")).toMatchObject([{ data: { rule } }]);
  expect(on.world.slate()).toEqual(before);
});

test("the drills that the inventory schedules lead there and back again", async () => {
  const { schedule, edge } = on.inventory;
  for (const { input, back } of schedule) {
    expect(await on.run(on.bind(manualFailover, input))).toMatchObject({ outcome: "completed" });
    expect(await on.run(on.bind(rollback, back?.input))).toMatchObject({ outcome: "completed" });
  }
  expect((await on.snapshot()).traffic.weights).toEqual(edge.weights);
  expect(on.world.databases.primary()).toBe("aws");
});
