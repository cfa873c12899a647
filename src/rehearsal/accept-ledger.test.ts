import { expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import { manualFailover } from "../runbooks/manual-failover/runbook.ts";
import { restoreTraffic } from "../runbooks/restore-traffic/runbook.ts";
import { rollback } from "../runbooks/rollback/runbook.ts";
import { surviveOutage } from "../runbooks/survive-outage/runbook.ts";
import { acceptLedger, type FaultMark } from "./accept-ledger.ts";

async function thereAndBack(): Promise<LedgerEvent[]> {
  const bench = new TestBench(exampleInventory());
  await bench.run(bench.bind(manualFailover, { from: "aws", to: "azure" }));
  await bench.run(bench.bind(rollback, { from: "azure", to: "aws" }));
  return bench.events;
}

/** The first event of this type and op, changed. */
function changed(
  events: readonly LedgerEvent[],
  [type, op]: readonly [LedgerEvent["type"], string],
  change: (data: Record<string, unknown>) => void,
): LedgerEvent[] {
  const copy = structuredClone([...events]);
  const found = copy.find((event) => event.type === type && event.data["op"] === op);
  if (found === undefined) throw new Error(`no ${type} of ${op}`);
  change(found.data);
  return copy;
}

test("what the product did there and back is what the model would have done", async () => {
  const events = await thereAndBack();
  const { acts, refused } = await acceptLedger(exampleInventory(), events);
  expect(refused).toBeNull();
  expect(acts).toBe(events.filter(({ type }) => type === "act-verified").length);
});

const loss = { group: "process", kind: "killed", actor: "cloud/aws" } as const;

async function lostAndBack(): Promise<{ events: LedgerEvent[]; marks: FaultMark[] }> {
  const bench = new TestBench(exampleInventory());
  const marks: FaultMark[] = [];
  const strike = async (begins: boolean) => {
    marks.push({ timeMs: bench.kernel.now(), begins, fault: loss });
    if (begins) bench.world.inject(loss);
    else bench.world.heal(loss);
    await bench.kernel.pass(5_000);
  };
  await strike(true);
  await bench.run(bench.bind(surviveOutage, { cloud: "aws" }));
  await strike(false);
  await bench.run(bench.bind(restoreTraffic, { cloud: "aws", primary: "return" }));
  return { events: bench.events, marks };
}

test("what the product did about an outage is what the model would have done, if that has the outage as well", async () => {
  const { events, marks } = await lostAndBack();
  const { acts, refused } = await acceptLedger(exampleInventory(), events, marks);
  expect(refused).toBeNull();
  expect(acts).toBe(events.filter(({ type }) => type === "act-verified").length);
  expect((await acceptLedger(exampleInventory(), events)).refused).not.toBeNull();
  expect((await acceptLedger(exampleInventory(), events, marks.slice(0, 1))).refused).not.toBeNull();
});

const FALSE: readonly [
  string,
  readonly [LedgerEvent["type"], string],
  (data: Record<string, unknown>) => void,
  RegExp,
][] = [
  [
    "an act that began from another state",
    ["act-intended", "set-weights"],
    (data) => (data["before"] = { weights: { aws: 1, azure: 66, gcp: 33 }, version: 1 }),
    /set-weights began from another state: weights/,
  ],
  [
    "an act that left another state",
    ["act-verified", "promote"],
    (data) => (data["evidence"] = { ...Object(data["evidence"]), role: "standby" }),
    /promote left another state: role/,
  ],
  [
    "an act on a member that cannot have it",
    ["act-intended", "promote"],
    (data) => Object.assign(data, { params: { database: "wildlifedb", cloud: "aws" }, before: null }),
    /promote/,
  ],
];
test.each(FALSE)("%s is no trace of the model", async (_name, which, change, why) => {
  const { refused } = await acceptLedger(exampleInventory(), changed(await thereAndBack(), which, change));
  expect(refused?.why).toMatch(why);
});
