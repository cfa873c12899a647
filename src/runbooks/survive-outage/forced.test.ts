/** A promotion whose loss nobody can know: stated, asked for against the guards that refuse it, and only then done. */
import { beforeEach, expect, test } from "vitest";
import type { LedgerEvent } from "../../domain/ledger.ts";
import type { Inventory } from "../../domain/inventory/schema.ts";
import { exampleInventory } from "../../engine/testing/example-inventory.ts";
import { type Started, TestBench } from "../../engine/testing/test-run.ts";
import { viewOf } from "../../engine/views.ts";
import type { Fault } from "../../simulation/faults.ts";
import { surviveOutage } from "./runbook.ts";

const GUARDS = ["no-loss-beyond-policy", "one-writable-primary"];

function inventoryWith(standbysGone: "wait" | "degrade"): Inventory {
  const inventory = exampleInventory();
  return { ...inventory, policies: { ...inventory.policies, standbysGone } };
}

const lossOf = (cloud: string): Fault => ({ group: "process", kind: "killed", actor: `cloud/${cloud}` });

let on: TestBench;

async function lose(...clouds: readonly string[]): Promise<void> {
  for (const cloud of clouds) on.world.inject(lossOf(cloud));
  await on.kernel.pass(1_000);
}

async function comesBack(cloud: string): Promise<void> {
  on.world.heal(lossOf(cloud));
  await on.kernel.pass(5_000);
}

async function written(cloud: string): Promise<string> {
  const outcomes: string[] = [];
  on.world.databases.write(cloud, (outcome) => outcomes.push(outcome));
  await on.kernel.pass(6_000);
  return outcomes.join();
}

const begin = (overrides: readonly string[] = []): Started =>
  on.start(on.bind(surviveOutage, { cloud: "aws", database: "force" }), { overrides });
const eventsOf = (type: LedgerEvent["type"]) => on.events.filter((event) => event.type === type);
const said = () => JSON.stringify(eventsOf("notified"));

/** Until it asks, and another human has said yes to what was shown. */
async function approved(started: Started): Promise<void> {
  const seen = Promise.withResolvers<void>();
  on.onEvent = ({ type }) => type === "approval-asked" && seen.resolve();
  await on.kernel.run(
    Promise.race([seen.promise, started.end.then(({ why }) => Promise.reject(new Error(why)))]),
  );
  await on.kernel.pass(20);
  const atMs = on.kernel.now();
  const hash = viewOf(on.events)?.planHash ?? "";
  const until = { startByMs: atMs + 600_000, finishByMs: atMs + 3_600_000 };
  on.tell(started.run.run, {
    type: "approve",
    by: "dana",
    human: "dana@wildcam.org",
    why: "",
    hash,
    atMs,
    ...until,
  });
}

/** aws had acknowledged alone, by policy, and is lost; the others come back with what they had before. */
beforeEach(async () => {
  on = new TestBench(inventoryWith("degrade"));
  await lose("azure", "gcp");
  await on.run(on.bind(surviveOutage, { cloud: "gcp" }));
  if ((await written("aws")) !== "acknowledged") throw new Error("aws does not acknowledge alone");
  await lose("aws");
  await comesBack("azure");
  await comesBack("gcp");
});

test("without an override it is refused by both guards of the database, and nothing is touched", async () => {
  const { attempts } = on.world;
  const end = await on.kernel.run(begin().end);
  expect(end.outcome).toBe("refused");
  for (const guard of GUARDS) expect(end.why).toContain(guard);
  expect(on.world.attempts).toBe(attempts);
});

test("one override of two is not enough", async () => {
  for (const guard of GUARDS) {
    const end = await on.kernel.run(begin([guard]).end);
    expect(end.outcome).toBe("refused");
  }
});

test("with both, other people are asked and shown what is lost; then the furthest standby serves with all that it had, and only what lay beyond is lost", async () => {
  const [had = 0, promised = 0] = ["azure", "aws"].map(
    (cloud) => on.world.databases.members[cloud]?.position,
  );
  expect(promised).toBeGreaterThan(had);
  const started = begin(GUARDS);
  await approved(started);
  const view = viewOf(on.events);
  expect(view?.approvalsNeeded).toBe(1);
  expect(view?.against.join()).toMatch(/the loss of promoting azure cannot be known/);
  expect(view?.against.join()).toMatch(/without a fence on aws/);
  const end = await on.kernel.run(started.end);
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(on.world.databases.primary()).toBe("azure");
  expect(await written("azure")).toBe("acknowledged");
  expect(said()).toMatch(
    /aws cannot be asked and may have acknowledged alone.*forced, azure becomes the primary of wildlifedb with what it received/,
  );
  expect(said()).toContain(
    `up to 0/${had.toString(16).toUpperCase()}: what clients were promised beyond that is lost`,
  );
  expect(on.world.databases.members["azure"]?.position).toBeGreaterThanOrEqual(had);
  // The judge, which knows what clients were told, sees the one commit that aws had made alone.
  expect(on.violations().map(({ invariant }) => invariant)).toContain("S3");
});

test("once the old primary is back it serves nobody beside the new one", async () => {
  const started = begin(GUARDS);
  await approved(started);
  await on.kernel.run(started.end);
  await comesBack("aws");
  expect(on.world.databases.primary()).toBe("azure");
  expect(await written("aws")).not.toBe("acknowledged");
});

test("with two of three lost the one that is left takes over, and by policy acknowledges alone", async () => {
  on = new TestBench(inventoryWith("degrade"));
  await lose("aws", "gcp");
  const started = begin(GUARDS);
  await approved(started);
  expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed", why: "" });
  expect(on.world.databases.primary()).toBe("azure");
  expect(on.world.databases.onRecord.read().cloud).toBe("azure");
  expect(await written("azure")).toBe("acknowledged");
});

test("where nothing is unknown there is nothing to force: the same as a move, and an override is refused", async () => {
  on = new TestBench(inventoryWith("wait"));
  await lose("aws");
  const idle = await on.kernel.run(begin(GUARDS).end);
  expect(idle).toMatchObject({ outcome: "refused", why: expect.stringContaining("nothing to override") });
  const end = await on.kernel.run(begin().end);
  expect(end).toMatchObject({ outcome: "completed", why: "" });
  expect(on.world.databases.primary()).toBe("azure");
  expect(on.violations()).toEqual([]);
});

test("a primary that may be well in a cloud that nobody calls down is not forced aside", async () => {
  on = new TestBench(inventoryWith("degrade"));
  on.world.inject({ group: "process", kind: "killed", actor: "agent/azure" });
  await lose("aws");
  const end = await on.kernel.run(begin().end);
  expect(end.outcome).toBe("completed");
  expect(on.world.databases.primary()).toBeNull();
  expect(said()).toContain("may be in azure, which cannot be asked and which nobody calls down");
});
