/**
 * Locks past their maximum, in the engine: taken by whoever asks or waits while the run acts, holds, waits or hangs; and
 * not taken where only people may decide. Time jumps over the maximum, as it does for a worker that hangs.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { LedgerEvent } from "../domain/ledger.ts";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { type Started, TestBench } from "../engine/testing/test-run.ts";
import { viewOf } from "../engine/views.ts";
import { terminal } from "../ports/errors.ts";
import type { PersonsCommand } from "../ports/journal.ts";
import { TROUBLES } from "../simulation/journal.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { rollback } from "./rollback/runbook.ts";

const MOST_MS = 24 * 3_600_000;

let on: TestBench;

beforeEach(() => {
  on = new TestBench(exampleInventory());
});

const away = (request: Parameters<TestBench["start"]>[1] = {}) =>
  on.start(on.bind(manualFailover, { from: "aws", to: "azure" }), request);
const back = (request: Parameters<TestBench["start"]>[1] = {}) =>
  on.start(on.bind(rollback, { from: "azure", to: "aws" }), request);
const eventsOf = ({ run }: Started, type?: LedgerEvent["type"]) =>
  on.events.filter((event) => event.run === run.run && (type === undefined || event.type === type));
const viewNow = ({ run }: Started) => viewOf(on.events.filter((event) => event.run === run.run));

function say(run: string, type: Exclude<PersonsCommand["type"], "approve" | "override">): void {
  on.tell(run, { type, by: "dana", human: "dana@wildcam.org", why: "so", atMs: on.kernel.now() });
}

/** Until the first event of that type, of any run. */
async function until(type: LedgerEvent["type"]): Promise<void> {
  const seen = Promise.withResolvers<void>();
  const before = on.onEvent;
  on.onEvent = (event) => {
    before(event);
    if (event.type === type) seen.resolve();
  };
  await on.kernel.run(seen.promise);
}

/** Until the run has really made so many calls. */
async function reach(started: Started, place: number): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const watch = () => {
    if (started.run.calls.length >= place) reached.resolve();
    else on.kernel.at(on.kernel.now() + 1, watch);
  };
  watch();
  await on.kernel.run(reached.promise);
}

/** What the new run meets may be half of what the other began: then people decide, and here they always go back. */
function alwaysBack(started: Started): void {
  on.onEvent = ({ type, run, data }) => {
    if (type === "waiting" && run === started.run.run)
      say(run, data["state"] === "undo-incomplete" ? "cancel" : "undo");
  };
}

describe("the maximum", () => {
  test("is what the plan says from the plan on, and shown with the run", async () => {
    const first = away();
    await until("hold-started");
    await on.kernel.pass(1);
    const [planned] = eventsOf(first, "planned");
    const forMs = planned?.data["locksForMs"];
    const view = viewNow(first);
    expect(view?.locks).toEqual(["database/wildlifedb", "traffic"]);
    expect(Number(view?.locksUntilMs) - Number(planned?.time)).toBe(forMs);
    expect(Number(forMs)).toBeGreaterThan(600_000);
  });

  test("is none in a pivot and on the way back, and is the plan's again behind the pivot", async () => {
    const first = away();
    const noted: LedgerEvent[] = [];
    const seen: [string, number | null | undefined][] = [];
    on.onEvent = (event) => {
      noted.push(event);
      seen.push([event.type, viewOf(noted)?.locksUntilMs]);
    };
    expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "completed" });
    const of = (type: string) => seen.filter(([one]) => one === type).map(([, untilMs]) => untilMs);
    const [planned] = of("hold-started");
    expect(planned).toBeGreaterThan(0);
    expect(new Set(of("hold-started"))).toEqual(new Set([planned]));
    expect(of("pivot-committed")).toEqual([null]);
    expect(of("pivot-finished")).toEqual([null]);
  });
});

