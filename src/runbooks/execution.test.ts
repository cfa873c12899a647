import { describe, expect, test } from "vitest";
import { exampleInventory } from "../engine/testing/example-inventory.ts";
import { manualFailover } from "./manual-failover/runbook.ts";
import { planRun } from "../engine/planning.ts";
import { ambiguous, refused, retryable, terminal } from "../ports/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { KeepAnswer } from "../ports/journal.ts";
import { TestBench } from "../engine/testing/test-run.ts";
import type { Fault } from "../simulation/faults.ts";

const AWAY = { from: "aws", to: "azure" };

function bench(): TestBench {
  return new TestBench(exampleInventory());
}

function failover(on: TestBench) {
  return on.bind(manualFailover, AWAY);
}

describe("what refuses before anything is touched", () => {
  const cases: readonly [string, (on: TestBench) => void, RegExp][] = [
    [
      "a target that is not healthy",
      (on) =>
        (on.world.clouds["azure"] = {
          verdict: "down",
          reason: "no pod answers",
          observers: 1,
          sinceMs: 0,
          clusters: {},
        }),
      /azure is down/,
    ],
    [
      "a standby that does not stream",
      (on) => Object.assign(on.world.databases.members["azure"] ?? {}, { running: false }),
      /azure is not streaming/,
    ],
    [
      "more demand than the target can ever carry",
      (on) => (on.world.requestsPerSecond = 5_000),
      /azure cannot serve/,
    ],
    [
      "a lock that another run holds",
      (on) =>
        void on.locks.acquire("another-run", {
          lock: "traffic",
          who: "dana",
          wait: false,
          preempt: false,
          forMs: 3_600_000,
        }),
      /held by another-run/,
    ],
  ];
  test.each(cases)("%s", async (_name, arrange, why) => {
    const on = bench();
    arrange(on);
    const slate = on.world.slate();
    const end = await on.run(failover(on));
    expect(end.outcome).toBe("refused");
    expect(end.why).toMatch(why);
    expect(on.world.attempts).toBe(0);
    expect(on.world.slate()).toEqual(slate);
  });

  test("a plan hash that is not the plan's any more", async () => {
    const on = bench();
    const end = await on.run(failover(on), { planHash: "0".repeat(64) });
    expect(end).toMatchObject({ outcome: "refused" });
    expect(end.why).toContain("stale");
    expect(on.world.attempts).toBe(0);
  });

  test("a standby that is further behind than the policy's lag", async () => {
    const on = bench();
    const primary = on.world.databases.members["aws"];
    if (primary !== undefined) primary.position += 20_000_000;
    const end = await on.run(failover(on));
    expect(end).toMatchObject({ outcome: "refused" });
    expect(end.why).toContain("too far behind");
  });
});

test("the plan that is shown has the hash of the plan that runs, and other facts have another", async () => {
  const on = bench();
  const engine = on.engine();
  const shown = await planRun(failover(on), await on.snapshot(), engine.planning);
  expect(await on.run(failover(on), { planHash: shown.hash })).toMatchObject({
    outcome: "completed",
  });
  const other = bench();
  other.world.policy = { ...other.world.policy, version: 7 };
  const again = await planRun(failover(other), await other.snapshot(), engine.planning);
  expect(again.hash).not.toBe(shown.hash);
});

test("measured load and lag leave the hash alone while the acts stay the same", async () => {
  const hashes = new Set<string>();
  for (const rate of [198.2, 199.9, 200]) {
    const on = bench();
    on.world.requestsPerSecond = rate;
    const engine = on.engine();
    hashes.add((await planRun(failover(on), await on.snapshot(), engine.planning)).hash);
  }
  expect(hashes.size).toBe(1);
});

test("an intent is in the store before its act is tried", async () => {
  const on = bench();
  const early: string[] = [];
  on.world.trouble = (op) => {
    const intents = on.events.filter(({ type, data }) => type === "act-intended" && data["op"] === op).length;
    const dones = on.world.done.filter((done) => done.op === op).length;
    if (intents <= dones) early.push(op);
    return null;
  };
  await on.run(failover(on));
  expect(on.world.done.length).toBeGreaterThan(10);
  expect(early).toEqual([]);
});

