import { beforeEach, expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { type Started, TestBench } from "../engine/testing/test-run.ts";
import { viewOf } from "../engine/views.ts";
import { retryable } from "../ports/errors.ts";
import { manualFailover } from "./manual-failover/runbook.ts";

let on: TestBench;

beforeEach(() => {
  on = new TestBench(exampleInventory());
});

function say(run: string, type: "cancel" | "pause" | "undo", why = ""): void {
  on.tell(run, { type, by: "dana", human: "dana@wildcam.org", why, atMs: on.kernel.now() });
}

const begin = () => on.start(on.bind(manualFailover, { from: "aws", to: "azure" }));
const eventsOf = (type: LedgerEvent["type"]) => on.events.filter((event) => event.type === type);
const viewNow = ({ run }: Started) => viewOf(on.events.filter((event) => event.run === run.run));

test("a cancel behind a commit is taken once people were told that the run cannot go on, and not before", async () => {
  on.onEvent = ({ run, type }) => {
    if (type !== "pivot-committed") return;
    on.world.trouble = (op) =>
      op === "unblock-writes" ? { kind: "fails", error: retryable("it will not") } : null;
    say(run, "cancel", "too soon");
  };
  const started = begin();
  await on.kernel.pass(10 * 60_000);
  expect(eventsOf("command-refused")).toHaveLength(1);
  expect(viewNow(started)).toMatchObject({ state: "waiting-for-people", offers: ["retry", "cancel"] });
  expect(on.world.messages.filter(({ severity }) => severity === "critical")).toHaveLength(1);
  const said = on.events.length;
  await on.kernel.pass(10 * 60_000);
  expect(on.events).toHaveLength(said);
  say(started.run.run, "cancel", "the DBA takes over");
  const end = await on.kernel.run(started.end);
  expect(end).toMatchObject({ outcome: "cancelled", facts: { pivot: "committed" } });
  expect(on.locks.held().size).toBe(0);
});

test("a pause that has to wait ends no wait for people: they are shown as called, with what they may say", async () => {
  on.world.trouble = (op) =>
    op === "unblock-writes" ? { kind: "fails", error: retryable("it will not") } : null;
  const started = begin();
  await on.kernel.pass(10 * 60_000);
  say(started.run.run, "pause", "wait for me");
  await on.kernel.pass(60_000);
  expect(eventsOf("commanded")).toMatchObject([{ by: "dana", data: { putOffUntil: "the pivot's end" } }]);
  expect(viewNow(started)).toMatchObject({ state: "waiting-for-people", offers: ["retry", "cancel"] });
});

test("what did not hold behind a commit and holds in the end needs nobody", async () => {
  let healed = false;
  on.world.trouble = (op) =>
    op === "unblock-writes" && !healed ? { kind: "fails", error: retryable("it will not") } : null;
  const started = begin();
  await on.kernel.pass(10 * 60_000);
  expect(viewNow(started)?.state).toBe("waiting-for-people");
  healed = true;
  expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
  expect(viewNow(started)?.state).toBe("completed");
});

test("an undo does not touch what somebody else has changed since, whoever's word started it", async () => {
  on.onEvent = ({ run, type, data }) => {
    if (type !== "act-verified" || data["op"] !== "set-synchronous") return;
    Object.assign(on.world.databases.members["azure"] ?? {}, { synchronousNames: "ANY 2 (by_hand, more)" });
    say(run, "undo");
  };
  const started = begin();
  await on.kernel.pass(60_000);
  const view = viewNow(started);
  expect(view?.state).toBe("undo-incomplete");
  expect(view?.doing).toContain("somebody else changed it");
  expect(on.world.databases.members["azure"]?.synchronousNames).toBe("ANY 2 (by_hand, more)");
});

/** The worker froze between what it read and the promotion, and the old primary came back meanwhile. */
function comesBackBeforeThePromotion(): void {
  on.onEvent = ({ type, data }) => {
    if (type !== "act-intended" || data["op"] !== "promote") return;
    on.kernel.nowMs += 10_000;
    Object.assign(on.world.databases.members["aws"] ?? {}, { running: true, stoppedCleanly: false });
  };
}

test("whoever comes late to the promotion looks again, and calls people instead of making a second primary", async () => {
  comesBackBeforeThePromotion();
  const started = begin();
  await on.kernel.pass(10 * 60_000);
  expect(on.world.done.filter(({ op }) => op === "promote")).toEqual([]);
  expect(viewNow(started)).toMatchObject({ state: "waiting-for-people", offers: ["retry", "cancel"] });
});

test("a late promotion goes on by itself once the old primary is down again", async () => {
  comesBackBeforeThePromotion();
  const started = begin();
  await on.kernel.pass(60_000);
  Object.assign(on.world.databases.members["aws"] ?? {}, { running: false, stoppedCleanly: true });
  expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
});