describe("a run past its maximum", () => {
  const moments = ["act-intended", "act-done", "hold-started", "approval-asked", "waiting"] as const;

  test.each(moments)(
    "loses its locks at %s to a run that asks, and nothing of it is undone",
    async (moment) => {
      if (moment === "approval-asked") on.profile = "production";
      if (moment === "waiting") on.onEvent = ({ type, run }) => type === "act-verified" && say(run, "pause");
      const first = away();
      await until(moment);
      on.onEvent = () => undefined;
      // A wait of its own that is over at the same time would end the run by itself.
      on.kernel.nowMs = Number(viewNow(first)?.locksUntilMs ?? on.kernel.now() + 600_000);
      on.profile = "drill";
      const second = back();
      alwaysBack(second);
      const firstEnd = await on.kernel.run(first.end);
      await on.kernel.run(second.end);
      expect(firstEnd).toMatchObject({ outcome: "superseded", facts: { byRun: second.run.run } });
      expect(eventsOf(first, "undo-started")).toEqual([]);
      expect(eventsOf(first, "superseded")).toMatchObject([{ data: { heldUntilMs: expect.any(Number) } }]);
      expect(eventsOf(second, "lock-granted")).toMatchObject([
        { data: { takenFrom: first.run.run, epoch: 2 } },
        {},
      ]);
      expect(on.violations()).toEqual([]);
    },
  );

  test("that nobody asks anything of goes on to its end", async () => {
    const first = away();
    await until("hold-started");
    on.kernel.nowMs += MOST_MS;
    expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "completed" });
  });

  test("loses them to the first that waits, when the time comes and unasked; the second stays next in line", async () => {
    on.onEvent = ({ type, run }) => type === "act-verified" && say(run, "pause");
    const first = away();
    await until("waiting");
    on.onEvent = () => undefined;
    const second = back({ waitForLocks: true });
    await on.kernel.pass(1_000);
    const third = away({ waitForLocks: true });
    const untilMs = Number(viewNow(first)?.locksUntilMs);
    alwaysBack(second);
    expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "superseded" });
    expect(eventsOf(second, "lock-granted")[0]?.time).toBe(untilMs);
    expect(eventsOf(second, "lock-queued")).toMatchObject([
      { data: { holder: { run: first.run.run, untilMs } } },
    ]);
    await on.kernel.run(second.end);
    await on.kernel.run(third.end);
    expect(Number(eventsOf(third, "lock-granted")[0]?.data["epoch"])).toBeGreaterThan(2);
    expect(eventsOf(third, "lock-queued").map(({ data }) => data["holder"])).toMatchObject([
      { run: first.run.run },
      { run: second.run.run },
    ]);
    expect(on.violations()).toEqual([]);
  });

  test("and whose worker is gone for good leaves them to the next, and ends superseded when it is back", async () => {
    const first = away();
    await until("hold-started");
    first.run.kill(2 * MOST_MS);
    await on.kernel.pass(MOST_MS);
    const said = eventsOf(first).length;
    const second = back();
    alwaysBack(second);
    await on.kernel.run(second.end);
    expect(on.locks.held().size).toBe(0);
    expect(eventsOf(first)).toHaveLength(said);
    expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "superseded" });
    expect(on.violations()).toEqual([]);
  });
});

describe("where only people may take them", () => {
  test("a pivot is under way, on either side of its commit: asking is refused, and the run goes on", async () => {
    for (const moment of ["pivot-started", "pivot-committed"] as const) {
      on = new TestBench(exampleInventory());
      const first = away();
      await until(moment);
      // Short of the pivot's own deadline, and past the maximum that its plan would have.
      const second = back();
      expect(await on.kernel.run(second.end)).toMatchObject({
        outcome: "refused",
        facts: { holder: { run: first.run.run, untilMs: null } },
      });
      if (moment === "pivot-committed") on.kernel.nowMs += MOST_MS;
      const third = back();
      const end = await on.kernel.run(third.end);
      expect({ moment, outcome: end.outcome }).toEqual({ moment, outcome: "refused" });
      expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "completed" });
    }
  });

  test("an undo stands still: it keeps them for as long as people need, but for preemption", async () => {
    on.world.trouble = (op, attempt) =>
      op === "set-weights" && attempt > 3 ? { kind: "fails", error: terminal("broken") } : null;
    on.watchReport = { samples: 8, expected: 8, breach: "slow", worstGoodPercent: 90, worstP99Ms: 900 };
    const first = away();
    await until("waiting");
    await on.kernel.pass(MOST_MS);
    expect(viewNow(first)).toMatchObject({ state: "undo-incomplete", locksUntilMs: null });
    expect(await on.kernel.run(back().end)).toMatchObject({ outcome: "refused" });
    const third = back({ preempt: true });
    alwaysBack(third);
    expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "superseded" });
    await on.kernel.run(third.end);
  });

  test("a fault of this program: they are kept for whoever finds out what stands", async () => {
    const bound = on.bind(manualFailover, { from: "aws", to: "azure" });
    const faulty = on.start({
      ...bound,
      run: (op) =>
        bound.run({
          ...op,
          hold: async ({ title }) => {
            if (eventsOf(faulty, "planned").length > 0) throw new Error("a bug");
            await op.hold({ title, forMs: 1 });
          },
        }),
    });
    expect(await on.kernel.run(faulty.end)).toMatchObject({ outcome: "failed" });
    expect(viewNow(faulty)).toMatchObject({ locks: ["database/wildlifedb", "traffic"], locksUntilMs: null });
    await on.kernel.pass(MOST_MS);
    expect(await on.kernel.run(back().end)).toMatchObject({
      outcome: "refused",
      facts: { holder: { run: faulty.run.run, untilMs: null } },
    });
  });

  test("a run that waits for its second lock: it keeps its first for as long as that takes", async () => {
    const elsewhere = { lock: "traffic", who: "adam", wait: false, preempt: false, forMs: MOST_MS };
    on.locks.acquire("another-run", elsewhere);
    const waiting = back({ waitForLocks: true });
    await until("lock-queued");
    on.locks.keep("another-run", "traffic", null);
    await on.kernel.pass(2 * MOST_MS);
    expect(await on.kernel.run(away().end)).toMatchObject({
      outcome: "refused",
      facts: { lock: "database/wildlifedb", holder: { run: waiting.run.run } },
    });
    alwaysBack(waiting);
    on.locks.release("another-run", "traffic");
    expect((await on.kernel.run(waiting.end)).outcome).not.toBe("superseded");
    // It asked again a few times, and said so only when something had changed.
    expect(eventsOf(waiting, "lock-queued").length).toBeLessThan(4);
  });

  test("a run that waits behind such a one gets them when it gives them back", async () => {
    const first = away();
    await until("pivot-started");
    const second = back({ waitForLocks: true });
    alwaysBack(second);
    expect(await on.kernel.run(first.end)).toMatchObject({ outcome: "completed" });
    expect((await on.kernel.run(second.end)).outcome).not.toBe("superseded");
    expect(eventsOf(second, "lock-queued")).toMatchObject([{ data: { holder: { untilMs: null } } }]);
  });
});