test("while writes are blocked nothing is asked of the journal but what moves the primary, and its proof", async () => {
  const on = bench();
  const { run, end } = on.start(failover(on));
  await on.kernel.run(end);
  const names = run.calls.map((call) => call.replace(/^effect \d+ /, ""));
  const [from, to] = [names.indexOf("do: block-writes"), names.indexOf("do: promote")];
  expect(names.slice(from, to + 1)).toEqual([
    "do: block-writes",
    // What was said meanwhile is heard beside each reading.
    "verify: block-writes",
    "peek 0",
    "do: stop-cleanly",
    "verify: stop-cleanly",
    "peek 0",
    "before: promote",
    "peek 0",
    "do: promote",
  ]);
});

describe("a promotion that says again and again that it may be tried again", () => {
  const TRIES = 12;

  test.each([
    ["has happened, which the world shows", { kind: "forgets" }, 1],
    [
      "has not happened yet",
      { kind: "fails", error: retryable("it did not leave recovery in time") },
      TRIES + 1,
    ],
  ] as const)("is asked for until it is known, where it %s", async (_name, trouble, known) => {
    const on = bench();
    let tries = 0;
    on.world.trouble = (op) => {
      if (op !== "promote") return null;
      tries += 1;
      return tries <= TRIES ? trouble : null;
    };
    expect(await on.run(failover(on))).toMatchObject({ outcome: "completed" });
    expect(tries).toBe(known);
    expect(on.violations()).toEqual([]);
  });

  test("is undone where the answer is a clear no", async () => {
    const on = bench();
    on.world.trouble = (op) => (op === "promote" ? { kind: "fails", error: terminal("no") } : null);
    expect(await on.run(failover(on))).toMatchObject({ outcome: "undone" });
    expect(on.world.databases.primary()).toBe("aws");
  });
});

describe("a promotion that was refused", () => {
  async function untilPeopleAreCalled(on: TestBench, undoes: () => void = () => undefined) {
    const waits = Promise.withResolvers<JsonObject>();
    on.onEvent = ({ type, data }) => {
      if (type === "undo-started") undoes();
      if (type === "waiting") waits.resolve(data);
    };
    const started = on.start(failover(on));
    return await on.kernel.run(Promise.race([started.end, waits.promise]));
  }

  test("and stands all the same was done by another try, and the run goes on", async () => {
    const on = bench();
    let tries = 0;
    on.world.trouble = (op) => {
      if (op !== "promote") return null;
      tries += 1;
      if (tries === 1) on.world.databases.apply("azure", { act: "promote" });
      return { kind: "fails", error: terminal("no") };
    };
    expect(await on.run(failover(on))).toMatchObject({ outcome: "completed" });
    expect(on.world.databases.primary()).toBe("azure");
  });

  test("can take effect no more before the old primary is started again", async () => {
    const on = bench();
    on.world.trouble = (op) => (op === "promote" ? { kind: "fails", error: terminal("no") } : null);
    await on.run(failover(on));
    const intended = on.events.filter(({ type }) => type === "act-intended").map(({ data }) => data);
    const promotion = intended.findIndex(({ op }) => op === "promote");
    expect(intended.slice(promotion + 1, promotion + 3)).toMatchObject([
      { op: "attach", target: intended[promotion]?.["target"], mode: "undo" },
      { op: "start-as-primary", mode: "undo" },
    ]);
  });

  test("because somebody else has the lock is not its own, however the world looks", async () => {
    const on = bench();
    on.world.trouble = (op) => {
      if (op !== "promote") return null;
      if (on.world.databases.primary() !== "azure") on.world.databases.apply("azure", { act: "promote" });
      return { kind: "fails", error: refused("a newer token was seen", { reason: "stale-token" }) };
    };
    expect(await untilPeopleAreCalled(on)).toMatchObject({ state: "undo-incomplete" });
    const done = on.events.filter(({ type }) => type === "act-done").map(({ data }) => data["op"]);
    expect(done).not.toContain("promote");
    expect(on.world.databases.members["aws"]?.running).toBe(false);
  });

  test("and took effect after all leaves the old primary down, and calls people", async () => {
    const on = bench();
    on.world.trouble = (op) => (op === "promote" ? { kind: "fails", error: terminal("no") } : null);
    const end = await untilPeopleAreCalled(on, () => on.world.databases.apply("azure", { act: "promote" }));
    expect(end).toMatchObject({
      state: "undo-incomplete",
      why: "azure was promoted after all: no other may become a primary",
    });
    expect(on.world.databases.primary()).toBe("azure");
    expect(on.world.databases.members["aws"]?.running).toBe(false);
  });

  test("is withdrawn only once its effector has said so, however the world looks", async () => {
    const on = bench();
    on.world.trouble = (op) => {
      if (op === "promote") return { kind: "fails", error: terminal("no") };
      return op === "attach" ? { kind: "fails", error: ambiguous("no answer") } : null;
    };
    expect(await untilPeopleAreCalled(on)).toMatchObject({ state: "undo-incomplete" });
    expect(on.world.databases.members["aws"]?.running).toBe(false);
  });
});

