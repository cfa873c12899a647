/** `run --override GUARD`: a plan that a guard really refuses goes on if other people say so, and it is on record who. */
import { beforeEach, expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { type Started, TestBench } from "../engine/testing/test-run.ts";
import { viewOf } from "../engine/views.ts";
import { rollback } from "./rollback/runbook.ts";

const GUARD = "no-weight-to-the-unhealthy";
const AGAINST = {
  guard: GUARD,
  why: expect.stringContaining("gcp"),
  facts: { raised: ["gcp"] },
};

let on: TestBench;

/** After a failover that left gcp without traffic, gcp is degraded; the way back would give it some. */
beforeEach(() => {
  on = new TestBench(exampleInventory());
  on.world.policy = { ...on.world.policy, weights: { aws: 50, azure: 50, gcp: 0 } };
  on.world.clouds["gcp"] = { verdict: "degraded", reason: "slow", observers: 1, sinceMs: 0, clusters: {} };
});

const begin = (overrides: readonly string[]): Started =>
  on.start(on.bind(rollback, { from: "azure", to: "aws", database: "stay" }), { overrides });
const eventsOf = (type: LedgerEvent["type"]) => on.events.filter((event) => event.type === type);

function approveBy(run: string, by: string, human = `${by}@wildcam.org`): void {
  const atMs = on.kernel.now();
  const hash = viewOf(on.events)?.planHash ?? "";
  const [startByMs, finishByMs] = [atMs + 600_000, atMs + 3_600_000];
  on.tell(run, { type: "approve", by, human, why: "", hash, startByMs, finishByMs, atMs });
}

/** Until the run asks for approval, and that is in the store. */
async function asked(started: Started): Promise<void> {
  const seen = Promise.withResolvers<void>();
  on.onEvent = ({ type }) => type === "approval-asked" && seen.resolve();
  await on.kernel.run(
    Promise.race([seen.promise, started.end.then(({ why }) => Promise.reject(new Error(why)))]),
  );
  await on.kernel.pass(20);
}

test("without it the run is refused with the guard and its facts, and nothing is touched", async () => {
  const end = await on.kernel.run(begin([]).end);
  expect(end).toMatchObject({ outcome: "refused", facts: { guards: [AGAINST, {}] } });
  expect(on.world.attempts).toBe(0);
});

test("another guard's name does not help", async () => {
  const end = await on.kernel.run(begin(["one-writable-primary"]).end);
  expect(end).toMatchObject({ outcome: "refused" });
  expect(end.why).toContain(GUARD);
});

test("a guard that does not refuse is not overridden: nobody has one off without seeing why", async () => {
  on.world.clouds["gcp"] = { verdict: "healthy", reason: "answers", observers: 1, sinceMs: 0, clusters: {} };
  const end = await on.kernel.run(begin([GUARD]).end);
  expect(end).toMatchObject({ outcome: "refused", why: expect.stringContaining("nothing to override") });
  expect(on.world.attempts).toBe(0);
});

test("with it people are asked, whatever policy says, and are shown what they override; then it runs, and who is on record", async () => {
  const started = begin([GUARD]);
  await asked(started);
  const view = viewOf(on.events);
  expect(view).toMatchObject({ state: "waiting-for-people", approvalsNeeded: 1 });
  expect(view?.against[0]).toMatch(/^no-weight-to-the-unhealthy: .*gcp/);
  approveBy(started.run.run, "olivia");
  approveBy(started.run.run, "oli", "olivia@wildcam.org");
  await on.kernel.pass(100);
  expect(eventsOf("command-refused").map(({ by }) => by)).toEqual(["olivia", "oli"]);
  expect(on.world.attempts).toBe(0);
  approveBy(started.run.run, "dana");
  expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
  expect(on.world.policy.weights).toEqual(on.inventory.edge.weights);
  expect(eventsOf("run-started")).toMatchObject([{ by: "olivia", data: { overrides: [GUARD] } }]);
  expect(eventsOf("approval-asked")[0]?.data["against"]).toMatchObject([AGAINST, {}]);
  expect(eventsOf("approved")).toMatchObject([
    { by: "dana", data: { overrides: [GUARD], requestedBy: "olivia" } },
  ]);
  expect(
    eventsOf("guarded").some(({ data }) => JSON.stringify(data).includes(`"overridden":["${GUARD}"]`)),
  ).toBe(true);
});

test("and rejected by people it is refused, with nothing touched", async () => {
  const started = begin([GUARD]);
  await asked(started);
  const said = { by: "dana", human: "dana@wildcam.org", why: "mend gcp first", atMs: on.kernel.now() };
  on.tell(started.run.run, { type: "reject", ...said });
  expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "refused" });
  expect(on.world.attempts).toBe(0);
});

test("what was overridden stays so for a worker that comes late to the act", async () => {
  const started = begin([GUARD]);
  await asked(started);
  approveBy(started.run.run, "priya");
  on.onEvent = ({ type, data }) => {
    if (type === "act-intended" && data["op"] === "set-weights") on.kernel.nowMs += 10_000;
  };
  expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
});