test("at any call of a run past its maximum, one that asks takes its locks or is refused in a pivot, and nothing is broken", async () => {
  const calm = away();
  await on.kernel.run(calm.end);
  const seen = new Set<string>();
  for (let place = 2; place < calm.run.calls.length; place += 3) {
    on = new TestBench(exampleInventory());
    on.clients.start();
    const first = away();
    await reach(first, place);
    on.kernel.nowMs += MOST_MS;
    // No worker was there in that day, so writes that were blocked stayed blocked.
    on.checker.blocked.waits(first.run.run, true);
    on.checker.pace.skip(first.run.run);
    const second = back({ waitForLocks: place % 2 === 0 });
    alwaysBack(second);
    const ends = [await on.kernel.run(first.end), await on.kernel.run(second.end)].map(
      ({ outcome }) => outcome,
    );
    seen.add(ends[0] ?? "");
    expect(["superseded", "completed", "undone"]).toContain(ends[0]);
    expect(["completed", "refused", "undone", "cancelled"]).toContain(ends[1]);
    expect({ place, violations: on.violations() }).toEqual({ place, violations: [] });
    const types = eventsOf(first).map(({ type }) => type);
    // Never in the middle of a pivot, and never half an undo.
    if (ends[0] === "superseded") {
      expect(types.filter((type) => type === "pivot-started").length).toBe(
        types.filter((type) => type === "pivot-finished").length,
      );
      expect(types).not.toContain("undo-started");
    }
  }
  expect([...seen]).toContain("superseded");
});

test("whatever goes wrong at whichever call of the run that takes them, the old one is superseded and nothing is broken", async () => {
  const taken = async (at: number | null, kind: (typeof TROUBLES)[number] | null) => {
    on = new TestBench(exampleInventory());
    on.clients.start();
    const first = away();
    await until("hold-started");
    on.kernel.nowMs += MOST_MS;
    on.trouble = at === null || kind === null ? null : kind(at);
    const second = back();
    alwaysBack(second);
    const ends = [await on.kernel.run(first.end), await on.kernel.run(second.end)];
    second.run.wakeZombies();
    await on.kernel.pass(1_000);
    return { ends: ends.map(({ outcome }) => outcome), violations: on.violations(), calls: second.run.calls };
  };
  const clean = await taken(null, null);
  const read = clean.calls.findIndex((name) => name.includes("read"));
  expect(read).toBeGreaterThan(2);
  for (let at = 0; at <= read; at += 1) {
    for (const kind of TROUBLES) {
      const { ends, violations } = await taken(at, kind);
      expect({ at, first: ends[0], violations }).toEqual({ at, first: "superseded", violations: [] });
      expect(["completed", "refused", "undone", "cancelled"]).toContain(ends[1]);
    }
  }
});