describe("a hold", () => {
  test.each([
    [
      "a breach",
      { samples: 8, expected: 8, breach: "3 of 400 requests failed", worstGoodPercent: 99, worstP99Ms: 20 },
      /3 of 400/,
    ],
    [
      "a silent watcher",
      { samples: 1, expected: 8, breach: null, worstGoodPercent: 100, worstP99Ms: 20 },
      /silent/,
    ],
  ])("%s undoes to the last good point", async (_name, report, why) => {
    const on = bench();
    const slate = on.world.slate();
    on.watchReport = report;
    const end = await on.run(failover(on));
    expect(end.outcome).toBe("undone");
    expect(end.why).toMatch(why);
    expect(on.world.slate()).toEqual(slate);
  });

  test("a breach that is told while it waits ends the wait at once", async () => {
    const on = bench();
    on.onEvent = ({ run, type, data }) => {
      if (type === "hold-started")
        on.tell(run, { type: "breach", step: Number(data["step"]), why: "told", atMs: on.kernel.now() });
    };
    const end = await on.run(failover(on));
    expect(end).toMatchObject({ outcome: "undone", why: "told" });
  });
});

describe("on the way back a member that cannot be read", () => {
  const silent: Fault = { group: "planes", kind: "control-down", actor: "cloud/aws" };

  function goingBack(silentForMs: number) {
    const on = bench();
    on.world.trouble = (op) => (op === "promote" ? { kind: "fails", error: terminal("no") } : null);
    const waits = Promise.withResolvers<"waits">();
    on.onEvent = ({ type }) => {
      if (type === "waiting") waits.resolve("waits");
      if (type !== "undo-started") return;
      on.world.inject(silent);
      on.kernel.at(on.kernel.now() + silentForMs, () => on.world.heal(silent));
    };
    const started = on.start(failover(on));
    return { on, end: on.kernel.run(Promise.race([started.end, waits.promise])) };
  }

  test("for a moment is read again, and nobody is called", async () => {
    const { on, end } = goingBack(20);
    expect(await end).toMatchObject({ outcome: "undone" });
    expect(on.world.slate()).toEqual(on.goodSlates.at(-1));
  });

  test("for longer is for people to look at", async () => {
    const { end } = goingBack(60_000);
    expect(await end).toBe("waits");
  });
});

describe("that its locks are kept as planned", () => {
  const asPlanned = (on: TestBench, answer: (atMs: number) => KeepAnswer) => {
    const keep = on.locks.keep.bind(on.locks);
    let asked = 0;
    // Both locks are asked for with the plan.
    on.locks.keep = (run, lock, untilMs) => {
      asked += 1;
      return asked <= 2 ? answer(on.kernel.now()) : keep(run, lock, untilMs);
    };
    return on.start(failover(on));
  };
  const firstReadings = (calls: readonly string[]) =>
    calls.filter((name) => name === "effect 2 before: scale").length;

  test("is heard before the first act, which is judged by what was just read", async () => {
    for (const [lateMs, readings] of [
      [0, 1],
      [5_000, 2],
    ] as const) {
      const on = bench();
      const started = asPlanned(on, (atMs) => ({ kept: true, atMs: atMs + lateMs }));
      expect(await on.kernel.run(started.end)).toMatchObject({ outcome: "completed" });
      expect(firstReadings(started.run.calls)).toBe(readings);
    }
  });

  test("and that it has lost one ends the run with nothing done", async () => {
    const on = bench();
    const started = asPlanned(on, (atMs) => ({ kept: false, by: "run-9", atMs }));
    expect(await on.kernel.run(started.end)).toMatchObject({
      outcome: "superseded",
      facts: { byRun: "run-9" },
    });
    expect(on.world.done).toEqual([]);
  });
});
